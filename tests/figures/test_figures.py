"""The command of the figures: its metrics on known inputs, its cache, its table, and the whole of it on
trainings of two steps.

    python test_figures.py BUILD SOURCE [CLASS ...]        with Python's standard library alone"""
import array
import cmath
import glob
import itertools
import json
import math
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock
import zipfile

BUILD, SOURCE = (os.path.abspath(path) for path in sys.argv[1:3])

import __main__ as this
import beside
import cache
import clothes
import condition
import coupled
import cures
import digits
import edges
import emoji
import hands
import judge
import library
import metrics
import naive
import points
import reconstruction
import rows
import steps
import structured
import table
from every_row import ROWS

permutations = structured.permutations
COMMAND = os.path.join(SOURCE, "tests", "figures")


class Metrics(unittest.TestCase):
    def test_auc(self):
        self.assertEqual(metrics.auc([3, 2], [1, 0, -1]), 1)
        self.assertEqual(metrics.auc([0], [1, 2]), 0)
        self.assertEqual(metrics.auc([5, 5], [5]), 0.5)
        self.assertEqual(metrics.auc([0.35, 0.8], [0.1, 0.4]), 0.75)
        source = random.Random(3)
        for size in range(1, 12):  # few values, so many are equal
            a, b = ([source.randrange(6) for _ in range(n)] for n in (size, 13 - size))
            pairs = [(x > y) + (x == y) / 2 for x, y in itertools.product(a, b)]
            self.assertAlmostEqual(metrics.auc(a, b), sum(pairs) / len(pairs), 12)
        for bad in (([], [1]), ([1], []), ([1, float("nan")], [0])):
            self.assertRaises(ValueError, metrics.auc, *bad)

    def test_pixels(self):
        found = metrics.above(array.array("f", [-1, 0, 0.001, 1]))
        self.assertEqual(found, bytes([0, 0, 1, 1]))
        self.assertEqual(metrics.agreement(found, bytes([0, 1, 1, 1])), 0.75)
        self.assertAlmostEqual(metrics.f1(found, bytes([0, 1, 1, 1])), 0.8)  # precision 1, recall 2/3
        self.assertAlmostEqual(metrics.f1(found, bytes([1, 0, 0, 1])), 0.5)
        self.assertEqual(metrics.f1(bytes(4), bytes([0, 1, 0, 0])), 0)
        for function in (metrics.agreement, metrics.f1, metrics.mean_square):
            self.assertRaises(ValueError, function, bytes(3), bytes(4))
            self.assertRaises(ValueError, function, b"", b"")
        self.assertEqual(metrics.mean_square([1, 3], [1, 1]), 2)
        self.assertEqual(metrics.mean_absolute([1, -3], [1, 1]), 2)

    def test_interval(self):
        mean, low, high = metrics.interval([1, 2, 3])
        self.assertEqual(mean, 2)
        self.assertAlmostEqual(high - mean, 4.303 / 3**0.5)
        self.assertAlmostEqual(mean - low, 4.303 / 3**0.5)
        self.assertEqual(metrics.interval([0.5]), (0.5, None, None))

    def test_goals(self):
        within = rows.Figure("x", "x", within=1)
        self.assertEqual([within.met(v) for v in ([0, 0.1, 0.2], [0, 0, 1], [-1.2, -1.2], [2, 2], [0])],
                         [True, False, False, False, False])
        least = rows.Figure("x", "x", least=0.9)
        self.assertEqual([least.met(v) for v in ([0.9], [0.89, 0.92], [0.89, 0.90])], [True, True, False])
        self.assertIsNone(rows.Figure("x", "x").met([1]))
        row = edges.Cycle()
        for f1, met in ((0.7, True), (0.69, False)):
            text, judged = row.result([{"agreement": 0.96, "f1": f1}])
            self.assertEqual((text, judged), ("agreement 0.960; F1 %.3f" % f1, met))

    def test_features(self):
        plane = [y for y in range(16) for _ in range(16)]
        self.assertEqual(emoji.cells(plane, 16), [2 * y + 0.5 for y in range(8) for _ in range(8)])
        self.assertEqual(emoji.edges(plane, 16)[:64], [0] * 64)
        down = emoji.edges(plane, 16)[64:]
        self.assertEqual(down[8:56], [2] * 48)  # a row has one above and one below
        self.assertEqual(down[:8] + down[56:], [1] * 16)
        colours, _ = emoji.describe([channel for _ in range(256) for channel in (1, 2, 4)])
        self.assertEqual(colours, [1] * 64 + [2] * 64 + [4] * 64)
        real = [[math.cos(angle), math.sin(angle)] for angle in (0, 1, 2, 3)]
        self.assertEqual(emoji.right(list(enumerate(real)), real, 1), 1)
        self.assertEqual(emoji.right([(0, real[1]), (1, real[1])], real, 1), 0.5)
        self.assertEqual(emoji.right([(0, [1])] * 20, [[0], [1]], 1), 0)  # the other is always another one
        self.assertEqual(emoji.Text.hands("abcd", "xxyy", str.upper), [["A", "C"], ["B", "D"]])
        shares = [emoji.right([(i % 50, [1]) for i in range(2000)], [[j] for j in range(50)], seed)
                  for seed in range(3)]  # the largest of ten is right for one in ten
        self.assertTrue(all(0.07 < share < 0.13 for share in shares), shares)

    def test_pairs(self):
        labels = [i % 3 for i in range(600)]
        pairs = condition.mixed_pairs(labels, 3)
        self.assertEqual(sorted(i for i, _, _ in pairs), sorted([*range(600)] * 2))
        for i, label, own in pairs:
            self.assertEqual(label == labels[i], own)
        wrong = [(label - labels[i]) % 3 for i, label, own in pairs if not own]
        self.assertTrue(250 < wrong.count(1) < 350 and wrong.count(1) + wrong.count(2) == 600)
        runs = sum(a[2] != b[2] for a, b in zip(pairs, pairs[1:]))
        self.assertTrue(500 < runs < 700, runs)  # matched and mismatched are mixed
        drawn = [(i, other) for seed in range(50) for i, other in enumerate(edges.others(5, seed))]
        self.assertEqual(sorted(set(drawn)), sorted(itertools.permutations(range(5), 2)))

    def test_permutations(self):
        """What is valid, new and different, of matrices that are known; those that are trained on."""
        known = permutations.known()
        self.assertEqual((len(set(known)), {tuple(sorted(one)) for one in known}),
                         (permutations.COUNT, {tuple(range(8))}))
        first = bytes(pixel // 255 for pixel in permutations.picture(known[0]))
        self.assertEqual([permutations.permutation(m) for m in (first, bytes(64), bytes([1]) * 64)],
                         [known[0], None, None])
        self.assertIsNone(permutations.permutation(first[8:] + first[-8:]))  # a column has two
        dark, two = bytearray(first), bytearray(first)
        dark[first.index(1)] = 0
        two[first.index(0)] = 1
        self.assertEqual([permutations.permutation(bytes(m)) for m in (dark, two)], [None, None])
        other = next(p for p in itertools.permutations(range(8)) if p not in set(known))
        other = bytes(pixel // 255 for pixel in permutations.picture(other))
        self.assertEqual(permutations.judge(first + first + other + bytes(dark) + bytes(64)),
                         {"samples": 5, "valid": 0.6, "new": 1 / 3, "distinct": 2 / 3})
        self.assertEqual(permutations.judge(bytes(128)),
                         {"samples": 2, "valid": 0, "new": 0, "distinct": 0})

    def test_chance(self):
        """Beside drawing, where matrices are small."""
        side, permutations.SIDE = permutations.SIDE, 3
        self.addCleanup(setattr, permutations, "SIDE", side)
        source, draws = random.Random(4), 40000
        found = sum(permutations.permutation(bytes(source.random() < 1 / 3 for _ in range(9))) is not None
                    for _ in range(draws)) / draws
        chance = structured.Chance().measure(None, 1)["valid"]
        self.assertLess(abs(found - chance), 4 * (chance / draws) ** 0.5)

    def test_ratio(self):
        """Beside the better one of the others; of none valid, as if one was."""
        unhurried = mock.Mock(quick=False)
        for vae, autoencoder, ratio in ((0.02, 0.01, 10), (0.01, 0.04, 5), (0, 0, 2000)):
            shares = {"Gan": 0.2, "Vae": vae, "Autoencoder": autoencoder}
            for name, share in shares.items():
                kind = getattr(structured, name)
                self.addCleanup(setattr, kind, "judge", kind.judge)
                kind.judge = lambda row, work, seed: {"valid": shares[type(row).__name__]}
            value = structured.Ratio().measure(unhurried, 1)
            self.assertAlmostEqual(value["ratio"], ratio)
            self.assertEqual((value["gan"], value["vae"], value["autoencoder"]), (0.2, vae, autoencoder))

    def test_like(self):
        """Rows of the same mean and covariance, of which one direction is none."""
        source, rows_ = random.Random(6), array.array("f")
        for _ in range(4000):
            a, b = source.gauss(0, 1), source.gauss(0, 1)
            rows_.extend((3 + a, a - 2 * b, 1 + a + b - b, 5))
        made = structured.like(rows_, 4, 4000, random.Random(7))
        for wanted, found in zip(self.moments(rows_, 4), self.moments(made, 4)):
            self.assertLess(abs(wanted - found), 0.25)
        self.assertLess(max(abs(made[i] - made[i + 2] - 2) for i in range(0, len(made), 4)), 1e-3)

    @staticmethod
    def moments(rows_, size):
        n = len(rows_) // size
        mean = [sum(rows_[k::size]) / n for k in range(size)]
        return mean + [sum((rows_[r + i] - mean[i]) * (rows_[r + j] - mean[j])
                           for r in range(0, len(rows_), size)) / n for i in range(size) for j in range(size)]

    def test_sequences(self):
        """A wave has its power at its frequency; beats are counted once."""
        n, wave = 64, [math.sin(2 * math.pi * 5 * i / 64) for i in range(64)]
        found, power = structured.fourier(wave), structured.spectrum([wave, wave])
        for k in range(n):
            true = sum(value * cmath.exp(-2j * math.pi * k * i / n) for i, value in enumerate(wave))
            self.assertAlmostEqual(found[k], true, 9)
        self.assertEqual(power.index(max(power)) + 1, 5)
        louder = structured.spectrum([[10 * value for value in wave]])
        self.assertAlmostEqual(max(louder) - max(power), 2, 9)
        self.assertAlmostEqual(structured.difference([1, 2], [3, 1]), 1.5)
        quiet = [0.1 * math.sin(i) for i in range(256)]
        self.assertEqual(structured.beats(quiet), 0)
        for places in ((100,), (30, 120, 200)):
            beating = [value + sum(0.5 * math.exp(-(i - at)**2 / 8) for at in places)
                       for i, value in enumerate(quiet)]
            self.assertEqual(structured.beats(beating), len(places))
        self.assertAlmostEqual(structured.rate([quiet, beating]), 3 / 2 / (256 / 180))

    def test_nearer(self):
        """To chance, from either side."""
        for without, nearer in ((0.6, 0.3), (0.3, 0.2)):
            row = condition.NoMismatch()
            row.auc = lambda work, seed, settings: without if settings else 0.9
            value = row.measure(None, 1)
            self.assertEqual((value["auc"], round(value["nearer"], 9)), (without, nearer))


def write_idx(path, shape, values):
    with open(path, "wb") as file:
        file.write(struct.pack(">4B%dI" % len(shape), 0, 0, 8, len(shape), *shape) + bytes(values))


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="gan-figures-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def work(self, quick=False):
        return rows.Work(BUILD, self.path("cache"), 1, quick, lambda line: None)


class Pipelines(Folder):
    """Networks whose answers are known go the ways of the trained ones."""

    def session(self):
        session = self.work().session()
        self.addCleanup(session.close)
        return session

    def save(self, session, kind, **models):
        """A checkpoint of untrained networks."""
        lib = session.library
        trainer = session.make("trainer", "gan_trainer_create", session.context, kind)
        for role, model in models.items():
            session.good(lib.gan_trainer_set_model(trainer, role.encode(), model))
        session.good(lib.gan_trainer_save(trainer, self.path("c.safetensors").encode()))
        return self.path("c.safetensors")

    def fill(self, session, model, name, value, *shape):
        count = 1
        for side in shape:
            count *= side
        tensor = session.tensor(array.array("f", [value] * count), *shape)
        session.good(session.library.gan_model_write(model, name, tensor))

    def test_condition(self):
        """A picture of class c is bright at place c alone, and D reads the brightness at the place of
        its condition. Only the last 30 pictures are held out; the others' labels are wrong."""
        count, held = 90, 30
        labels = [7 * i % 10 for i in range(count)]
        pixels = [255 * (place == label) for label in labels for place in range(10)]
        write_idx(self.path("x"), (count, 2, 5), pixels)
        false = [(label + 1) % 10 for label in labels[:-held]] + labels[-held:]
        write_idx(self.path("y"), (count,), false)
        recipe = self.write("a.recipe", "[data.real]\nidx path=x labels=y count=60\n[trainer]\ncgan\n"
                            "[model.generator]\ninput noise 3; input condition 10; concat from noise "
                            "condition\ndense 10; reshape 2 5 1\n[model.discriminator]\ninput image 2 5 1; "
                            "input condition 10\nf = flatten from image; multiply from f condition\n"
                            "dense 1\n[run]\nsteps=1\n")
        session = self.session()
        generator = session.parse_model("input noise 3; input condition 10; concat from noise condition; "
                                        "dense 10; reshape 2 5 1")
        for order, names in enumerate((("image", "condition"), ("condition", "image"))):
            for weight, auc in ((1, 1), (-1, 0), (0, 0.5)):
                d = session.parse_model("input %s %s; input %s %s\nf = flatten from image; multiply from f "
                                        "condition\nmatch = dense 1; g = flatten from image\n"
                                        "realness = dense 1; output realness match" % (
                                            names[0], ("2 5 1", "10")[order], names[1],
                                            ("10", "2 5 1")[order]))
                self.fill(session, d, b"match.weight", weight, 1, 10)
                checkpoint = self.save(session, b"cgan", generator=generator, discriminator=d)
                for output in ("match",) if weight else ("match", "realness"):
                    self.assertEqual(condition.match_auc(self.work(), session, recipe, checkpoint, output),
                                     auc, (names, weight, output))

    def test_judge(self):
        """Bright halves left or right; labels that say nothing teach nothing."""
        session, source = self.session(), random.Random(2)
        labels = [source.randrange(2) for _ in range(256)]
        pixels = [source.randrange(128) + 127 * ((x < 4) == label)
                  for label in labels for _ in range(8) for x in range(8)]
        write_idx(self.path("x"), (256, 8, 8), pixels)
        for name, known, low, high in (("true", labels, 1, 1), ("none", [i % 2 for i in range(256)], 0.2, 0.8)):
            write_idx(self.path(name), (256,), known)
            data = session.open_data('idx path="%s" labels="%s" count=128' % (self.path("x"), self.path(name)))
            model = judge.train(self.work(), session, data)
            whole = session.open_data('idx path="%s" labels="%s"' % (self.path("x"), self.path(name)))
            unseen = session.read(whole, "image", range(128, 256))
            share = judge.agreement(session, model, unseen, labels[128:])
            self.assertTrue(low <= share <= high, (name, share))
            self.assertAlmostEqual(judge.agreement(session, model, unseen, [1 - i for i in labels[128:]]),
                                   1 - share)

    def test_samples(self):
        """G makes its condition: samples are of the classes that they are said to be of."""
        session = self.session()
        generator = session.parse_model("input noise 3; input condition 10; flatten from condition; "
                                        "reshape 2 5 1")
        model = session.parse_model("input 2 5 1; logits = flatten; features = affine 1 0 from logits; output features logits")
        d = session.parse_model("input image 2 5 1; input condition 10; dense 1 from image")
        trainer = session.load_trainer(self.save(session, b"cgan", generator=generator, discriminator=d))
        made, labels = condition.Obeys.samples(session, trainer, 10, 4, 1)
        self.assertEqual(sorted(labels), [label for label in range(10) for _ in range(4)])
        self.assertEqual(judge.agreement(session, model, made, labels), 1)

    def test_points(self):
        """Centres of a mixture, and points that are near to some of them."""
        session = self.session()
        ring = session.open_data("mixture ring=4 deviation=0.1 count=1")
        for at, modes, good in ((((1, 0.29), (-0.71, 0), (1, 0)), 2, 1), (((1, 0.31), (0, -1)), 1, 0.5),
                                (((0, 0),), 0, 0)):
            points_at = session.tensor(array.array("f", itertools.chain(*at)), len(at), 1, 1, 2)
            self.assertEqual(points.compare(session, ring, points_at), {"modes": modes, "good": good})
        for met, values in ((True, [8] * 5), (False, [8] * 4 + [7])):
            value = [{"modes": found, "good": 0.8} for found in values]
            self.assertEqual(points.RingGan().result(value)[1], met)
        self.assertTrue(points.GridGan().result([{"modes": n, "good": 0.9} for n in (25, 25, 25, 25, 24)])[1])

    def test_clothes(self):
        """A judge that reads the class where the picture is bright; samples of half of the classes are
        some of the way from noise, of which it says nothing, to real ones."""
        session = self.session()
        model = session.parse_model("input 1 4 1; features = flatten; logits = affine 20 0; "
                                    "output features logits")

        def bright(classes):
            return array.array("f", [float(c == place) for c in classes for place in range(4)])

        real, dull = bright([0, 1, 2, 3] * 3), array.array("f", bytes(4 * 48))
        value = clothes.compare(session, model, real, {
            "samples": bright([0, 1] * 6), "noise": dull, "vae": real, "real": real})
        for key, known in (("samples", 2), ("noise", 1), ("vae", 4), ("real", 4), ("way", 1 / 3)):
            self.assertAlmostEqual(value[key], known, 4, key)
        self.assertAlmostEqual(value["frechet_real"], 0, 5)
        self.assertGreater(value["frechet_samples"], 0.1)
        self.assertTrue(all(-1 <= x < 1 for x in clothes.noise(3, 5, 1)))
        self.assertEqual(len(clothes.noise(3, 5, 1)), 15)

    def write_npz(self, name, pictures, **labels):
        """Two pictures of 8 x 8 x 3 for each name, a vector that is the first of them, in [-1, 1]; labels."""
        pixels = [pixel for picture in pictures for pixel in picture]
        spelt = array.array("f", [pixel / 127.5 - 1 for i in range(len(pictures)) for channel in range(3)
                                  for pixel in pictures[i & ~1][channel::3]])  # as reshape reads it
        with zipfile.ZipFile(self.path(name), "w") as file:
            for key, code, end, content in (("image", "|u1", "8, 8, 3", bytes(pixels)),
                                            ("vector", "<f4", "192", spelt.tobytes()),
                                            *((key, "|u1", "", bytes(numbers)) for key, numbers in labels.items())):
                header = "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %s), }" % (
                    code, len(pictures), end)
                file.writestr(key + ".npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", 118)
                              + header.ljust(117).encode() + b"\n" + content)

    def test_text(self):
        """A generator makes the picture that its vector spells; another one its negative, in which colours
        lie the other way and edges as they do; a third one nothing."""
        source = random.Random(4)
        drawn = [[source.randrange(236) for _ in range(192)] for _ in range(40)]
        self.write_npz("x.npz", [[pixel + 20 * hand for pixel in one] for one in drawn for hand in range(2)])
        text = "[data.real]\nnpz path=x.npz image=image vector=vector count=48\n[trainer]\ncgan\n" \
            "[model.generator]\n%s\n[model.discriminator]\ninput image 8 8 3; input condition 192; dense 1 " \
            "from image\n[run]\nsteps=1\n"
        work, session, row = self.work(), self.session(), emoji.Text()
        work.checkpoint = lambda folder: folder
        discriminator = session.parse_model("input image 8 8 3; input condition 192; dense 1 from image")
        for end, least, most in (("reshape 8 8 3", 1, 1), ("affine 0 0; reshape 8 8 3", 0, 0.3),
                                 ("affine -1 0; reshape 8 8 3", 0, 0.9)):
            network = "input noise 3; input condition 192; flatten from condition; " + end
            recipe = self.write("a.recipe", text % network)
            checkpoint = self.save(session, b"cgan", generator=session.parse_model(network),
                                   discriminator=discriminator)
            work.recipe, work.train = (lambda name: recipe), (lambda path, seed: checkpoint)
            value = row.measure(work, 1)
            self.assertEqual((value["real"], value["real_unseen"]), (1, 1))
            for key in ("known", "unseen"):
                self.assertTrue(least <= value[key] <= most, (end, value))

    def test_hands(self):
        """Hand 1 draws what hand 0 does, dark for bright. A generator that knows it finds them all, and those
        who judge by colours find none of what is untranslated; the same for the way back."""
        source, session, row = random.Random(4), self.session(), hands.Hands("a")
        drawn = [[source.choice((0, 40, 80, 255)) for _ in range(192)] for _ in range(40)]
        self.write_npz("x.npz", [[255 - pixel if hand else pixel for pixel in one] for one in drawn
                                 for hand in range(2)], hand=[0, 1] * 40, group=[i // 2 % 4 for i in range(80)])
        roles = ("xy", "yx", "discriminator_x", "discriminator_y")
        feed = "npz path=x.npz image=image label=hand count=48 only="
        path = self.write("a.recipe", "[data.x]\n%s0\n[data.y]\n%s1\n[trainer]\ncyclegan\n[model.%s]\n%s\n" % (
            feed, feed, ", model.".join(roles), "input 8 8 3; affine -1 0"))
        work = self.work()
        work.recipe, work.checkpoint = (lambda name: path), (lambda folder: folder)
        for scale, clear in ((-1, True), (1, False)):
            network = session.parse_model("input 8 8 3; affine %d 0" % scale)
            checkpoint = self.save(session, b"cyclegan", **{role: network for role in roles})
            work.train = lambda path, seed: checkpoint
            value = row.measure(work, 1)
            self.assertEqual((value["drawn"] == 1, value["drawn"] > value["drawn_plain"]), (clear, clear), value)
            self.assertEqual(row.figures[0].met([value["clear"]]), clear, value)
            self.assertEqual([value[key] for key in ("hand", "hand_real", "hand_plain")], [clear, 1, 0])
        wrong = session.open_data('npz path="%s" image=image label=group' % self.path("x.npz"))
        self.assertRaises(AssertionError, row.hands, session, wrong, range(48, 80))

    def test_centred(self):
        self.assertEqual(hands.centred([[3, 5], [1, 1]], [1, 1]), [[2 / 20**0.5, 4 / 20**0.5], [0, 0]])

    def true_edges(self, picture, side):
        """By hand: one of the eight neighbours is darker by 64 or more."""
        def near(y, x):
            return [picture[b * side + a] for b in range(max(0, y - 1), min(side, y + 2))
                    for a in range(max(0, x - 1), min(side, x + 2))]
        return [int(picture[y * side + x] - min(near(y, x)) >= 64) for y in range(side) for x in range(side)]

    def test_edges(self):
        """A generator that changes nothing: its edges are the bright pixels."""
        source, side, count, held = random.Random(5), 6, 40, 15
        pixels = [source.choice((0, 40, 140, 250)) for _ in range(side * side * count)]
        write_idx(self.path("x"), (count, side, side), pixels)
        kept = [pixels[i:i + side * side] for i in range(0, len(pixels), side * side)][-held:]
        truth = bytes(pixel for picture in kept for pixel in self.true_edges(picture, side))
        bright = bytes(value > 127 for picture in kept for value in picture)
        network = "input 6 6 1; conv2d 1 kernel=1"
        recipe = self.write("a.recipe", "[data.x]\nidx path=x count=25 heldout=0.5 part=train\n[data.y]\n"
                            "idx path=x count=20 heldout=0.5 part=heldout transform=edges\n[trainer]\n"
                            "cyclegan\n[model.xy, model.yx, model.discriminator_x, "
                            "model.discriminator_y]\n%s\n[run]\nsteps=1\n" % network)
        session = self.session()
        models = {role: session.parse_model(network)
                  for role in ("xy", "yx", "discriminator_x", "discriminator_y")}
        for role, value in (("xy", 1), ("yx", -1)):
            self.fill(session, models[role], b"0.weight", value, 1, 1, 1, 1)
            self.fill(session, models[role], b"0.bias", 0, 1)
        checkpoint = self.save(session, b"cyclegan", **models)
        (given, known), size = edges.pictures(self.work(), session, session.load_recipe(recipe))
        self.assertEqual((metrics.above(known), list(size)), (truth, [side, side]))
        self.assertEqual(edges.translate(session, checkpoint, given, size), bright)
        right = sum(a == b for a, b in zip(bright, truth)) / len(truth)
        both = sum(a and b for a, b in zip(bright, truth))
        figures = edges.compare(bright, metrics.above(known))
        self.assertAlmostEqual(figures["agreement"], right)
        self.assertAlmostEqual(figures["f1"], 2 / (sum(bright) / both + sum(truth) / both))

    def test_digits(self):
        """Generators that turn every value make negatives, and digits of them; edges they do not make. What is
        black, or of another digit, is right where the truth is alike."""
        source, side, count = random.Random(6), 5, 20
        pixels = [source.choice((0, 0, 100, 250)) for _ in range(side * side * count)]
        write_idx(self.path("x"), (count, side, side), pixels)
        network = "input 5 5 1; conv2d 1 kernel=1"
        roles = ("xy", "yx", "discriminator_x", "discriminator_y")
        recipe = self.write("a.recipe", "[data.x]\nidx path=x heldout=0.6 part=train\n[data.y]\nidx path=x "
                            "heldout=0.3 part=heldout transform=edges\n[trainer]\ncyclegan\n[model.%s]\n%s\n"
                            % (", model.".join(roles), network))
        work, session = self.work(), self.session()
        models = {role: session.parse_model(network) for role in roles}
        for role in roles:
            self.fill(session, models[role], b"0.weight", -1, 1, 1, 1, 1)
            self.fill(session, models[role], b"0.bias", 0, 1)
        checkpoint = self.save(session, b"cyclegan", **models)
        work.recipe, work.train, work.checkpoint = (lambda _: recipe), (lambda *_: "folder"), (lambda _: checkpoint)
        (given, known), size = digits.pictures(work, session, recipe, "xy", "edges")
        self.assertEqual((list(size), len(given), len(known)), ([side, side], *[6 * side * side] * 2))
        greys = [round((value + 1) * 127.5) for value in given]
        truth = [edge for i in range(0, len(greys), 25) for edge in self.true_edges(greys[i:i + 25], side)]
        self.assertEqual(list(metrics.above(known)), truth)
        value = digits.Translated("a", digits.NEGATIVES).measure(work, 1)
        self.assertEqual(set(value.values()), {1})
        bright = [grey > 127 for grey in greys]
        value = digits.Translated("a", digits.EDGES).measure(work, 1)
        self.assertAlmostEqual(value["agreement_xy"], sum(a != b for a, b in zip(bright, truth)) / len(truth))
        self.assertAlmostEqual(value["agreement_yx"], sum(a != b for a, b in zip(truth, bright)) / len(truth))
        self.check_naive(work, session, models, given, known)
        value = digits.Black(digits.EDGES).measure(work, 1)
        self.assertAlmostEqual(value["agreement_xy"], 1 - sum(truth) / len(truth))
        self.assertAlmostEqual(value["agreement_yx"], 1 - sum(bright) / len(truth))
        self.assertEqual((value["f1_xy"], value["f1_yx"]), (0, 0))
        value = digits.RandomPairs(digits.NEGATIVES).measure(work, 1)
        self.assertEqual(value["agreement_xy"], value["agreement_yx"])
        self.assertTrue(0.4 < value["agreement_xy"] < 0.9, value)

    def check_naive(self, work, session, models, given, known):
        """What is turned is as far apart as what it was made of; one picture for all depends on nothing."""
        row = naive.Naive("a", "a", "")
        among = naive.dependence(given, known, 25)
        self.assertTrue(0.2 < among < 5, among)
        self.assertAlmostEqual(naive.dependence([2 * x for x in known], known, 25), 2)
        value = row.measure(work, 1)
        self.assertAlmostEqual(value["dependence"], among, places=5)
        self.fill(session, models["xy"], b"0.weight", 0, 1, 1, 1, 1)
        checkpoint, before = self.save(session, b"cyclegan", **models), work.checkpoint
        work.checkpoint = lambda _: checkpoint
        value = row.measure(work, 1)
        self.assertEqual((value["dependence"], value["kept"], value["f1"]), (0, 0, 0))
        work.checkpoint = before

    def test_probes(self):
        """A deep probe tells a circle from what is around it, a linear one does not; nobody tells what is alike.
        It is asked of codes that it has not learned from, as many of each domain."""
        source, session = random.Random(5), self.session()

        def ring(radius):
            angles = [source.uniform(0, 2 * math.pi) for _ in range(200)]
            return array.array("f", [radius * f(angle) for angle in angles for f in (math.cos, math.sin)])

        apart, alike = [ring(1), ring(2)], [ring(1), ring(1)]
        (learned, labels), (others, truth) = cures.halves(apart, 2, 1)
        self.assertEqual((labels, truth), ([0] * 100 + [1] * 100,) * 2)
        whole = [numbers[i:i + 2].tobytes() for numbers in apart for i in range(0, 400, 2)]
        self.assertEqual(sorted(whole), sorted(numbers[i:i + 2].tobytes() for numbers in (learned, others)
                                               for i in range(0, 400, 2)))
        told = [cures.guessed(session, cures.PROBES[network], rows, 2, 300, 1)
                for rows, network in ((apart, "deep"), (apart, "linear"), (alike, "deep"))]
        self.assertTrue(told[0] > 0.95 and 0.3 < told[1] < 0.7 and 0.3 < told[2] < 0.7, told)
        drawn = cures.draw([3] * 4000, [math.log(4)] * 4000, 1)
        self.assertTrue(abs(sum(drawn) / 4000 - 3) < 0.15)
        self.assertTrue(abs(sum((value - 3) ** 2 for value in drawn) / 4000 - 4) < 0.4)

    def coupled_row(self, row, recipe, checkpoint):
        work = self.work(quick=True)
        work.recipe, work.train, work.checkpoint = (lambda _: recipe), (lambda *_: "folder"), (lambda _: checkpoint)
        return row.measure(work, 1)

    def test_pairs(self):
        """One generator makes the negatives of the other's pictures: no pixel of a negative is wrong, while edges
        are as many as were found by hand."""
        session, count = self.session(), coupled.QUICK_PAIRS
        write_idx(self.path("x"), (4, 5, 5), bytes(100))
        recipe = self.write("a.recipe", "[data.x]\nidx path=x\n[trainer]\ncogan\n")
        texts = {"x": "input 25; reshape 5 5 1; tanh", "y": "input 25; reshape 5 5 1; affine -1 0; tanh"}
        models = {"generator_" + domain: session.parse_model(text) for domain, text in texts.items()}
        judges = {"discriminator_" + domain: session.parse_model("input 5 5 1; dense 1") for domain in texts}
        checkpoint = self.save(session, b"cogan", **models, **judges)
        row = coupled.Pairs("negatives", "negative", 0.9)
        value = self.coupled_row(row, recipe, checkpoint)
        self.assertEqual((value["agreement"], value["f1"]), (1, 1))
        self.assertTrue(0.4 < value["random"] < 0.6, value)
        values = [math.tanh(number) for number in coupled.noise(count, 25, 1)]
        greys = [int((value + 1) * 127.5 + 0.5) for value in values]
        truth = [edge for i in range(0, len(greys), 25) for edge in self.true_edges(greys[i:i + 25], 5)]
        right = sum((value < 0) == edge for value, edge in zip(values, truth)) / len(truth)
        value = self.coupled_row(coupled.Pairs("edges", "edges", 0.9), recipe, checkpoint)
        self.assertAlmostEqual(value["agreement"], right, 2)  # greys near a limit may round otherwise

    def test_conditional_pairs(self):
        """All of a picture is bright by one condition, and dark by the other or not; what is trained on is the
        pictures of both domains, told by their labels."""
        session, seen = self.session(), []
        write_idx(self.path("x"), (2, 5, 5), [0] * 25 + [200] * 25)
        recipe = self.write("a.recipe", "[data.x]\nidx path=x\n[data.y]\nidx path=x transform=negative\n"
                            "[trainer]\ncogan\n")
        generator = session.parse_model("input noise 3; input condition 2; concat from noise condition;"
                                        "dense 25 bias=no; reshape 5 5 1; tanh")
        judge = session.parse_model("input image 5 5 1; input condition 2; flatten from image; h = dense 1;"
                                    "concat from h condition; dense 1")

        def train(path, seed, settings, files):
            seen.append([os.path.basename(path), settings])
            for setting in files:
                with open(setting.partition("=")[2], "rb") as file:
                    seen[-1].append(file.read())
            return "folder"

        for sign, agreement in ((-1, 1), (1, 0)):
            weights = array.array("f", [0, 0, 0, 1, sign] * 25)
            session.good(session.library.gan_model_write(generator, b"1.weight", session.tensor(weights, 25, 5)))
            checkpoint = self.save(session, b"cgan", generator=generator, discriminator=judge)
            row = coupled.ConditionalPairs(coupled.Pairs("negatives", "negative", 0.9))
            work = self.work(quick=True)
            work.recipe, work.train, work.checkpoint = (lambda _: recipe), train, (lambda _: checkpoint)
            work.row = lambda *_: {"value": {"agreement": 0.75}}
            value = row.measure(work, 1)
            self.assertEqual((value["agreement"], value["ahead"]), (agreement, 0.75 - agreement))
        pictures = bytes(value for value in (0, 200, 255, 55) for _ in range(25))
        self.assertEqual(seen[0], ["conditional-pairs.recipe",
                                   ["data.real.hint=digits-negatives-conditional makes it"],
                                   struct.pack(">4I", 0x803, 4, 5, 5) + pictures,
                                   struct.pack(">2I", 0x801, 4) + bytes([0, 0, 1, 1])])

    def test_adapted(self):
        """Pictures are bright at the place of their class: discriminators that say so are right of one domain,
        and wrong of the other, whose labels are the next ones."""
        session, count = self.session(), coupled.QUICK_PAIRS
        labels = [7 * i % 10 for i in range(count)]
        pixels = [255 * (place == label) for label in labels for place in range(10)]
        write_idx(self.path("x"), (count, 2, 5), pixels)
        for name, shift in (("right", 0), ("wrong", 1)):
            write_idx(self.path(name), (count,), [(label + shift) % 10 for label in labels])
        recipe = self.write("a.recipe", "[data.x]\nidx path=x labels=right\n[data.y]\nidx path=x labels=wrong\n"
                            "[trainer]\ncogan labelled=x\n")
        says = "input 2 5 1; classes = flatten; score = dense 1; output score classes"
        models = {"%s_%s" % (role, domain): session.parse_model(text) for domain in "xy" for role, text in
                  (("discriminator", says), ("generator", "input 3; dense 10; reshape 2 5 1"))}
        checkpoint = self.save(session, b"cogan labelled=x", **models)
        for new, known, right in (("x", "y", 1), ("y", "x", 0)):
            value = self.coupled_row(coupled.Adapted("mnist-usps-cogan", known, new, 0.9), recipe, checkpoint)
            self.assertEqual(value, {"right": right, "known": 1 - right})

    def test_order(self):
        """What PyTorch is given is what the recipe's own networks draw, epoch for epoch."""
        for row in reconstruction.ROWS:
            work = self.work()
            path, session = work.recipe(row.recipe), library.Session(work.library, "threads=1 seed=5")
            self.addCleanup(session.close)
            trainer = session.make("trainer", "gan_recipe_trainer",
                                   session.load_recipe(path, ["context.seed=5", "run.batch=4"]),
                                   session.context, None)
            data, drawn = session.log_draws(6, 28, 28)
            session.good(session.library.gan_trainer_set_data(trainer, b"real", data))
            for _ in range(3):
                session.good(session.library.gan_trainer_step(trainer))
            order = beside.order(work, path, 5, row.smallest, 6, 12)
            self.assertEqual(order, drawn[:12])
            self.assertEqual([sorted(order[:6]), sorted(order[6:])], [list(range(6))] * 2)
            self.assertNotEqual(beside.order(work, path, 6, row.smallest, 6, 12), order)

    def test_held_out(self):
        write_idx(self.path("x"), (40, 1, 1), range(40))
        session = self.session()

        def open_recipe(*options):
            feeds = "".join("[data.%s]\nidx path=x %s\n" % pair for pair in zip("xy", options))
            text = feeds + "[trainer]\ncyclegan\n[model.xy, model.yx, model.discriminator_x, " \
                "model.discriminator_y]\ninput 1 1 1; dense 1\n"
            return session.load_recipe(self.write("b.recipe", text))

        def pictures(pair):
            return {round((v + 1) * 127.5) for v in session.read(pair[0], "image", pair[1])}

        for x, y, left in (("count=30", "count=30", 10), ("heldout=0.25", "heldout=0.25", 10),
                           ("count=20 heldout=0.5", "count=20 heldout=0.5", 20),
                           ("heldout=0.6", "heldout=0.45 part=heldout", 6), ("heldout=0.5", "heldout=0.25", 10)):
            recipe = open_recipe(x, y + " transform=negative")
            *known, unseen = (pictures(pair) for pair in (
                rows.seen(session, recipe, "x"), rows.seen(session, recipe, "y"),
                rows.held_out(self.work(), session, recipe, "x", "y")))
            self.assertFalse((known[0] | known[1]) & unseen)
            self.assertEqual(len(unseen), left)
        for options in (("", ""), ("count=30", ""), ("heldout=0.5", "heldout=0.5 part=heldout"),
                        ("heldout=0.4", "heldout=0.6 part=heldout"), ("heldout=0.5 part=all", "heldout=0.5"),
                        ("count=40", "count=40")):
            with self.assertRaisesRegex(library.Failure, "holds out no examples of the feed x or y"):
                rows.held_out(self.work(), session, open_recipe(*options), "x", "y")


class Caches(Folder):
    def test_once(self):
        library_file = self.write("lib", "a")
        calls = []

        def measure(value):
            calls.append(value)
            return {"x": value}

        def once(value, **identity):
            made = cache.Cache(self.path("cache"), library_file)
            return made.once("rows", "r", identity, lambda: measure(value))

        first = once(1, seed=1)
        self.assertEqual((first["value"], once(2, seed=1)), ({"x": 1}, first))
        self.assertEqual(first["commit"], cache.commit())
        self.assertEqual(first["identity"]["machine"], cache.machine())
        self.assertRegex(first["date"], r"^\d{4}-\d\d-\d\d$")
        once(3, seed=2)
        self.write("lib", "b")
        once(4, seed=1)
        self.assertEqual(calls, [1, 3, 4])
        newest = cache.Cache(self.path("cache"), library_file).newest("rows", seed=1)
        self.assertEqual(newest["value"], {"x": 4})
        for name in os.listdir(self.path("cache", "rows")):
            with open(self.path("cache", "rows", name), "r+") as file:
                file.truncate(9)
        once(5, seed=2)
        self.assertEqual(calls, [1, 3, 4, 5])
        with self.assertRaises(KeyError):
            cache.Cache(self.path("cache"), library_file).once("rows", "r", {"seed": 9}, lambda: {}["x"])
        once(6, seed=9)
        self.assertEqual(calls[-1], 6)

    def test_training(self):
        """One that was interrupted is taken up again, one that has ended is not."""
        work, calls = self.work(), []
        recipe = self.write("a.recipe", "")
        work.command = lambda *words: calls.append(words) or (len(calls) == 1 and 1 / 0)
        self.assertRaises(ZeroDivisionError, work.train, recipe, 3)
        folders = {work.train(recipe, 3), work.train(recipe, 3)}
        self.assertEqual((len(calls), len(folders), calls[0]), (2, 1, calls[1]))
        work.train(recipe, 4)
        work.train(recipe, 3, ("trainer.cycle=0",))
        self.assertEqual(len(calls), 4)
        self.assertIn("trainer.cycle=0", calls[3])
        self.write("a.recipe", "# changed")
        work.train(recipe, 3)
        self.assertEqual(len(calls), 5)


    def test_recipe(self):
        """A row is measured anew where a recipe has changed that it, or the row beside it, trained by."""
        work, calls = self.work(), []
        work.command = lambda *words: None
        recipe = self.write("a.recipe", "")

        class Trained(rows.Row):
            name = "trained"

            def measure(self, work, seed):
                calls.append(seed)
                return {"folder": work.train(recipe, seed)}

        class Beside(rows.Row):
            name = "beside"

            def measure(self, work, seed):
                return {"folder": work.row(Trained(), seed)["value"]["folder"]}

        first = [work.row(Beside(), 1)["value"]["folder"] for _ in range(2)]
        self.assertEqual((first[0], calls), (first[1], [1]))
        self.write("a.recipe", "# changed")
        self.assertNotEqual(work.row(Beside(), 1)["value"]["folder"], first[0])
        self.assertEqual(calls, [1, 1])


class Tables(Folder):
    def test_place(self):
        text = "a\n%s\nold\n%s\nb\n" % (table.BEGIN, table.END)
        made = table.place(text, "| `x` | y |\n")
        self.assertEqual(made, "a\n%s\n| `x` | y |\n%s\nb\n" % (table.BEGIN, table.END))
        self.assertEqual((table.place(made, "| `x` | y |\n"), table.names(made)), (made, ["x"]))
        for bad in ("", text + text, table.END + table.BEGIN):
            self.assertRaises(ValueError, table.place, bad, "")

    def test_readme(self):
        with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
            self.assertEqual(table.names(file.read()), [row.name for row in ROWS])


class Command(Folder):
    def call(self, *words, build=BUILD):
        """Exit code, standard output, standard error."""
        done = subprocess.run([sys.executable, COMMAND, build, "--cache", self.path("cache"), *words],
                              capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return json.load(file) if name.endswith("json") else file.read()

    def test_quick(self):
        words = ("--quick", "--without", "torch", "--threads", "1", "--json", self.path("a.json"))
        code, out, err = self.call(*words)
        self.assertEqual(code, 0, err)
        made = self.read("a.json")["rows"]
        self.assertEqual([row["name"] for row in made], [row.name for row in ROWS])
        by_name = {row.name: row for row in ROWS}
        skipped = [row.name for row in ROWS if row.missing("torch")]
        self.assertEqual([row["name"] for row in made if row["skipped"]], skipped)
        self.assertEqual({row["skipped"] for row in made if "torch" in by_name[row["name"]].modules},
                         {"needs torch"})
        self.assertTrue(err.endswith("%d rows: 0 missed, 0 failed, %d skipped\n" % (len(ROWS), len(skipped))))
        wide = ["ecg", "gan-frechet", "fashion-best", "objectives",  # their figures are no shares
                *(row.name for row in points.ROWS + clothes.ROWS)]
        for row in made:
            self.assertIn("| `%s` | " % row["name"], out)
            self.assertEqual(len(row["seeds"]), row["name"] not in skipped)
            for seed in row["seeds"]:
                if row["name"] not in wide:
                    self.assertTrue(all(-1 <= x <= 1 for key, x in seed["value"].items()
                                        if key not in ("samples", "trained") and "sec" not in key))
                for name, known in seed["value"]["trained"].items():
                    self.assertEqual(cache.checksum(os.path.join(SOURCE, name)), known)
                self.assertEqual((seed["machine"], seed["commit"]), (cache.machine(), cache.commit()))
        self.check_values({row["name"]: row["figures"] for row in made})
        self.check_resumed(words, made)

    def check_values(self, figures):
        """Of two steps: what needs no training is known, the rest is a number of an untrained net."""
        work = self.work(quick=True)
        with work.session() as session:
            recipe = session.load_recipe(work.recipe(edges.RECIPE))
            (_, truth), _ = edges.pictures(work, session, recipe)
        share = sum(value > 0 for value in truth) / len(truth)
        self.assertAlmostEqual(figures["edges-ground"]["agreement"]["mean"], 1 - share)
        self.assertEqual(figures["edges-ground"]["f1"]["mean"], 0)
        self.assertTrue(0 < figures["edges-random"]["f1"]["mean"] < 0.9)
        nearer = figures["cgan-no-mismatch"]
        distance = abs(figures["cgan"]["auc"]["mean"] - 0.5) - abs(nearer["auc"]["mean"] - 0.5)
        self.assertAlmostEqual(nearer["nearer"]["mean"], distance)
        self.assertIsNone(nearer["nearer"]["low"])

    def check_resumed(self, words, before):
        runs = os.listdir(self.path("cache", "runs"))
        fetched = (structured.Electrocardiogram, digits.Translated, naive.Naive, coupled.Fetched, hands.Hands)
        beside = coupled.ConditionalPairs  # of the same recipe's pictures, by one of its own
        trained = 16 + len({(row.recipe, getattr(row, "settings", ()), isinstance(row, beside)) for row in ROWS
                            if isinstance(row, fetched) and row.missing() is None})
        self.assertEqual(len([name for name in runs if name.endswith(".json")]), trained)
        (lost,) = [name for name in os.listdir(self.path("cache", "rows"))
                   if name.startswith("cgan-no-mismatch-")]
        os.remove(self.path("cache", "rows", lost))
        code, _, err = self.call(*words)
        self.assertEqual(code, 0, err)
        self.assertNotRegex(err, "(?m)^  training ")
        after = self.read("a.json")["rows"]
        for old, new in zip(before, after):
            if old["name"] == "cgan-no-mismatch":
                self.assertNotEqual(old["seconds"], new["seconds"])
                self.assertEqual(old["figures"], new["figures"])
            else:
                self.assertEqual(old, new)

    def measured(self, row, **value):
        """A measurement of some other commit."""
        os.makedirs(self.path("cache", "rows"), exist_ok=True)
        identity = {"row": row, "seed": 1, "quick": False, "machine": "another"}
        self.write("cache/rows/%s-1.json" % row, json.dumps(
            {"identity": identity, "commit": "abc", "date": "2001-02-03", "seconds": 200, "value": value}))

    def test_goals(self):
        self.measured("cgan", auc=0.95)
        self.measured("edges-ground", agreement=0.1, f1=0)
        readme = self.write("README.md", table.BEGIN + "\n" + table.END + "\n")
        words = ("--cached", "--markdown", self.path("a.md"), "--readme", readme)
        code, out, err = self.call(*words)
        self.assertEqual((code, out), (0, ""), err)
        self.assertTrue(err.endswith("%d rows: 0 missed, 0 failed, %d skipped\n" % (len(ROWS), len(ROWS) - 2)))
        line = "| `cgan` | %s | AUC at least 0.900 | %sAUC %s | 1 | 3 min | 2001-02-03 abc |\n"
        self.assertIn(line % (condition.OneScore.title, "", "0.950"), self.read("a.md"))
        self.assertEqual(self.read("README.md"), table.BEGIN + "\n" + self.read("a.md") + table.END + "\n")
        self.measured("cgan", auc=0.85)
        code, _, err = self.call(*words)
        self.assertEqual(code, 1)
        self.assertIn("%d rows: 1 missed, 0 failed" % len(ROWS), err)
        self.assertIn(line % (condition.OneScore.title, "**missed**: ", "0.850"), self.read("README.md"))

    @staticmethod
    def end(process):
        """Whatever became of the test, nothing goes on training."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def test_interrupt(self):
        """Ctrl-C while a row trains: the training is saved, nothing counts as measured."""
        process = subprocess.Popen([sys.executable, COMMAND, BUILD, "ring-gan", "--cache", self.path("cache")],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   start_new_session=True,  # a shell's background has no SIGINT
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.addCleanup(self.end, process)
        log, end = None, time.monotonic() + 120
        while not log or not os.path.getsize(log):
            self.assertLess(time.monotonic(), end, "waited too long")
            time.sleep(0.01)
            log = next(iter(glob.glob(self.path("cache", "runs", "*", "log.jsonl"))), None)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=120)
        self.assertEqual((process.returncode, out), (130, ""), err)
        self.assertTrue(err.endswith("interrupted: the same command goes on from here\n"), err)
        folder = os.path.dirname(log)
        self.assertTrue(os.path.exists(os.path.join(folder, "checkpoint.safetensors")))
        with open(folder + ".json") as file:
            done = json.load(file)
        self.assertEqual((done["whole"], done["seconds"] > 0), (False, True))
        self.assertEqual(os.listdir(self.path("cache", "rows")), [])

    def test_failure(self):
        """A row that fails is told; the others are made."""
        build = self.path("build")
        os.mkdir(build)
        os.symlink(library_path(), os.path.join(build, "libgan.so"))
        os.chmod(self.write("build/gan", "#!/bin/sh\necho no such luck >&2\nexit 3\n"), 0o755)
        words = ("cgan", "edges-random", "--quick", "--json", self.path("a.json"))
        code, out, err = self.call(*words, build=build)
        self.assertEqual(code, 1)
        self.assertIn("**failed**: gan train ended with 3: no such luck", out)
        self.assertTrue(err.endswith("2 rows: 0 missed, 1 failed, 0 skipped\n"), err)
        cgan, edge = self.read("a.json")["rows"]
        self.assertEqual((cgan["seeds"], len(edge["seeds"])), ([], 1))
        code, _, err = self.call("cgam")
        self.assertEqual(code, 2)
        self.assertIn("no row is called cgam", err)


def library_path():
    return rows.program(BUILD, "libgan.so", "libgan.dylib")


def main():
    loader = unittest.defaultTestLoader
    tests = loader.loadTestsFromNames(sys.argv[3:], this) if sys.argv[3:] else loader.loadTestsFromModule(this)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(tests)
    failed = len(result.failures) + len(result.errors)
    print("%d passed, %d failed" % (result.testsRun - failed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
