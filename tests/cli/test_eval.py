"""gan eval: samples of a run beside held-out pictures, two sets of pictures, and what can go wrong."""

import json
import math
import os
import random
import shutil
import struct
import unittest

import case
from case import *

SIDE, CLASSES = 12, 3
LABELLED = RECIPE.replace(
    "idx path=pictures.idx", "idx path=pictures.idx labels=labels.idx heldout=0.25"
)
CONDITIONS = """[context]
seed=3 threads=1

[model.generator]
input noise 5
input condition 3
concat from condition noise; dense 24; leaky_relu 0.2; dense 144; tanh; reshape 12 12 1

[model.discriminator]
input image 12 12 1
input condition 3
h = dense 16 from image
concat from h condition; leaky_relu 0.2; realness = dense 1
output realness

[data.real]
idx path=pictures.idx labels=labels.idx

[trainer]
cgan

[run]
steps=6 batch=8
sample_every=0 save_every=0 log_every=0 samples=4
"""


CYCLE = cycle_recipe("steps=4 batch=2", "save_every=0 log_every=0 samples=4")
AE = """[context]
seed=3 threads=1

[model.encoder]
input 12 12 1
conv2d 1 kernel=1 bias=no init=ones

[model.decoder]
input 12 12 1
conv2d 1 kernel=1 bias=no init=ones

[data.real]
idx path=pictures.idx

[trainer]
autoencoder loss=l2

[optimizer.autoencoder]
sgd lr=1e-12

[run]
steps=1 batch=8
sample_every=0 save_every=0 log_every=0 samples=4
"""


VECTORS = CONDITIONS.replace("labels=labels.idx", "vectors=vectors.npy").replace(
    "idx path=pictures.idx", "npy path=pictures.npy"
)
PACKED = """[context]
seed=3 threads=1

[model.generator]
input 4
dense 72; tanh; reshape 6 12 1

[model.discriminator]
input 6 12 2
conv2d 1 kernel=1 bias=no init=ones

[data.real]
npy path=%s

[trainer]
gan pack=2

[optimizer.discriminator]
sgd lr=0

[run]
steps=1 batch=8
sample_every=0 save_every=0 log_every=0 samples=4
"""


def bars(count, seed):
    """Pictures with a bar across, upright or on the diagonal, and which of these."""
    source, pixels = random.Random(seed), b""
    for i in range(count):
        place, kind = source.randrange(SIDE), i % CLASSES
        for y in range(SIDE):
            for x in range(SIDE):
                on = (y, x, (x + y) % SIDE)[kind] == place
                pixels += bytes([source.randrange(40, 80) + 120 * on])
    return pixels, [i % CLASSES for i in range(count)]


def write_bars(count=120):
    pixels, labels = bars(count, 1)
    with open("pictures.idx", "wb") as file:
        file.write(struct.pack(">4B3I", 0, 0, 8, 3, count, SIDE, SIDE) + pixels)
    with open("labels.idx", "wb") as file:
        file.write(struct.pack(">4BI", 0, 0, 8, 1, count) + bytes(labels))


def write_npy(path, kind, shape, data):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }"
    header %= (kind, ", ".join(map(str, shape)) + "," * (len(shape) == 1))
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + data)


class Eval(Case):
    def setUp(self):
        super().setUp()
        write_bars()

    def train(self, recipe):
        write_text("e.recipe", recipe)
        self.good("train", "e.recipe", "--out", "run")

    def json(self, *words):
        code, out, err = self.gan("eval", *words, "--json")
        self.assertEqual(code, 0, err)
        return json.loads(out), err

    def refuse(self, code, message, *words):
        self.bad(code, "gan eval: " + message, "eval", *words)

    def test_run_with_labels(self):
        self.train(LABELLED)
        found, said = self.json("run", "--threads", "2")
        self.assertEqual(said, "gan eval: training a judge on 90 pictures\n")
        self.assertEqual((found["samples"]["count"], found["route"]), (30, "noise > image"))
        self.assertEqual((found["reference"]["count"], found["real"]["count"]), (90, 30))
        self.assertFalse(found["real_was_seen"])
        self.assertTrue(found["reference"]["source"].endswith("/pictures.idx"))
        features = found["features"]
        self.assertEqual((features["width"], features["accuracy_count"]), (128, 30))
        self.assertEqual(features["examples"], found["reference"]["examples"])
        self.assertTrue(features["examples"].startswith("90 "))
        made, real = found["figures"]["samples"], found["figures"]["real"]
        self.assertLess(4 * real["frechet"], made["frechet"])
        self.assertGreater(real["precision"], 0.5)
        self.assertGreater(real["score"], 2)
        self.assertIsNone(made["agreement"])
        # The same bits, whatever the threads, and the judge that was kept.
        judge = os.stat("run/judge-real.safetensors").st_mtime_ns
        again, said = self.json("run", "--threads", "1")
        self.assertEqual((again, said), (found, ""))
        os.remove("run/judge-real.safetensors")
        self.assertEqual(self.json("run", "--threads", "3")[0], found)
        self.assertNotEqual(os.stat("run/judge-real.safetensors").st_mtime_ns, judge)
        text = self.good("eval", "run")
        self.assertIn("held out:  30 of ", text)
        self.assertRegex(text, r"\nFrechet distance \(0 is best\) +%.6g +%.6g\n"
                         % (made["frechet"], real["frechet"]))
        other = self.json("run", "--seed", "2")[0]["figures"]
        self.assertEqual(other["real"], real)
        self.assertNotEqual(other["samples"], made)

    def test_judge_of_other_pictures(self):
        self.train(LABELLED)
        self.json("run")
        shutil.copy("run/judge-real.safetensors", "kept.safetensors")
        pixels, labels = bars(120, 2)
        with open("pictures.idx", "wb") as file:
            file.write(struct.pack(">4B3I", 0, 0, 8, 3, 120, SIDE, SIDE) + pixels)
        found, said = self.json("run")
        self.assertIn("training a judge", said)
        kept, said = self.json("run", "--judge", "kept.safetensors")
        self.assertEqual(said, "")
        self.assertNotEqual(kept["features"]["examples"], found["features"]["examples"])

    def test_classes(self):
        self.train(CONDITIONS)
        found, _ = self.json("run", "--count", "31")
        self.assertEqual(found["samples"]["count"], 33)  # as many of each class
        self.assertTrue(found["real_was_seen"])
        made, real = found["figures"]["samples"], found["figures"]["real"]
        self.assertEqual(real["agreement"], found["features"]["accuracy"])
        self.assertLess(made["agreement"], 0.8)
        self.assertGreater(made["diversity"], made["diversity_least"])
        one, _ = self.json("run", "--condition", "1", "--count", "8")
        self.assertEqual(one["samples"]["count"], 8)
        self.assertIsNotNone(one["figures"]["samples"]["agreement"])
        self.assertEqual(one["figures"]["real"]["diversity"], real["diversity"])  # within a class

    def test_vectors_are_those_of_held_out_examples(self):
        """A generator that shows its condition: each held-out vector is in one sample."""
        pixels, labels = bars(60, 1)
        write_npy("pictures.npy", "|u1", (60, SIDE, SIDE, 1), pixels)
        vectors = [(i * j % 7) / 7 for i in range(60) for j in (1, 2, 3)]
        write_npy("vectors.npy", "<f4", (60, 3), struct.pack("<180f", *vectors))
        text = VECTORS.replace("concat from condition noise; dense 24; leaky_relu 0.2; dense 144; tanh",
                               "k = dense 144 bias=no init=ones from condition; "
                               "z = dense 144 bias=no init=zeros from noise; add from k z; affine 0.3 -0.9")
        frozen = "[optimizer.generator]\nsgd lr=1e-12\n\n[run]"
        self.train(text.replace("vectors=vectors.npy", "vectors=vectors.npy heldout=0.2")
                   .replace("[run]", frozen))
        found, _ = self.json("run")
        self.assertEqual((found["samples"]["count"], found["real"]["count"]), (12, 12))
        self.assertFalse(found["real_was_seen"])
        self.assertIsNotNone(found["scores"][0]["heldout"])
        # Samples of the same conditions, by the command.
        write_text("s.recipe", text)
        for count, samples in (("5", 5), ("12", 12), ("13", 24)):
            self.assertEqual(self.json("run", "--count", count)[0]["samples"]["count"], samples)
        given, _ = self.json("run", "--condition", "vectors.npy:3", "--count", "8")
        self.assertEqual(given["samples"]["count"], 8)
        self.assertEqual(given["figures"]["samples"]["diversity"], 0)
        self.assertGreater(found["figures"]["samples"]["diversity"], 0.1)

    def test_scores(self):
        """A discriminator that adds up two pictures side by side, as they are packed."""
        values = [((7 * i) % 64) / 63 * 2 - 1 for i in range(20 * 72)]
        write_npy("p.npy", "<f4", (20, 6, 12, 1), struct.pack("<1440f", *values))
        for options, seen in (("", True), (" heldout=0.2", False)):
            write_text("p.recipe", PACKED % ("p.npy" + options))
            self.good("train", "p.recipe", "--out", "p" + options.strip())
            found, _ = self.json("p" + options.strip(), "--count", "9")
            (score,) = found["scores"]
            self.assertEqual((score["route"], score["heldout"] is None), ("image > score", seen))
            self.good("sample", "p" + options.strip(), "--count", "8", "--float", "--out", "s.npy")
            made = read_codes("s.npy")[1]
            self.assertAlmostEqual(score["samples"], 2 * sum(made) / len(made), 5)
            self.assertAlmostEqual(score["training"], 2 * sum(values) / len(values), 1)
            if not seen:
                share = score["training"] - score["heldout"]
                share /= score["training"] - score["samples"]
                self.assertAlmostEqual(score["overfitting"], share)
                text = self.good("eval", "p" + options.strip(), "--count", "9")
                self.assertRegex(text, r"\nmean score +samples +held-out +training\nimage > score +%.6g "
                                 % score["samples"])

    def test_scores_of_classes_beside_vectors(self):
        """Data may have vectors as well, where the networks are told classes."""
        write_bars()
        write_npy("v.npy", "<f4", (120, 2), bytes(960))
        write_npy("p.npy", "|u1", (120, SIDE, SIDE), bars(120, 1)[0])
        write_npy("l.npy", "|u1", (120,), bytes(bars(120, 1)[1]))
        data = "npy path=p.npy labels=l.npy heldout=0.25"
        text = CONDITIONS.replace("idx path=pictures.idx labels=labels.idx", data)
        write_text("l.recipe", text)
        write_text("b.recipe", text.replace(data, data + " vectors=v.npy"))
        scores = []
        for name in "lb":
            self.good("train", name + ".recipe", "--out", name)
            scores.append(self.json(name, "--count", "9")[0]["scores"])
        self.assertTrue(math.isfinite(scores[0][0]["heldout"]))
        self.assertEqual(scores[0], scores[1])

    def test_run_without_labels(self):
        self.train(RECIPE)
        found, said = self.json("run")
        self.assertEqual(said, "")
        self.assertTrue(found["features"]["pixels"])
        self.assertEqual(found["features"]["size"], [12, 12, 1])
        self.assertEqual((found["reference"]["count"], found["real"]["count"]), (108, 12))
        self.assertFalse(os.path.exists("run/judge-real.safetensors"))
        spec = "idx path=pictures.idx labels=labels.idx"
        judged, said = self.json("run", "--reference", spec)
        self.assertIn("training a judge on 108 pictures", said)
        self.assertEqual(judged["reference"]["source"], spec)
        self.assertEqual(judged["reference"]["count"], 120)
        self.assertFalse(judged["features"]["pixels"])
        product, _ = self.json("run/generator.safetensors", "--reference", spec, "--count", "9")
        self.assertEqual(product["samples"]["count"], 9)
        self.assertNotIn("real", product)

    def test_translations(self):
        """What is made of held-out pictures of x, beside held-out pictures of y, against others of y."""
        labelled = CYCLE.replace("idx path=pictures.idx", "idx path=pictures.idx labels=labels.idx")
        write_text("c.recipe", labelled)
        self.good("train", "c.recipe", "--out", "run")
        self.refuse(2, "run: more than one route of it makes pictures; choose with --from, --to or "
                       "--route: 'x > y > x', 'x > y', 'y > x', 'y > x > y'", "run")
        self.refuse(2, "--route goes without --from and --to", "run", "--route", "x > y", "--to", "y")
        found, said = self.json("run", "--from", "x", "--to", "y")
        self.assertEqual(said, "gan eval: training a judge on 108 pictures\n")
        self.assertEqual((found["route"], found["samples"]["count"]), ("x > y", 12))
        self.assertTrue(os.path.exists("run/judge-y.safetensors"))
        self.assertIsNotNone(found["figures"]["samples"]["agreement"])
        back, said = self.json("run", "--route", "x > y > x", "--count", "7")
        self.assertEqual((said, back["samples"]["count"]), (
            "gan eval: training a judge on 108 pictures\n", 7))
        self.assertEqual(self.json("run", "--from", "x", "--to", "y"), (found, ""))
        self.refuse(2, "run/xy.safetensors translates: translate pictures with it, and give the two "
                       "folders", "run/xy.safetensors", "--reference", "idx path=pictures.idx")

    def test_translations_are_those_of_the_command(self):
        """A network that does nothing: what is held out of x, against all others and beside itself."""
        write_text("c.recipe", AE)
        self.good("train", "c.recipe", "--out", "run")
        found, _ = self.json("run")
        self.assertEqual(found["route"], "image > code > image")
        self.assertEqual(found["samples"]["count"], 12)
        same, real = found["figures"]["samples"], found["figures"]["real"]
        for key in ("frechet", "kid", "precision", "recall"):
            self.assertAlmostEqual(same[key], real[key], 3)

    def test_folders_and_arrays(self):
        self.train(RECIPE)
        self.good("sample", "run", "--count", "20", "--out", "a.npy")
        for name, seed in (("left", 1), ("right", 2)):
            os.mkdir(name)
            pixels = bars(15, seed)[0]
            for i in range(15):
                write_png("%s/%d.png" % (name, i), SIDE, SIDE, 1, pixels[i * 144 : i * 144 + 144])
        same, _ = self.json("left", "left")
        self.assertEqual((same["samples"]["count"], same["reference"]["source"]), (15, "left"))
        figures = same["figures"]["samples"]
        self.assertLess(figures["frechet"], 1e-9)
        self.assertEqual((figures["precision"], figures["recall"]), (1, 1))
        near, far = self.json("left", "right")[0], self.json("a.npy", "right")[0]
        self.assertLess(near["figures"]["samples"]["frechet"], far["figures"]["samples"]["frechet"])
        spec, _ = self.json("left", "--reference", "idx path=pictures.idx", "--count", "10")
        self.assertEqual((spec["samples"]["count"], spec["reference"]["count"]), (10, 120))

    def test_pictures_class_after_class(self):
        """Some of them are of all classes: a quarter of the pictures is like the rest."""
        for light in range(4):
            os.makedirs("two/%d" % light)
            for i in range(20):
                pixels = bytes(60 * light + random.Random(i).randrange(20) for _ in range(36))
                write_png("two/%d/%02d.png" % (light, i), 6, 6, 1, pixels)
        whole, _ = self.json("two", "two")
        some, _ = self.json("two", "two", "--most", "20")
        few, _ = self.json("two", "two", "--count", "20")
        self.assertEqual((some["reference"]["count"], few["samples"]["count"]), (20, 20))
        self.assertLess(abs(whole["figures"]["samples"]["frechet"]), 1e-9)
        for found in (some, few):  # of the darkest alone it is some 30
            self.assertLess(found["figures"]["samples"]["frechet"], 1)
        rows = struct.pack("<80f", *[i // 20 for i in range(80)])
        write_npy("rows.npy", "<f4", (80, 1), rows)
        some, _ = self.json("rows.npy", "rows.npy", "--count", "8")
        self.assertLess(some["figures"]["samples"]["frechet"], 0.3)  # of the first ones 3.5

    def test_names_that_are_no_text(self):
        name = os.fsdecode(b"\xc3\xa4\xff\xed\xa0\x80\"\x01")
        os.mkdir(name)
        for i in range(4):
            write_png(os.path.join(name, "%d.png" % i), 6, 6, 1, random.Random(i).randbytes(36))
        run = case.subprocess.run([case.GAN, "eval", name, name, "--json"], capture_output=True, timeout=LIMIT)
        self.assertEqual(run.returncode, 0)
        found = json.loads(run.stdout.decode())["reference"]["source"]
        self.assertEqual(found, "\xe4" + 4 * "\ufffd" + "\"\x01")

    def test_large_pictures_are_shrunk(self):
        os.mkdir("large")
        for i in range(4):
            write_png("large/%d.png" % i, 90, 30, 3, random.Random(i).randbytes(90 * 30 * 3))
        found, _ = self.json("large", "large")
        self.assertEqual(found["features"]["size"], [15, 45, 3])

    def test_rows(self):
        """Points, codes: the figures are those of the closed form."""
        a = [x for i in range(8) for x in (i & 1, 2 * (i >> 1 & 1))]
        b = [x + 3 for x in a]
        for name, rows in (("a.npy", a), ("b.npy", b)):
            write_npy(name, "<f4", (8, 2), struct.pack("<16f", *rows))
        found, _ = self.json("a.npy", "b.npy")
        self.assertEqual(found["features"], {"rows": True})
        self.assertTrue(math.isclose(found["figures"]["samples"]["frechet"], 18, rel_tol=1e-12))
        self.assertEqual(found["figures"]["samples"]["recall"], 0)
        write_npy("wide.npy", "<f4", (4, 4), struct.pack("<16f", *a))
        self.refuse(3, "gan_metric_add: rows of 'real' have 4 numbers, those of 'fake' 2",
                    "a.npy", "wide.npy")
        found, _ = self.json("a.npy", "b.npy", "--count", "5", "--most", "6")
        self.assertEqual((found["samples"]["count"], found["reference"]["count"]), (5, 6))
        write_npy("c.npy", "<f4", (5, 2), struct.pack("<10f", *a[:10]))
        write_npy("d.npy", "<f4", (6, 1, 1, 2), struct.pack("<12f", *b[:12]))
        self.assertEqual(self.json("c.npy", "d.npy")[0]["figures"], found["figures"])
        write_npy("none.npy", "<f4", (0, 2), b"")
        write_npy("one.npy", "<f4", (1, 2), bytes(8))
        need = ": figures need two samples at least, there "
        self.refuse(3, "none.npy" + need + "are 0", "none.npy", "b.npy")
        self.refuse(3, "one.npy" + need + "is 1", "a.npy", "one.npy")
        self.refuse(3, "nowhere: no such file or folder", "a.npy", "nowhere")
        write_npy("p.npy", "|u1", (2, 3, 3), bytes(18))
        self.refuse(3, "a.npy holds rows, and p.npy does not", "a.npy", "p.npy")

    def test_refused(self):
        self.train(RECIPE)
        os.mkdir("empty")
        self.refuse(2, "empty is no run; give a second folder or .npy file, or --reference SPEC",
                    "empty")
        self.refuse(2, "give B, or --reference SPEC, one of them", "run", "run", "--reference", "x")
        self.refuse(2, "--count is '1'; it must be a whole number from 2 to 16777216", "run",
                    "--count", "1")
        self.refuse(2, "run/generator.safetensors is not the folder of a run, which knows its data: "
                       "give --reference SPEC", "run/generator.safetensors")
        self.refuse(3, "--judge none: there is no such file, and no data with labels to train a "
                       "judge on", "run", "--judge", "none")
        self.refuse(3, "run/generator.safetensors: it is no judge, a network from pictures to "
                       "'features' and 'logits'", "run", "--judge", "run/generator.safetensors")
        self.refuse(3, "empty: no picture in it: no .png, .jpg, .pnm, .pam", "empty", "empty")
        self.refuse(3, "nowhere: no such file or folder", "nowhere", "empty")
        for operands in (("empty", "run"), ("run", "empty"), ("run/generator.safetensors", "empty")):
            self.refuse(2, "%s is a run: it is compared with its own data, or with --reference SPEC"
                        % operands[operands[0] == "empty"], *operands)
        self.good("train", "e.recipe", "--out", "few", "--set", "data.real.count=10")
        self.refuse(3, "few: figures need two samples at least, there is 1; --count N says how many", "few")
        os.remove("pictures.idx")
        code, out, err = self.gan("eval", "run")
        self.assertEqual((code, out), (3, ""))
        self.assertIn("pictures.idx", err)


if __name__ == "__main__":
    main()
