"""Writes the pictures of data/jpeg and data/jpegfaults, and prints jpegs.h: what becomes of them.

    python make_jpegs.py > jpegs.h          (needs numpy, pillow, and libjpeg-turbo's cjpeg)

A row of jpeg_table is the file, width, height, channels, and the CRC-32 of the pixels that Pillow, on
libjpeg-turbo, gives; CMYK and YCCK are Pillow's RGB. Of sampling factors that divide each other with a rest,
and where there are too many blocks for libjpeg, the components are decoded as grey pictures, repeated and
made RGB here.
    A row of jpeg_faults is a file with one fault, the status, and a word of the message, or of the warning
where the status is OK.
"""
import io
import pathlib
import subprocess
import tempfile
import zlib

import numpy
from PIL import Image

FOLDERS = [pathlib.Path(__file__).parent / "data" / name for name in ("jpeg", "jpegfaults")]


# ---- making them ----

def picture(height, width, channels=3):
    """Slopes, an edge, and noise in a corner."""
    y, x = numpy.mgrid[0:height, 0:width]
    out = numpy.stack([(x * (5 + k) + y * (9 - 2 * k)) % 256 for k in range(channels)], -1)
    out[(x - width / 2) ** 2 + (y - height / 2) ** 2 < width * height / 16] = [250, 30, 90, 200][:channels]
    noise = numpy.random.default_rng(height * width).integers(0, 256, out.shape)
    return numpy.where((x > width * 0.7)[..., None] & (y < height * 0.4)[..., None], noise, out).astype(numpy.uint8)


def cjpeg(pixels, *arguments, scans=None):
    height, width, _ = pixels.shape
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as script:
        if scans:
            script.write(scans)
            script.flush()
            arguments += ("-scans", script.name)
        return subprocess.run(["cjpeg", *arguments], input=b"P6\n%d %d\n255\n" % (width, height) + pixels.tobytes(),
                              stdout=subprocess.PIPE, check=True).stdout


def pillow(pixels, mode, **options):
    out = io.BytesIO()
    Image.fromarray(pixels, mode).save(out, "JPEG", **options)
    return out.getvalue()


def segments(data):
    """Marker and whole bytes of each segment, of a scan those of its data too."""
    out, at = [], 2
    while data[at + 1] != 0xD9:
        end = at + 2 + int.from_bytes(data[at + 2:at + 4], "big")
        if data[at + 1] == 0xDA:
            while data[end] != 0xFF or data[end + 1] == 0 or 0xD0 <= data[end + 1] <= 0xD7:
                end += 1
        out.append((data[at + 1], data[at:end]))
        at = end
    return out


def join(parts, end=b"\xff\xd9"):
    return b"\xff\xd8" + b"".join(part for _, part in parts) + end


def without(data, *markers):
    return join([part for part in segments(data) if part[0] not in markers])


def changed(data, marker, at, value):
    """With `value` at byte `at` of the segment's data."""
    parts, done = segments(data), False
    for i, (found, part) in enumerate(parts):
        if found == marker and not done:
            parts[i] = found, part[:4 + at] + value + part[4 + at + len(value):]
            done = True
    assert done, marker
    return join(parts)


def marked(data, marker, other):
    return join([(found, part[:1] + bytes([other]) + part[2:] if found == marker else part)
                 for found, part in segments(data)])


def before(data, marker, extra):
    parts = segments(data)
    at = [found for found, _ in parts].index(marker)
    return join(parts[:at] + [(0, extra)] + parts[at:])


def after_scan(data, extra):
    parts = segments(data)
    at = [found for found, _ in parts].index(0xDA) + 1
    return join(parts[:at] + [(0, extra)] + parts[at:])


def named(data, names):
    for i, name in enumerate(names):
        data = changed(changed(data, 0xC0, 6 + 3 * i, bytes([name])), 0xDA, 1 + 2 * i, bytes([name]))
    return data


def spliced(pixels, factors):
    """A file of three grey ones, a scan each, and its pixels."""
    height, width, _ = pixels.shape
    high, wide = max(v for _, v in factors), max(h for h, _ in factors)
    parts, planes, header = [], [], b""
    for i, (h, v) in enumerate(factors):
        rows = numpy.arange(-(-height * v // high)) * high // v
        columns = numpy.arange(-(-width * h // wide)) * wide // h
        grey = pillow(numpy.ascontiguousarray(pixels[rows][:, columns, i]), "L", quality=80)
        found = segments(grey)
        scan = next(part for marker, part in found if marker == 0xDA)
        parts += [part for part in found if part[0] in ((0xDB, 0xC4) if i == 0 else (0xC4,))]
        parts.append((0xDA, scan[:5] + bytes([i]) + scan[6:]))
        header += bytes([i, h << 4 | v, 0])
        plane = numpy.array(Image.open(io.BytesIO(grey)))
        planes.append(plane[numpy.arange(height) * v // high][:, numpy.arange(width) * h // wide].astype(float))
    frame = b"\xff\xc0\0\x11\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + b"\3" + header
    y, b, r = planes[0], planes[1] - 128, planes[2] - 128
    green = numpy.floor((-22554 * b - 46802 * r + 32768) / 65536)
    rgb = [y + numpy.floor((91881 * r + 32768) / 65536), y + green, y + numpy.floor((116130 * b + 32768) / 65536)]
    return join([(0, frame)] + parts), numpy.clip(numpy.stack(rgb, -1), 0, 255).astype(numpy.uint8)


ONE_BY_ONE = "0;\n1;\n2;\n"
TWO_AND_ONE = "2;\n0 1;\n"
PROGRESS = """0,1,2: 0-0, 0, 1;
0: 1-5, 0, 2; 2: 1-63, 0, 1; 1: 1-63, 0, 1; 0: 6-63, 0, 2; 0: 1-63, 2, 1;
0,1,2: 0-0, 1, 0;
2: 1-63, 1, 0; 1: 1-63, 1, 0; 0: 1-63, 1, 0;
"""
SEPARATE = "0: 0-0, 0, 3; 1: 0-0, 0, 0; 2: 0-0, 0, 1;\n" + "".join(
    f"0: 0-0, {k}, {k - 1};\n" for k in (3, 2, 1)) + "2: 0-0, 1, 0;\n" + "".join(
    f"{c}: 1-63, {k}, {max(k - 1, 0)};\n" if k else f"{c}: 1-30, 0, 3; {c}: 31-63, 0, 3;\n"
    for c in range(3) for k in (0, 3, 2, 1))


def pictures():
    """Name, bytes, and the pixels where libjpeg cannot tell them."""
    colours, small = picture(37, 43), picture(21, 19)
    for factors in ("1x1", "2x1", "1x2", "2x2", "4x1", "1x4", "4x2", "2x4", "3x1", "1x1,2x2,2x2", "2x1,1x2,1x1",
                    "2x2,2x1,1x2"):
        name = factors.replace(",", "-").replace("x", "")
        yield f"base-{name}", cjpeg(colours, "-quality", "80", "-sample", factors), None
        yield f"progressive-{name}", cjpeg(small, "-progressive", "-sample", factors), None
        yield f"restart-{name}", cjpeg(small, "-restart", "1B", "-sample", factors), None
    for height, width in ((1, 1), (2, 2), (3, 5), (5, 3), (1, 40), (40, 1), (16, 16), (17, 33)):
        for factors in ("2x2", "2x1", "1x2"):
            name = f"{height}x{width}-{factors.replace('x', '')}"
            yield f"size-{name}", cjpeg(picture(height, width), "-sample", factors), None
    for name, scans in (("parts", ONE_BY_ONE), ("two-parts", TWO_AND_ONE), ("progress", PROGRESS),
                        ("separate", SEPARATE)):
        yield name, cjpeg(colours, "-sample", "2x2", scans=scans), None
        yield f"{name}-restart", cjpeg(colours, "-restart", "3B", scans=scans), None
    yield "many-blocks", cjpeg(colours, "-sample", "4x4", scans=ONE_BY_ONE), None
    for factors in (((3, 2), (2, 1), (1, 1)), ((4, 4), (3, 1), (1, 3)), ((2, 2), (3, 3), (1, 1))):
        name = "-".join(f"{h}{v}" for h, v in factors)
        yield (f"spliced-{name}", *spliced(colours, factors))
    for quality in (1, 30, 100):
        yield f"quality-{quality}", cjpeg(small, "-quality", str(quality)), None
    other = next(part for marker, part in segments(cjpeg(small, "-quality", "20")) if marker == 0xDB)
    yield "steps-change", after_scan(cjpeg(small, scans=ONE_BY_ONE), other), None
    yield "steps-change-progressive", after_scan(cjpeg(small, "-progressive"), other), None
    yield "optimised", cjpeg(small, "-optimize"), None
    for name, kind in (("grey", "-optimize"), ("grey-progressive", "-progressive")):
        yield name, cjpeg(colours, "-grayscale", kind), None
    yield "grey-22", changed(cjpeg(small, "-grayscale"), 0xC0, 7, b"\x22"), None
    yield "extended", marked(cjpeg(small), 0xC0, 0xC1), None
    yield "rgb", cjpeg(small, "-rgb"), None
    yield "adobe-rgb", named(cjpeg(small, "-rgb"), b"\1\2\3"), None
    yield "adobe-ycc", changed(cjpeg(small, "-rgb"), 0xEE, 11, b"\1"), None
    bare = without(cjpeg(small), 0xE0)
    yield "no-jfif", bare, None
    yield "names-rgb", named(bare, b"RGB"), None
    yield "names-bgr", named(bare, b"BGR"), None
    yield "names-alike", named(cjpeg(small), b"\1\1\1"), None
    yield "jfif-names-rgb", named(cjpeg(small), b"RGB"), None
    inks = pillow(picture(21, 19, 4), "CMYK", quality=85)
    yield "cmyk", inks, None
    yield "cmyk-no-adobe", without(inks, 0xEE), None
    yield "cmyk-420", pillow(picture(21, 19, 4), "CMYK", quality=85, subsampling=2), None
    yield "ycck", changed(inks, 0xEE, 11, b"\2"), None
    yield "cmyk-progressive", pillow(picture(21, 19, 4), "CMYK", quality=85, progressive=True), None
    yield "usual-codes", without(cjpeg(small), 0xC4), None
    yield "comment", before(cjpeg(small), 0xDB, b"\xff\xfe\0\x0ehello, world"), None
    yield "filling", before(cjpeg(small), 0xDB, b"\xff" * 9), None
    exif = b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
    yield "turned", before(cjpeg(small), 0xDB, exif), None
    yield "more-behind", cjpeg(small) + b"something else", None


# ---- files with a fault ----

def bare(first, other, scans, width=8, marker=0xC0):
    """A grey file of 8 rows, whose only code, "0", is the symbol `first` of DC and `other` of AC, and whose
    scans are values first to last, bits, and data; all bits are 1 behind it."""
    def code(kind, symbol):
        return b"\xff\xc4\0\x14" + bytes([kind, 1]) + bytes(15) + bytes([symbol])
    frame = bytes([0xFF, marker]) + b"\0\x0b\x08\0\x08\0" + bytes([width]) + b"\1\1\x11\0"
    out = b"\xff\xd8\xff\xdb\0\x43\0" + b"\1" * 64 + frame + code(0, first) + code(16, other)
    for low, high, bits, data in scans:
        data = bytes(int(data[i:i + 8].ljust(8, "1"), 2) for i in range(0, len(data), 8))
        out += b"\xff\xda\0\x08\1\1\0" + bytes([low, high, bits]) + data.replace(b"\xff", b"\xff\0")
    return out + b"\xff\xd9"


def faults():
    grey = cjpeg(picture(8, 8), "-grayscale", "-optimize")
    colours = cjpeg(picture(8, 8), "-optimize")
    steps = cjpeg(picture(8, 8), "-progressive", "-grayscale")
    rows = cjpeg(picture(24, 8), "-grayscale", "-restart", "1B", "-optimize")
    bad, cannot = "FORMAT", "UNSUPPORTED"
    yield "stray", before(grey, 0xDB, b"stray"), "OK", "5 bytes in front of a marker are ignored"
    yield "stray_zero", before(grey, 0xDB, b"\xff\0"), "OK", "2 bytes in front of a marker are ignored"
    yield "stray_end", join(segments(grey), b"\0\0\0\xff\xd9"), "OK", "in front of a marker are ignored"
    yield "no_end", join(segments(grey), b""), "OK", "the file ends without the marker EOI"
    yield "half_end", join(segments(grey), b"\xff"), "OK", "the file ends without the marker EOI"
    yield "steps_no_end", join(segments(steps), b""), "OK", "the file ends without the marker EOI"
    yield "start", b"\xff\xd9", bad, "byte 0: this is no JPEG file"
    yield "start_alone", b"\xff\xd8\xff\xd9", bad, "the file ends before the header of the picture"
    yield "no_frame", without(grey, 0xC0), bad, "a scan before the header of the picture"
    yield "no_steps", without(grey, 0xDB), bad, "component 1 has no quantisation table 0"
    yield "no_scan", without(grey, 0xDA), bad, "the file ends without a scan of component 1"
    yield "no_codes", changed(grey, 0xDA, 2, b"\x33"), bad, "component 1 has no Huffman table"
    yield "cut_data", join(segments(grey), b"")[:-1], bad, "the file ends in the middle of the picture"
    yield "cut_length", grey[:5], bad, "the length of a segment needs 2 bytes"
    yield "cut_segment", grey[:12], bad, "a segment needs 14 bytes"
    yield "short_segment", before(grey, 0xDB, b"\xff\xfe\0\1"), bad, "a segment of the length 1"
    yield "twice", before(grey, 0xDA, b"\xff\xd8"), bad, "a second picture begins"
    frame = next(part for marker, part in segments(grey) if marker == 0xC0)
    yield "frame_twice", before(grey, 0xDA, frame), bad, "a second picture"
    yield "width_0", changed(grey, 0xC0, 3, b"\0\0"), bad, "width 0 and height 8"
    yield "height_0", changed(grey, 0xC0, 1, b"\0\0"), cannot, "(DNL) is not served"
    yield "bits_12", changed(grey, 0xC0, 0, b"\x0c"), cannot, "samples of 12 bits, 8 are served"
    yield "components_0", changed(grey, 0xC0, 5, b"\0"), bad, "a picture of 0 components"
    yield "components_2", changed(grey, 0xC0, 5, b"\2"), cannot, "a picture of 2 components"
    yield "components_3", changed(grey, 0xC0, 5, b"\3"), bad, "a component needs 3 bytes"
    yield "frame_long", changed(colours, 0xC0, 5, b"\1"), bad, "with 6 bytes too many"
    yield "sampling_0", changed(grey, 0xC0, 7, b"\x01"), bad, "component 1 with sampling 0x1"
    yield "sampling_5", changed(grey, 0xC0, 7, b"\x15"), bad, "component 1 with sampling 1x5"
    yield "table_4", changed(grey, 0xC0, 8, b"\4"), bad, "quantisation table 4"
    for marker, word in ((0xC3, "a lossless file"), (0xC5, "a hierarchical file"), (0xC9, "arithmetic codes"),
                         (0xCA, "arithmetic codes"), (0xCB, "a lossless file"), (0xCF, "a hierarchical file")):
        yield f"frame_{marker:x}", marked(grey, 0xC0, marker), cannot, word
    yield "hierarchical", before(grey, 0xC0, b"\xff\xde\0\x0b\x08\0\x08\0\x08\1\1\x11\0"), cannot, "hierarchical"
    yield "conditioning", before(grey, 0xC0, b"\xff\xcc\0\4\0\x10"), cannot, "arithmetic codes"
    yield "steps_of_4", changed(grey, 0xDB, 0, b"\4"), bad, "quantisation table 4 of precision 0"
    yield "steps_wide_2", changed(grey, 0xDB, 0, b"\x20"), bad, "quantisation table 0 of precision 2"
    yield "steps_wide_1", changed(grey, 0xDB, 0, b"\x10"), bad, "a quantisation table needs 128 bytes"
    yield "code_class", changed(grey, 0xC4, 0, b"\x20"), bad, "Huffman table 0 of class 2"
    yield "code_place", changed(grey, 0xC4, 0, b"\4"), bad, "Huffman table 4 of class 0"
    yield "code_many", changed(grey, 0xC4, 1, b"\xff\xff"), bad, "Huffman table 0 of class 0 with"
    full = b"\xff\xc4\0\x16\0\3" + bytes(15) + b"\0\1\2"
    yield "code_full", before(grey, 0xDA, full), bad, "the lengths of the Huffman codes make no code"
    yield "code_short", before(grey, 0xDA, b"\xff\xc4\0\5\0\1\2"), bad, "a Huffman table needs 17 bytes"
    yield "restart_long", before(grey, 0xDA, b"\xff\xdd\0\5\0\1\2"), bad, "a restart interval with 1 bytes too many"
    yield "scan_of_0", changed(grey, 0xDA, 0, b"\0"), bad, "a scan of 0 components"
    yield "scan_of_2", changed(grey, 0xDA, 0, b"\2"), bad, "a scan of 2 components, the picture has 1"
    yield "scan_unknown", changed(grey, 0xDA, 1, b"\7"), bad, "a scan of component 7, which the picture does not have"
    yield "scan_tables", changed(grey, 0xDA, 2, b"\x04"), bad, "with the Huffman tables 0 and 4"
    yield "scan_same", changed(colours, 0xDA, 3, b"\1"), bad, "a scan of component 1, which"
    scan = next(part for marker, part in segments(grey) if marker == 0xDA)
    yield "scan_twice", join(segments(grey) + [(0xDA, scan)]), bad, "a second scan of component 1"
    yield "steps_order", changed(steps, 0xDA, 5, b"\x21"), bad, "is not the next one"
    yield "steps_jump", changed(steps, 0xDA, 5, b"\x31"), bad, "bits 3 to 1"
    yield "steps_low", changed(steps, 0xDA, 5, b"\x0e"), bad, "bits 0 to 14"
    yield "steps_range", changed(steps, 0xDA, 3, b"\5\4"), bad, "values 5 to 4"
    yield "steps_64", changed(steps, 0xDA, 3, b"\1\x40"), bad, "values 1 to 64"
    yield "steps_dc_ac", changed(steps, 0xDA, 4, b"\5"), bad, "values 0 to 5"
    first = segments(steps)
    at = [marker for marker, _ in first].index(0xDA)
    yield "steps_no_dc", join([p for p in first if p[0] != 0xDA or p[1][7]]), bad, "without a scan of component 1"
    yield "steps_twice", join(first[:at + 1] + first[at:]), bad, "bit 1 of value 0 of component 1, which is not"
    yield "steps_cut", join(first[:-1], b""), bad, "the file ends before the picture does"
    yield "restart_wrong", rows.replace(b"\xff\xd1", b"\xff\xd2"), bad, "the marker 0xd2, and not 0xd1"
    yield "restart_lacks", rows.replace(b"\xff\xd1", b""), bad, "in the middle of the picture"
    yield "restart_cut", rows[:rows.index(b"\xff\xd1")], bad, "the file ends in the middle of the picture"
    yield "restart_end", rows[:rows.index(b"\xff\xd1")] + b"\xff\xd9", bad, "the marker 0xd9, and not 0xd1"
    far, none = "more values than a block has", "a code that the Huffman table does not have"
    yield "code_none", bare(0, 0, [(0, 63, 0, "01")]), bad, none
    yield "code_none_dc", bare(0, 0, [(0, 63, 0, "1")]), bad, none
    yield "code_of_16", bare(16, 0, [(0, 63, 0, "00")]), bad, none
    yield "zeros_too_far", bare(0, 0xF0, [(0, 63, 0, "00000")]), bad, far
    yield "value_too_far", bare(0, 0xF1, [(0, 63, 0, "0" + 4 * "01")]), bad, far
    yield "brightness", bare(15, 0, [(0, 63, 0, 2 * ("0" + 15 * "1" + "0"))], 16), bad, "does not fit in 16 bits"
    dc = (0, 0, 0, "0")
    yield "steps_zeros_too_far", bare(0, 0xF0, [dc, (1, 20, 0, "00")], 8, 0xC2), bad, far
    yield "steps_value_too_far", bare(0, 0x51, [dc, (1, 5, 0, "01")], 8, 0xC2), bad, far
    yield "steps_code_none", bare(0, 0x51, [dc, (1, 5, 0, "1")], 8, 0xC2), bad, none
    yield "refine_too_far", bare(0, 0x41, [dc, (1, 5, 1, "01"), (1, 5, 0x10, "010")], 8, 0xC2), bad, far
    yield "refine_of_2", bare(0, 0x42, [dc, (1, 5, 1, "010"), (1, 5, 0x10, "0")], 8, 0xC2), bad, none
    yield "refine_code_none", bare(0, 0x41, [dc, (1, 5, 1, "01"), (1, 5, 0x10, "1")], 8, 0xC2), bad, none
    yield "large", changed(grey, 0xC0, 1, b"\xff\xff\xff\xff"), cannot, "a picture of 65535x65535 with 1 components"
    yield "claim", changed(grey, 0xC0, 1, b"\x40\0\x40\0"), bad, "a picture of 16384x16384 takes 1048576 bytes at least"


def check(name, data):
    """Pillow's pixels."""
    image = Image.open(io.BytesIO(data))
    if image.mode == "CMYK":
        image = image.convert("RGB")
    out = numpy.array(image)
    return out[..., None] if out.ndim == 2 else out


def main():
    for folder in FOLDERS:
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.jpg"):
            old.unlink()
    print("/* Made by make_jpegs.py. */\n/* clang-format off */\nstatic const jpeg_expected jpeg_table[] = {")
    for name, data, pixels in pictures():
        (FOLDERS[0] / f"{name}.jpg").write_bytes(data)
        if pixels is None:
            pixels = check(name, data)
        height, width, channels = pixels.shape
        crc = zlib.crc32(numpy.ascontiguousarray(pixels).tobytes())
        print(f'    {{"{name}", {width}, {height}, {channels}, 0x{crc:08x}}},')
    print("};\nstatic const jpeg_fault jpeg_faults[] = {")
    for name, data, status, word in faults():
        (FOLDERS[1] / f"{name}.jpg").write_bytes(data)
        print(f'    {{"{name}", {"GAN_OK" if status == "OK" else f"GAN_E_{status}"}, "{word}"}},')
    print("};\n/* clang-format on */")


main()
