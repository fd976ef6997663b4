"""Sequences, which are pictures of height 1: on sheets they are curves."""

import math
import os

import case
from case import *

STRIP = 64

WAVES = """[context]
seed=3 threads=1

[model.generator]
input 8
dense 24; leaky_relu 0.2
dense {values}; {end}
reshape 1 {width} {channels}

[model.discriminator]
input 1 {width} {channels}
dense 1

[data.real]
npy path=waves.npy

[trainer]
gan

[run]
steps=4 batch=8 sample_every=2 samples={samples}
"""


def write_floats(path, shape, values):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }" % (tuple(shape),)
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack("<%df" % len(values), *values))


def curve(numbers):
    """Rows of pixels, by hand: in each column all rows between the number and what lies half the way
    to its neighbours are black."""
    rows = [(1 - min(1, max(-1, v))) / 2 * (STRIP - 1) for v in numbers]
    picture = [bytearray([192 if y == STRIP // 2 else 255]) * len(rows) for y in range(STRIP)]
    for x, row in enumerate(rows):
        near = [row] + [(row + other) / 2 for other in rows[max(0, x - 1) : x] + rows[x + 1 : x + 2]]
        for y in range(math.floor(min(near) + 0.5), math.floor(max(near) + 0.5) + 1):
            picture[y][x] = 0
    return picture


def strips(numbers, width, channels):
    """The curves of a sequence's channels, below each other, a black line between them."""
    rows = []
    for channel in range(channels):
        rows += ([bytearray(width)] if rows else []) + curve(numbers[channel::channels])
    return rows


def sheet(pictures, across):
    """Rows of pixels of them side by side, one black pixel apart."""
    high, wide = len(pictures[0]), len(pictures[0][0])
    down = -(-len(pictures) // across)
    out = [bytearray(across * (wide + 1) - 1) for _ in range(down * (high + 1) - 1)]
    for i, picture in enumerate(pictures):
        for y, row in enumerate(picture):
            x = i % across * (wide + 1)
            out[i // across * (high + 1) + y][x : x + wide] = row
    return out


class Sequences(Case):
    def train(self, width, channels, samples=6, end="tanh"):
        waves = [math.sin(i * i) for i in range(20 * width * channels)]
        write_floats("waves.npy", (20, 1, width, channels), waves)
        write_text("w.recipe", WAVES.format(values=width * channels, width=width, channels=channels,
                                            samples=samples, end=end))
        code, out, err = self.gan("train", "w.recipe", "--out", "run")
        self.assertEqual((code, out), (0, "run/sheet.png\n"), err)
        self.assertNotIn("sheet", err)

    def check(self, path, numbers, width, channels, across):
        size = width * channels
        made = [strips(numbers[i : i + size], width, channels) for i in range(0, len(numbers), size)]
        wanted = sheet(made, across)
        wide, high, colours, pixels = read_png(path)
        self.assertEqual((wide, high, colours), (len(wanted[0]), len(wanted), 1))
        self.assertEqual(pixels, b"".join(wanted))

    def sample(self, count, *words):
        """The numbers of the samples that go on a sheet."""
        self.good("sample", "run", "--count", str(count), "--out", "s.png", *words)
        self.good("sample", "run", "--count", str(count), "--out", "s.npy", "--float", *words)
        shape, numbers = read_codes("s.npy")
        self.good("sample", "run", "--count", str(count), "--out", "b.npy", *words)
        self.assertEqual(read_npy("b.npy")[0], shape)
        return [2 * round((v + 1) / 2 * 255) / 255 - 1 for v in numbers]

    def test_curves(self):
        """A training's sheets and those of its samples; about as wide as high."""
        for width, channels, count, across in ((16, 1, 6, 5), (300, 1, 7, 1), (40, 3, 4, 4), (20, 5, 1, 1)):
            with self.subTest(width=width, channels=channels):
                self.train(width, channels, samples=count)
                self.check("s.png", self.sample(count), width, channels, across)
                self.assertEqual(read_png("run/sheet.png")[:3], read_png("s.png")[:3])
                self.assertEqual(read_png("run/sheets/000002.png")[:3], read_png("s.png")[:3])
                shutil.rmtree("run")

    def test_ways(self):
        """A row for each way from code to code, whatever its width."""
        self.train(16, 1)
        numbers = self.sample(2, "--interpolate", "3")
        self.check("s.png", numbers, 16, 1, 3)

    def test_beyond(self):
        """What lies beyond the strip is cut; a training shows floats as they are."""
        self.train(16, 1, samples=1, end="affine 1000 0")
        wide, high, _, pixels = read_png("run/sheet.png")
        self.assertEqual((wide, high), (16, STRIP))
        self.assertEqual(pixels[:16].count(0) + pixels[-16:].count(0), 16)

    def test_pairs(self):
        """What translate makes of a sequence stands beside it."""
        net = "dense 20; reshape 1 20 1"
        write_text("ae.recipe", "[model.encoder]\ninput 1 20 1; dense 4\n[model.decoder]\ninput 4; " + net +
                   "\n[data.real]\nnpy path=waves.npy\n[trainer]\nautoencoder\n[run]\nsteps=2 batch=4\n")
        waves = [math.sin(i * i) for i in range(200)]
        write_floats("waves.npy", (10, 1, 20, 1), waves)
        self.good("train", "ae.recipe", "--out", "run", "--threads", "1")
        self.good("translate", "run", "--data", "npy path=waves.npy count=3", "--out", "pairs.png")
        wide, high, _, pixels = read_png("pairs.png")
        self.assertEqual((wide + 1) % (2 * 21), 0)
        drawn = sheet([curve([2 * round((v + 1) / 2 * 255) / 255 - 1 for v in waves[:20]])], 1)
        self.assertEqual([pixels[y * wide :][:20] for y in range(STRIP)], drawn)

    def test_pixels(self):
        """Shorter rows, and higher pictures, are pixels."""
        self.train(15, 1)
        self.assertEqual(read_png("run/sheet.png")[:2], (3 * 16 - 1, 3))

    def test_limits(self):
        """A sheet that no file can have is told before anything is made."""
        self.train(16, 1)
        code, _, err = self.gan("sample", "run", "--count", "300000", "--out", "s.png")
        self.assertEqual((code, err), (3, "gan sample: --count 300000: a sheet of so many pictures of "
                                          "1x16x1 has more values than the 268435456 of a PNG file\n"))
        self.assertFalse(os.path.exists("s.png"))


if __name__ == "__main__":
    case.main()
