"""Permutation matrices as pictures: makes them to train with, and counts them among samples.

    python examples/data/permutations.py [--out FOLDER]
    python examples/data/permutations.py --count samples.npy

Without --count it writes permutations.npy: 4,000 of the 40,320 permutation matrices of 8 x 8 as pictures of
bytes, N x 8 x 8 x 1, 255 where there is a one: all different, drawn evenly, the same ones each time. With it
it says how many pictures of an array (gan sample --out samples.npy) are permutation matrices: each row and
each column has one pixel that is brighter than the middle, and no more. No single pixel can tell. Of those
that are, it says how many are not among the 4,000, and how many differ from each other."""
import array
import json
import os
import random
import re
import struct
import sys

import emoji_text
import fetching

SIDE, COUNT = 8, 4000


def known():
    """The permutations that are trained on: place i has the column of row i's one."""
    source, made = random.Random(1), {}
    while len(made) < COUNT:
        made[tuple(sorted(range(SIDE), key=lambda _: source.random()))] = None
    return list(made)


def picture(permutation):
    return bytes(255 * (column == one) for one in permutation for column in range(SIDE))


def array_file(every):
    """The bytes of an .npy file of permutations as pictures."""
    return emoji_text.npy("|u1", (len(every), SIDE, SIDE, 1), b"".join(map(picture, every)))


def read(path):
    """Whether each pixel of an array of such pictures is brighter than the middle, one after the other."""
    with open(path, "rb") as file:
        data = file.read()
    size = 10 + struct.unpack("<H", data[8:10])[0] if data[:8] == b"\x93NUMPY\x01\x00" else 0
    found = re.match(r"\{'descr': '(<f4|\|u1)', 'fortran_order': False, 'shape': \((\d+), %d, %d, 1,?\), \}" % (
        SIDE, SIDE), data[10:size].decode("latin-1"))
    if not found:
        raise fetching.Failure("%s: no array of pictures of %dx%dx1, bytes or float32" % (path, SIDE, SIDE))
    numbers, bytes_each = int(found.group(2)) * SIDE * SIDE, 1 if found.group(1) == "|u1" else 4
    if numbers == 0 or len(data) - size != numbers * bytes_each:
        raise fetching.Failure("%s: %s pictures in its header, and %d bytes of them" % (
            path, found.group(2), len(data) - size))
    if bytes_each == 1:
        return bytes(value > 127 for value in data[size:])
    values = array.array("f", data[size:])
    if sys.byteorder == "big":
        values.byteswap()
    return bytes(value > 0 for value in values)


def permutation(pixels):
    """The permutation of a matrix of zeros and ones, None: it is none."""
    rows = [pixels[start:start + SIDE] for start in range(0, SIDE * SIDE, SIDE)]
    ones = tuple(row.find(1) for row in rows)
    return ones if sum(pixels) == SIDE and sorted(ones) == list(range(SIDE)) else None


def judge(pixels):
    """Of matrices, one after the other: the share of permutations; of those, the shares that are not among
    the known ones, and that are different ones (0 where there are none)."""
    every = [permutation(pixels[start:start + SIDE * SIDE]) for start in range(0, len(pixels), SIDE * SIDE)]
    valid = [found for found in every if found]
    new = len(valid) - sum(map(set(known()).__contains__, valid))
    return {"samples": len(every), "valid": len(valid) / len(every), "new": new / max(1, len(valid)),
            "distinct": len(set(valid)) / max(1, len(valid))}


def make(given, packages):
    path = os.path.join(given.out, "permutations.npy")
    fetching.write(path, array_file(known()))
    print(path)


def main():
    parser = fetching.arguments(__doc__, fetching.FETCHED)
    parser.add_argument("--count", metavar="FILE", help="an .npy file of samples; nothing is made")
    given = parser.parse_args()
    if not given.count:
        return fetching.main(make, given)
    return fetching.main(lambda *_: print(json.dumps(judge(read(given.count)))), given)


if __name__ == "__main__":
    sys.exit(main())
