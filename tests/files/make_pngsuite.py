"""Prints pngsuite.h: what each picture of data/pngsuite decodes to.

    python make_pngsuite.py > pngsuite.h          (needs numpy, pillow)

A row is the file, width, height, channels, bits, and the CRC-32 of the values, 16-bit ones
little-endian; zeros for the files that are broken on purpose. The pictures are decoded here with zlib
and numpy, and compared with Pillow's where Pillow can: it has no 16-bit RGB, and takes the
transparent colour of a 4-bit grey picture unscaled.
"""
import pathlib
import struct
import zlib

import numpy
from PIL import Image

ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunks(data):
    at = 8
    while at < len(data):
        size, = struct.unpack(">I", data[at:at + 4])
        yield data[at + 4:at + 8], data[at + 8:at + 8 + size]
        at += 12 + size


def unfilter(rows, height, size, step):
    """Rows of bytes, as the standard's section 9 has it, one byte at a time."""
    above = bytearray(size)
    for y in range(height):
        kind, line = rows[y * (size + 1)], bytearray(rows[y * (size + 1) + 1:(y + 1) * (size + 1)])
        for i in range(size):
            a = line[i - step] if i >= step else 0
            b = above[i]
            c = above[i - step] if i >= step else 0
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line[i] = (line[i] + [0, a, b, (a + b) // 2, paeth][kind]) & 255
        yield line
        above = line


def decode(data):
    """Any PNG file as an array (height, width, channels)."""
    parts = {}
    for kind, body in chunks(data):
        parts[kind] = parts.get(kind, b"") + body
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    raw = zlib.decompress(parts[b"IDAT"])
    out = numpy.zeros((height, width, samples), numpy.int64)
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        w, h = -(-(width - x) // dx), -(-(height - y) // dy)
        if w <= 0 or h <= 0:
            continue
        size = (w * samples * depth + 7) // 8
        for row, line in enumerate(unfilter(raw, h, size, max(1, samples * depth // 8))):
            bits = numpy.unpackbits(numpy.frombuffer(line, numpy.uint8))[:w * samples * depth]
            values = bits.reshape(-1, depth) @ (1 << numpy.arange(depth)[::-1])
            out[y + row * dy, x::dx] = values.reshape(w, samples)
        raw = raw[h * (size + 1):]
    clear = parts.get(b"tRNS")
    if colour == 3:
        palette = numpy.frombuffer(parts[b"PLTE"], numpy.uint8).reshape(-1, 3)
        if clear is not None:
            alpha = numpy.full(len(palette), 255, numpy.uint8)
            alpha[:len(clear)] = list(clear)
            palette = numpy.concatenate([palette, alpha[:, None]], 1)
        return palette[out[..., 0]]
    full = (1 << depth) - 1
    if clear is not None:
        key = numpy.array(struct.unpack(f">{samples}H", clear))
        alpha = numpy.where((out == key).all(-1, keepdims=True), 0, full)
        out = numpy.concatenate([out, alpha], -1)
    return (out if depth == 16 else out * 255 // full).astype(numpy.uint16 if depth == 16 else numpy.uint8)


def pillow_agrees(path, array):
    image = Image.open(path)
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[array.shape[2]]
    if array.dtype == numpy.uint16 or path.stem == "tbbn0g04":
        return True
    return numpy.array_equal(numpy.array(image.convert(mode)).reshape(array.shape), array)


def main():
    print("/* Made by make_pngsuite.py. */")
    print("static const png_expected png_table[] = {")
    for path in sorted((pathlib.Path(__file__).parent / "data/pngsuite").glob("*.png")):
        if path.stem.startswith("x"):
            print(f'    {{"{path.stem}", 0, 0, 0, 0, 0}},')
            continue
        array = decode(path.read_bytes())
        assert pillow_agrees(path, array), path
        height, width, channels = array.shape
        print(f'    {{"{path.stem}", {width}, {height}, {channels}, {8 * array.itemsize},'
              f' 0x{zlib.crc32(numpy.ascontiguousarray(array).tobytes()):08x}}},')
    print("};")


if __name__ == "__main__":
    main()
