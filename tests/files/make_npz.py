"""Writes the files of data/npz: the same three arrays, packed in every way.

    python make_npz.py          (needs numpy)

image: 4 x 2 x 3 bytes, 0 10 20 ...; label: 4 x 1, 2 0 1 2; vector: 4 x 2 doubles, 0 .25 .5 ...; fortran:
4 x 3 x 2 floats in Fortran order, minus a half and up by 1/32; mask: 4 x 1 x 1 bool, true at 1 and 2.
"""
import io
import pathlib
import warnings
import zipfile

import numpy

FOLDER = pathlib.Path(__file__).parent / "data/npz"
ARRAYS = {
    "image": numpy.arange(0, 240, 10, dtype=numpy.uint8).reshape(4, 2, 3),
    "label": numpy.array([[2], [0], [1], [2]]),
    "vector": numpy.arange(8).reshape(4, 2) / 4,
    "fortran": numpy.asfortranarray((numpy.arange(24, dtype=numpy.float32) / 32 - 0.5).reshape(4, 3, 2)),
    "mask": numpy.array([False, True, True, False]).reshape(4, 1, 1),
}


class Stream(io.RawIOBase):
    """Cannot go back: sizes come behind the members."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def members():
    for name, array in ARRAYS.items():
        out = io.BytesIO()
        numpy.save(out, array)
        yield f"{name}.npy", out.getvalue()


def packed(method, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members():
            with archive.open(name, "w", **options) as member:
                member.write(data)
    return out.getvalue()


def streamed():
    out = Stream()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members():
            archive.writestr(name, data)
    return out.data


def long_numbers(data):
    """All numbers of the directory and its record as ZIP64 has them."""
    at = data.rindex(b"PK\5\6")
    size, start = (int.from_bytes(data[at + i:at + i + 4], "little") for i in (12, 16))
    count = int.from_bytes(data[at + 10:at + 12], "little")
    directory, out, p = data[start:start + size], b"", 0
    while p < len(directory):
        sizes = [int.from_bytes(directory[p + i:p + i + 4], "little") for i in (24, 20, 42)]
        lengths = [int.from_bytes(directory[p + i:p + i + 2], "little") for i in (28, 30, 32)]
        name = directory[p + 46:p + 46 + lengths[0]]
        extra = b"\xfe\xca\4\0abcd\1\0\x18\0" + b"".join(n.to_bytes(8, "little") for n in sizes)
        out += directory[p:p + 20] + b"\xff" * 8 + directory[p + 28:p + 30] + len(extra).to_bytes(2, "little")
        out += b"\2\0" + directory[p + 34:p + 42] + b"\xff" * 4 + name + extra + b"ok"
        p += 46 + sum(lengths)
    record = b"PK\6\6" + (44).to_bytes(8, "little") + b"\x2d\0\x2d\0" + bytes(8)
    record += 2 * count.to_bytes(8, "little") + len(out).to_bytes(8, "little") + start.to_bytes(8, "little")
    where = b"PK\6\7" + bytes(4) + (start + len(out)).to_bytes(8, "little") + b"\1\0\0\0"
    return data[:start] + out + record + where + b"PK\5\6" + bytes(4) + b"\xff" * 12 + b"\0\0"


def main():
    FOLDER.mkdir(exist_ok=True)
    stored, deflated = io.BytesIO(), io.BytesIO()
    numpy.savez(stored, **ARRAYS)
    numpy.savez_compressed(deflated, **ARRAYS)
    twice = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(twice, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("image.npy", b"old")
        for name, data in members():
            archive.writestr(name, data)
        archive.writestr("notes/read me.txt", "hello")
    files = {
        "stored": stored.getvalue(),
        "deflated": deflated.getvalue(),
        "streamed": streamed(),
        "long": long_numbers(packed(zipfile.ZIP_DEFLATED, force_zip64=True)),
        "commented": deflated.getvalue()[:-2] + b"\x0d\0hello, world\n",
        "twice": twice.getvalue(),
        "bzip2": packed(zipfile.ZIP_BZIP2),
        "lzma": packed(zipfile.ZIP_LZMA),
    }
    for name, data in files.items():
        (FOLDER / f"{name}.npz").write_bytes(data)
        with numpy.load(io.BytesIO(data)) as arrays:
            assert all(numpy.array_equal(arrays[key], array) for key, array in ARRAYS.items()), name


main()
