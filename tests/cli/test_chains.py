"""A discriminator alone: its sheets of chains, and gan sample, which draws them."""

import os

import case
from case import *

ALONE = """[context]
seed=3 threads=1

[model.discriminator]
input 12 12 1
dense 16 spectral=yes; silu; dense 1

[data.real]
idx path=pictures.idx

[trainer]
discriminator steps=3 replay=0.5 average=0.5

[run]
steps=6 batch=4 samples=24 sample_every=3 log_every=2
"""

RING = """[model.discriminator]
input 2; dense 16; silu; dense 1

[data.real]
mixture ring=8 count=1000

[trainer]
discriminator steps=3 least=-1.5 most=1.5

[run]
steps=4 batch=8 sample_every=0
"""


class Chains(Case):
    def train(self, recipe=ALONE):
        write_text("d.recipe", recipe)
        return self.gan("train", "d.recipe", "--out", "run")

    def test_sheets(self):
        """A row is a chain, from the noise to the sample."""
        code, out, err = self.train()
        self.assertEqual((code, out), (0, "run/sheet.png\n"), err)
        self.assertIn("accuracy pair", err)
        pictures, across = cells("run/sheet.png")
        self.assertEqual((len(pictures), across % 8), (24, 0))
        first, across = cells("run/sheets/000003.png")
        self.assertEqual(pictures[::8], first[::8])  # the same noise
        self.assertNotEqual(pictures[7::8], first[7::8])
        self.assertEqual(sorted(f for f in os.listdir("run") if f.endswith("safetensors")),
                         ["checkpoint.safetensors"])

    def test_samples(self):
        self.train()
        self.good("sample", "run", "--count", "5", "--out", "a.npy")
        self.good("sample", "run/checkpoint.safetensors", "--count", "70", "--out", "b.npy")
        self.good("sample", "run", "--count", "5", "--seed", "1", "--out", "c.npy")
        self.good("sample", "run", "--count", "5", "--steps", "6", "--out", "d.npy")
        self.good("sample", "run", "--count", "5", "--steps", "7", "--out", "e.npy")
        self.good("sample", "run", "--count", "5", "--float", "--out", "f.npy")
        self.good("sample", "run", "--out", "sheet.png")
        shapes, arrays = zip(*(read_npy("%s.npy" % name) for name in "abcde"))
        a, b, c, d, e = arrays
        self.assertEqual(shapes[:2], ((5, 12, 12, 1), (70, 12, 12, 1)))
        self.assertEqual(a, b[: len(a)])
        self.assertNotEqual(a, c)
        self.assertEqual(a, d)  # half of the chains begin anew: twice 3 steps on average
        self.assertNotEqual(a, e)
        shape, numbers = read_codes("f.npy")
        self.assertEqual(shape, (5, 12, 12, 1))
        off = [abs(byte - 127.5 * (v + 1)) for byte, v in zip(a, numbers)]
        self.assertLess(max(off), 0.51)
        self.assertEqual(len(cells("sheet.png")[0]), 64)

    def test_points(self):
        """Beyond [-1, 1], and no pictures at all: dots at each stage of all chains, and of the data."""
        code, out, err = self.train(RING)
        self.assertEqual((code, out), (0, "run/sheet.png\n"), err)
        stages, across = cells("run/sheet.png", 256)
        self.assertEqual((len(stages), across), (8, 8))
        self.assertGreater(len(set(stages)), 3)  # then all chains are in a corner
        for pixels in stages:
            self.assertEqual({pixels[i : i + 3] for i in range(0, len(pixels), 3)},
                             {bytes(3), bytes([112] * 3), bytes([255, 160, 32])})
        code, out, err = self.gan("sample", "run", "--out", "a.png")
        self.assertEqual((code, out), (3, ""))
        self.assertIn("run: no pictures: what it makes are points of 1x1, not pictures", err)
        self.good("sample", "run", "--count", "300", "--steps", "1", "--float", "--out", "p.npy")
        shape, numbers = read_codes("p.npy")
        self.assertEqual(shape, (300, 1, 1, 2))
        self.assertTrue(1.3 < max(numbers) <= 1.5 and -1.5 <= min(numbers) < -1.3)

    def test_info(self):
        self.train()
        text = self.good("info", "run")
        self.assertIn("# sample image", text)

    def test_messages(self):
        self.train()
        sample = ("sample", "run", "--out", "a.png")
        for words, message in (
            (("--grid",), "--grid: the samples of run are chains from noise, which have none"),
            (("--condition", "1"), "--condition: the samples of run are chains from noise"),
            (("--interpolate", "3"), "--interpolate: the samples of run are chains from noise"),
            (("--noise", "uniform"), "--noise: the samples of run are chains from noise"),
            (("--steps", "0"), "--steps"),
            (("--float",), "--float: a .png sheet has bytes; give an .npy array"),
            (("--route", "image > score"), "--route 'image > score'"),
        ):
            code, out, err = self.gan(*sample, *words)
            self.assertEqual((code, out), (2, ""), words)
            self.assertIn(message, err)
        for name in ("translate", "encode"):
            code, out, err = self.gan(name, "run", "--data", "idx path=pictures.idx", "--out", "a.npy")
            self.assertEqual((code, out), (3, ""))
            self.assertIn("there are: none", err)
        write_text("g.recipe", RECIPE)
        self.assertEqual(self.gan("train", "g.recipe", "--out", "other")[0], 0)
        code, out, err = self.gan("sample", "other", "--steps", "5", "--out", "a.png")
        self.assertEqual(code, 2)
        self.assertIn("--steps 5: the samples of other are no chains, but made at once", err)
        self.good("sample", "other", "--float", "--count", "2", "--out", "o.npy")
        self.assertEqual(read_codes("o.npy")[0], (2, 12, 12, 1))


if __name__ == "__main__":
    case.main()
