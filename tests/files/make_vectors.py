"""Writes vectors.h: small files of every format, made by others than libgan.

    python make_vectors.py > vectors.h          (needs numpy, safetensors, torch)

Texts are PLAIN, arrays count up from 0; the tests know that.
"""
import io
import struct
import zlib

import numpy
import safetensors.torch
import torch

PLAIN = b"".join(b"%d green bottles hanging on the wall, " % (i * i % 97) for i in range(40))


def show(name, data):
    print(f"static const unsigned char vector_{name}[{len(data)}] = {{")
    for at in range(0, len(data), 20):
        print("    " + ",".join(str(b) for b in data[at:at + 20]) + ",")
    print("};")


def deflate(data, level=9, strategy=zlib.Z_DEFAULT_STRATEGY, bits=15):
    z = zlib.compressobj(level, zlib.DEFLATED, bits, 8, strategy)
    return z.compress(data) + z.flush()


def two_blocks(data):
    z = zlib.compressobj(6, zlib.DEFLATED, 15)
    half = len(data) // 2
    return z.compress(data[:half]) + z.flush(zlib.Z_FULL_FLUSH) + z.compress(data[half:]) + z.flush()


def gzip(data, flags=0, level=9):
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\2\3"
    if flags & 4:
        head += struct.pack("<H", 6) + b"ab\2\0xy"
    if flags & 8:
        head += b"plain.txt\0"
    if flags & 16:
        head += b"a comment\0"
    if flags & 2:
        head += struct.pack("<H", zlib.crc32(head) & 0xffff)
    return head + deflate(data, level, bits=-15) + struct.pack("<II", zlib.crc32(data), len(data))


def npy(array, version=None):
    out = io.BytesIO()
    numpy.lib.format.write_array(out, array, version)
    return out.getvalue()


def count(dtype, *shape):
    return numpy.arange(int(numpy.prod(shape))).reshape(shape).astype(dtype)


def idx(kind, dtype, *shape):
    head = struct.pack(">BBBB", 0, 0, kind, len(shape)) + struct.pack(f">{len(shape)}I", *shape)
    return head + count(dtype, *shape).tobytes()


def main():
    print("/* Made by make_vectors.py. */")
    print("#ifndef VECTORS_H\n#define VECTORS_H\n")
    show("plain", PLAIN)
    show("zlib_dynamic", deflate(PLAIN))
    show("zlib_fixed", deflate(PLAIN, strategy=zlib.Z_FIXED))
    show("zlib_stored", deflate(PLAIN[:100], 0))
    show("zlib_huffman", deflate(PLAIN, strategy=zlib.Z_HUFFMAN_ONLY))
    show("zlib_blocks", two_blocks(PLAIN))
    show("gzip_flags", gzip(PLAIN, 2 | 4 | 8 | 16))
    show("gzip_members", gzip(PLAIN[:700]) + gzip(b"") + gzip(PLAIN[700:], 8) + bytes(5))
    show("npy_f4", npy(count("<f4", 3, 4)))
    show("npy_f8_fortran", npy(numpy.asfortranarray(count("<f8", 2, 3, 4))))
    show("npy_f2", npy(count("<f2", 5)))
    show("npy_u1", npy(count("u1", 2, 2, 3)))
    show("npy_i4_big", npy(count(">i4", 7)))
    show("npy_bool", npy(count("?", 4)))
    show("npy_u2", npy(count("<u2", 3)))
    show("npy_i8_v2", npy(count("<i8", 2, 3), (2, 0)))
    show("npy_scalar_v3", npy(numpy.array(7, "<i8"), (3, 0)))
    show("npy_empty", npy(numpy.zeros((0, 3), "<f4")))
    show("npy_complex", npy(numpy.zeros(2, "<c8")))
    show("npy_object", npy(numpy.array([None])))
    show("npy_records", npy(numpy.zeros(2, [("a", "<f4"), ("b", "<i4")])))
    show("idx_u8", idx(0x08, "u1", 2, 3, 4))
    show("idx_i16", idx(0x0b, ">i2", 5))
    show("idx_f32", idx(0x0d, ">f4", 2, 2))
    show("idx_f64", idx(0x0e, ">f8", 3))
    tensors = {
        "layer.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
        "layer.half": torch.arange(4, dtype=torch.float16),
        "layer.brain": torch.arange(4, dtype=torch.bfloat16),
        "layer.double": torch.arange(2, dtype=torch.float64),
        "count": torch.tensor(41, dtype=torch.int64),
        "none": torch.zeros(0, 3),
        "flags": torch.tensor([True, False, True]),
        "bytes": torch.arange(3, dtype=torch.uint8),
        "ints": torch.arange(2, dtype=torch.int32),
    }
    show("safetensors", safetensors.torch.save(tensors, {"text": 'a "quoted"\nline \u00e9', "step": "12"}))
    show("safetensors_empty", safetensors.torch.save({}))
    print("\n#endif")


main()
