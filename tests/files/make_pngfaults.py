"""Prints pngfaults.h: PNG files with one fault each, and what becomes of them.

    python make_pngfaults.py > pngfaults.h          (needs libpng 1.6 as a shared library)

A row is the file's name and bytes, width, height, channels, the CRC-32 of the values (all of 8 bits) and
a word of the warning that the log gets; zeros for a file that has no picture, with a word of the message.
libpng must give the same values, or none.
"""
import ctypes
import ctypes.util
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind, data=b"", crc=None):
    crc = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def header(width, height, depth, colour):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def data(rows, behind=b""):
    return chunk(b"IDAT", zlib.compress(rows, 9) + behind)


class Image(ctypes.Structure):
    _fields_ = [("opaque", ctypes.c_void_p), ("version", ctypes.c_uint32), ("width", ctypes.c_uint32),
                ("height", ctypes.c_uint32), ("format", ctypes.c_uint32), ("flags", ctypes.c_uint32),
                ("colours", ctypes.c_uint32), ("trouble", ctypes.c_uint32), ("message", ctypes.c_char * 64)]


def libpng(png, channels):
    """The values that libpng gives, or None."""
    library = ctypes.CDLL(ctypes.util.find_library("png16"))
    library.png_image_begin_read_from_memory.argtypes = [ctypes.POINTER(Image), ctypes.c_char_p, ctypes.c_size_t]
    library.png_image_finish_read.argtypes = [ctypes.POINTER(Image), ctypes.c_void_p, ctypes.c_char_p,
                                              ctypes.c_int32, ctypes.c_void_p]
    image = Image(version=1)
    if not library.png_image_begin_read_from_memory(image, png, len(png)):
        return None
    native = image.format & 3
    image.format = {1: 0, 2: 1, 3: 2, 4: 3}[channels or 3]
    assert not channels or native == image.format, (native, channels)
    values = ctypes.create_string_buffer(image.width * image.height * (channels or 3))
    if not library.png_image_finish_read(image, None, values, 0, None):
        return None
    return values.raw


GREY = header(4, 1, 8, 0)
GREY_ROWS = b"\0abcd"
GREY_DATA = data(GREY_ROWS)
RGB = header(2, 2, 8, 2)
RGB_ROWS = b"\0abcdef" b"\0ghijkl"
RGB_DATA = data(RGB_ROWS)
INDEXED = header(4, 1, 8, 3)
INDEXED_DATA = data(b"\0\0\1\2\3")
BITS = header(4, 1, 4, 0)
BITS_DATA = data(b"\0\x65\x66")
FOUR = chunk(b"PLTE", b"ABCDEFGHIJKL")
THREE = chunk(b"PLTE", b"ABCDEFGHI")
SPLIT = zlib.compress(b"\0\0\1\2\3")
HALF_CLEAR = chunk(b"tRNS", b"\0\x80")
GAMMA = chunk(b"gAMA", struct.pack(">I", 45455))
END = chunk(b"IEND")


def wrong_sum(rows):
    return zlib.compress(rows)[:-4] + b"\0\0\0\1"


def join(*parts):
    return SIGNATURE + b"".join(parts)


GREY_OUT, RGB_OUT, INDEXED_OUT = b"abcd", b"abcdefghijkl", b"ABCDEFGHIJKL"
CLEAR_OUT = b"ABC\0DEF\x80GHI\xffJKL\xff"
KEY = struct.pack(">HHH", *b"abc")
KEY_OUT = b"abc\0def\xffghi\xffjkl\xff"

# name, file, channels, values, a word of the warning
PICTURES = [
    ("surplus_row", join(RGB, data(RGB_ROWS + b"\0mnopqr"), END), 3, RGB_OUT, "IDAT: the data goes on"),
    ("surplus_byte", join(RGB, data(RGB_ROWS + b"\0"), END), 3, RGB_OUT, "IDAT: the data goes on"),
    ("surplus_much", join(RGB, data(RGB_ROWS + bytes(100000)), END), 3, RGB_OUT, "IDAT: the data goes on"),
    ("surplus_wrong_sum", join(RGB, chunk(b"IDAT", wrong_sum(RGB_ROWS + bytes(5))), END), 3, RGB_OUT,
     "IDAT: the data goes on"),
    ("behind_stream", join(RGB, data(RGB_ROWS, b"behind"), END), 3, RGB_OUT, "IDAT: 6 bytes behind"),
    ("behind_stream_apart", join(RGB, RGB_DATA, chunk(b"IDAT", b"xyz"), END), 3, RGB_OUT, "IDAT: 3 bytes behind"),
    ("data_apart", join(RGB, RGB_DATA, chunk(b"tEXt", b"k\0v"), RGB_DATA, END), 3, RGB_OUT,
     "an IDAT chunk apart from the others"),
    ("no_end", join(RGB, RGB_DATA), 3, RGB_OUT, "ends without chunk IEND"),
    ("end_cut", join(RGB, RGB_DATA, END[:-1]), 3, RGB_OUT, "11 bytes that are no whole chunk"),
    ("end_spoilt", join(RGB, RGB_DATA, END[:-1] + b"x"), 3, RGB_OUT, "the CRC of chunk IEND"),
    ("end_with_data", join(RGB, RGB_DATA, chunk(b"IEND", b"xyz")), 3, RGB_OUT, "IEND has 3 bytes"),
    ("behind_end", join(RGB, RGB_DATA, END, b"behind"), 3, RGB_OUT, "6 bytes behind chunk IEND"),
    ("text_cut", join(RGB, RGB_DATA, chunk(b"tEXt", b"k\0v")[:-5]), 3, RGB_OUT, "10 bytes that are no"),
    ("no_chunk", join(RGB, RGB_DATA, b"\0\0\0\0\1\2\3\4abcdefgh", END), 3, RGB_OUT, "28 bytes that are no"),
    ("long_chunk", join(RGB, RGB_DATA, b"\xff\xff\xff\xfftEXtabcdefgh", END), 3, RGB_OUT, "28 bytes that"),
    ("text_spoilt", join(RGB, chunk(b"tEXt", b"k\0v", 1), RGB_DATA, END), 3, RGB_OUT, "the CRC of chunk tEXt"),
    ("text_spoilt_late", join(RGB, RGB_DATA, chunk(b"tEXt", b"k\0v", 1), END), 3, RGB_OUT, "of chunk tEXt"),
    ("gamma_twice", join(RGB, GAMMA, GAMMA, RGB_DATA, END), 3, RGB_OUT, "chunk gAMA stands there twice"),
    ("gamma_late", join(RGB, RGB_DATA, GAMMA, END), 3, RGB_OUT, "chunk gAMA stands behind IDAT"),
    ("gamma_behind_palette", join(INDEXED, FOUR, GAMMA, INDEXED_DATA, END), 3, INDEXED_OUT,
     "chunk gAMA stands behind PLTE"),
    ("size_late", join(RGB, RGB_DATA, chunk(b"pHYs", bytes(9)), END), 3, RGB_OUT, "pHYs stands behind IDAT"),
    ("clear_spoilt", join(RGB, chunk(b"tRNS", KEY, 1), RGB_DATA, END), 3, RGB_OUT, "the CRC of chunk tRNS"),
    ("clear_twice", join(RGB, chunk(b"tRNS", KEY), chunk(b"tRNS", KEY[::-1]), RGB_DATA, END), 4, KEY_OUT,
     "chunk tRNS stands there twice"),
    ("clear_late", join(RGB, RGB_DATA, chunk(b"tRNS", KEY), END), 3, RGB_OUT, "tRNS stands behind IDAT"),
    ("clear_short", join(RGB, chunk(b"tRNS", KEY[:4]), RGB_DATA, END), 3, RGB_OUT, "tRNS has 4 bytes, not 6"),
    ("clear_long", join(RGB, chunk(b"tRNS", KEY + b"x"), RGB_DATA, END), 3, RGB_OUT, "tRNS has 7 bytes"),
    ("clear_bits", join(BITS, chunk(b"tRNS", b"\1\6"), BITS_DATA, END), 2, b"\x66\0\x55\xff\x66\0\x66\0",
     "tRNS has a sample of more than 4 bits"),
    ("clear_with_alpha", join(header(1, 1, 8, 6), chunk(b"tRNS", KEY), data(b"\0abc\xff"), END), 4, b"abc\xff",
     "tRNS is in a picture with alpha"),
    ("clear_before_palette", join(INDEXED, HALF_CLEAR, FOUR, INDEXED_DATA, END), 3, INDEXED_OUT,
     "tRNS stands before PLTE"),
    ("clear_before_and_behind", join(INDEXED, HALF_CLEAR, FOUR, HALF_CLEAR, INDEXED_DATA, END), 4, CLEAR_OUT,
     "tRNS stands before PLTE"),
    ("clear_palette_twice", join(INDEXED, FOUR, HALF_CLEAR, chunk(b"tRNS", b"xyz"), INDEXED_DATA, END), 4,
     CLEAR_OUT, "tRNS stands there twice"),
    ("clear_palette_late", join(INDEXED, FOUR, INDEXED_DATA, HALF_CLEAR, END), 3, INDEXED_OUT,
     "tRNS stands behind IDAT"),
    ("clear_palette_long", join(INDEXED, FOUR, chunk(b"tRNS", b"\0\x80xyz"), INDEXED_DATA, END), 3, INDEXED_OUT,
     "tRNS has 5 bytes, not 1 to 4"),
    ("clear_palette_empty", join(INDEXED, FOUR, chunk(b"tRNS"), INDEXED_DATA, END), 3, INDEXED_OUT,
     "tRNS has 0 bytes"),
    ("clear_palette_spoilt", join(INDEXED, FOUR, chunk(b"tRNS", b"\0", 1), INDEXED_DATA, END), 3, INDEXED_OUT,
     "the CRC of chunk tRNS"),
    ("index_beyond", join(INDEXED, THREE, INDEXED_DATA, END), 3, b"ABCDEFGHI\0\0\0",
     "IDAT: 1 pixels have a colour beyond the 3 of PLTE"),
    ("index_beyond_clear", join(INDEXED, THREE, HALF_CLEAR, INDEXED_DATA, END), 4,
     CLEAR_OUT[:12] + b"\0\0\0\xff", "IDAT: 1 pixels have a colour beyond the 3 of PLTE"),
    ("palette_of_grey", join(GREY, FOUR, GREY_DATA, END), 1, GREY_OUT, "the palette of a grey picture"),
    ("palette_late", join(RGB, RGB_DATA, FOUR, END), 3, RGB_OUT, "PLTE stands behind IDAT"),
    ("palette_of_13", join(RGB, chunk(b"PLTE", bytes(13)), RGB_DATA, END), 3, RGB_OUT, "a palette of 13 bytes"),
    ("palette_of_771", join(RGB, chunk(b"PLTE", bytes(771)), RGB_DATA, END), 3, RGB_OUT, "a palette of 771"),
]

# What newer versions of libpng read with a warning.
NEWER = [
    ("palette_twice", join(RGB, FOUR, THREE, RGB_DATA, END), 3, RGB_OUT, "PLTE stands there twice"),
    ("palette_spoilt", join(RGB, chunk(b"PLTE", bytes(12), 1), RGB_DATA, END), 3, RGB_OUT, "the CRC of chunk PLTE"),
]

# name, file, a word of the message
FAULTS = [
    ("wrong_sum", join(RGB, chunk(b"IDAT", wrong_sum(RGB_ROWS)), END), "the Adler-32 is 0x00000001"),
    ("no_sum", join(RGB, chunk(b"IDAT", zlib.compress(RGB_ROWS)[:-4]), END), "the Adler-32 needs 4 bytes"),
    ("half_sum", join(RGB, chunk(b"IDAT", zlib.compress(RGB_ROWS)[:-2]), END), "the Adler-32 needs 4 bytes"),
    ("row_missing", join(RGB, data(RGB_ROWS[:7]), END), "the data expands to 7 bytes"),
    ("byte_missing", join(RGB, data(RGB_ROWS[:-1]), END), "the data expands to 13 bytes"),
    ("data_spoilt", join(RGB, chunk(b"IDAT", zlib.compress(RGB_ROWS), 1), END), "the CRC of chunk IDAT"),
    ("data_cut", join(RGB, RGB_DATA[:-1]), "the CRC of a chunk needs 4 bytes"),
    ("data_needed_apart", join(INDEXED, FOUR, chunk(b"IDAT", SPLIT[:5]), HALF_CLEAR, chunk(b"IDAT", SPLIT[5:]), END),
     "the compressed data ends too early"),
    ("header_twice", join(RGB, RGB, RGB_DATA, END), "the unknown critical chunk IHDR"),
    ("header_spoilt", join(chunk(b"IHDR", RGB[8:21], 1), RGB_DATA, END), "the CRC of chunk IHDR"),
    ("critical", join(RGB, chunk(b"ABCD"), RGB_DATA, END), "the unknown critical chunk ABCD"),
    ("no_type", join(RGB, chunk(b"1234"), RGB_DATA, END), "a chunk of the type 0x31323334"),
    ("filter_5", join(RGB, data(b"\5" + RGB_ROWS[1:]), END), "row 0 has filter 5"),
    ("indexed_palette_spoilt", join(INDEXED, chunk(b"PLTE", b"ABC", 1), INDEXED_DATA, END), "the CRC of chunk PLTE"),
    ("indexed_palette_late", join(INDEXED, INDEXED_DATA, FOUR, END), "the palette stands behind IDAT"),
    ("indexed_palette_twice", join(INDEXED, FOUR, THREE, INDEXED_DATA, END), "the palette stands there twice"),
    ("indexed_palette_of_13", join(INDEXED, chunk(b"PLTE", bytes(13)), INDEXED_DATA, END), "a palette of 13 bytes"),
]


def show(name, png, channels, values, word):
    width, height = struct.unpack(">II", png[16:24])
    assert not channels or len(values) == width * height * channels, name
    size = f"{width}, {height}, {channels}, 0x{zlib.crc32(values):08x}" if channels else "0, 0, 0, 0"
    print(f'    {{"{name}", png_{name}, sizeof png_{name},\n     {size}, "{word}"}},')


def main():
    cases = PICTURES + NEWER + [(name, png, 0, None, word) for name, png, word in FAULTS]
    for name, png, channels, values, _ in cases:
        seen = libpng(png, channels)
        assert seen == values or (seen is None and (name, png, channels) in [c[:3] for c in NEWER]), (name, seen)
    print("/* Made by make_pngfaults.py. */")
    print("/* clang-format off */")
    for name, png, *_ in cases:
        print(f"static const uint8_t png_{name}[] = {{")
        for at in range(0, len(png), 24):
            print("    " + "".join(f"{byte}," for byte in png[at:at + 24]))
        print("};")
    print("static const png_fault png_faults[] = {")
    for case in cases:
        show(*case)
    print("};")
    print("/* clang-format on */")


main()
