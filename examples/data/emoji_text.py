"""Vectors of texts, by which a generator can be told what to draw: emoji-text.recipe learns with them.

    python examples/data/emoji_text.py "red heart" "sleepy cat" > c.npy
    gan sample run --condition c.npy --count 8 --out pictures.png

Each word of a text, each run of 3 to 5 letters in it and each two words side by side have a direction of their
own, of +1 and -1, taken from its hash; a text's vector is their weighted sum, of length sqrt(128). So texts
that share words or parts of words lie near each other, any text has a vector, and that needs no list of
words."""
import array
import hashlib
import itertools
import math
import re
import struct
import sys

DIMENSIONS = 128
PARTS, PAIR = 0.5, 0.25  # weights of all parts of a word together, and of two words, beside 1 of a word
STEP = 1 / 32  # numbers are rounded to this: sums in another order are the same, and a file packs well


def words(text):
    return re.findall(r"[^\W_]+|[#*&+]", text.lower())


def parts(word):
    """Its runs of 3 to 5 letters, of which < and > are its ends."""
    bounded = "<%s>" % word
    return [bounded[i:i + length] for length in (3, 4, 5) for i in range(len(bounded) - length + 1)]


def features(text):
    """(feature, weight) of all that has a direction."""
    found = words(text)
    for word in found:
        yield "word " + word, 1
        own = parts(word)
        for part in own:
            yield "part " + part, PARTS / math.sqrt(len(own))  # unlike directions add up as their squares do
    for pair in zip(found, found[1:]):
        yield "pair %s %s" % pair, PAIR


def direction(feature):
    bits = int.from_bytes(hashlib.shake_128(feature.encode()).digest(DIMENSIONS // 8), "little")
    return [2 * (bits >> i & 1) - 1 for i in range(DIMENSIONS)]


def vector(text):
    """128 numbers; None of a text without letters or digits."""
    total = [0] * DIMENSIONS
    for feature, weight in features(text):
        total = [x + weight * way for x, way in zip(total, direction(feature))]
    length = math.sqrt(sum(x * x for x in total))
    return [STEP * round(x * math.sqrt(DIMENSIONS) / length / STEP) for x in total] if length else None


def npy(code, shape, content):
    """An .npy file's bytes; `code` is NumPy's of the elements, "<f4"."""
    size = "".join("%d, " % n for n in shape)
    header = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }" % (code, size.rstrip())
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + content


def rows(vectors):
    """An .npy file's bytes with a row for each vector."""
    numbers = array.array("f", itertools.chain.from_iterable(vectors))
    if sys.byteorder == "big":
        numbers.byteswap()
    return npy("<f4", (len(vectors), DIMENSIONS), numbers.tobytes())


def main():
    if len(sys.argv) < 2 or sys.stdout.isatty():
        sys.exit("usage: emoji_text.py TEXT ... > FILE.npy")
    vectors = [vector(text) for text in sys.argv[1:]]
    if None in vectors:
        sys.exit("emoji_text.py: '%s' has no letters" % sys.argv[1:][vectors.index(None)])
    sys.stdout.buffer.write(rows(vectors))


if __name__ == "__main__":
    main()
