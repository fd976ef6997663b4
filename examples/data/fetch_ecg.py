"""Fetches a real electrocardiogram and cuts it into windows of 256 numbers, for examples/recipes/ecg-gan.recipe.

    python examples/data/fetch_ecg.py [--out FOLDER] [--packages FOLDER]

SciPy 1.9 has it as scipy/misc/ecg.dat: five minutes of the record 208 of the MIT-BIH Arrhythmia Database
(PhysioNet, Open Data Commons Attribution 1.0), 108,000 numbers of 11 bits, 360 a second.

ecg.npy has the windows as pictures of height 1, N x 1 x 256 x 1, of float32: each number in units of 4 mV, the
largest ones of the record then lying at -0.87 and 0.91. Of each two numbers the mean is taken, so that a window
is 256 of 180 a second, 1.42 s, two beats or three. A window begins every 8 of those, 0.04 s, after the one
before it: the first 5,369 lie in the first four minutes, and from 5,400 on none has a number in common with
those."""
import array
import io
import os
import struct
import sys
import zipfile

import emoji_text
import fetching

MEMBER = "scipy/misc/ecg.dat"
SHA256 = "f20ad3365fb9b7f845d0e5c48b6fe67081377ee466c3a220b7f69f35c8958baf"
PLATFORM = ("--python-version", "3.10", "--platform", "manylinux2014_x86_64")  # all have the same file
WINDOW, STRIDE = 256, 8


def numbers(content):
    """The record's, as millivolts: the member is an .npz file of one array of uint16."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        stored = archive.read("ecg.npy")
    start = 10 + struct.unpack("<H", stored[8:10])[0]
    values = array.array("H", stored[start:])
    if sys.byteorder == "big":
        values.byteswap()
    return [(value - 1024) / 200 for value in values]


def windows(millivolts):
    """All windows, one after the other."""
    halved = [(a + b) / 2 / 4 for a, b in zip(millivolts[::2], millivolts[1::2])]
    made = array.array("f")
    for start in range(0, len(halved) - WINDOW + 1, STRIDE):
        made.extend(halved[start:start + WINDOW])
    return made


def fetch(given, packages):
    path = fetching.wheel(packages, "scipy", "1.9.3", *PLATFORM)
    members = fetching.wheel_members(path, MEMBER.__eq__)
    fetching.check(path, members, SHA256)
    made = windows(numbers(members[MEMBER]))
    shape = (len(made) // WINDOW, 1, WINDOW, 1)
    if sys.byteorder == "big":
        made.byteswap()
    to = os.path.join(given.out, "ecg.npy")
    fetching.write(to, emoji_text.npy("<f4", shape, made.tobytes()))
    print(to)


if __name__ == "__main__":
    sys.exit(fetching.main(fetch, fetching.arguments(__doc__, fetching.FETCHED).parse_args()))
