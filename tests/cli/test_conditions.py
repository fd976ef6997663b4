"""gan sample with conditions: classes by name and number, vectors, grids, ways between them."""

import os
import random
import shutil
import struct
import unittest

import case
from case import *

SIDE, SIZE, CODE, CLASSES = 12, 12 * 12, 5, 4
NAMES = ["boot", "bag, small", "dress", "7"]

CGAN = """[context]
seed=3 threads=1

[model.generator]
input noise 5
input condition 4
concat from condition noise
dense 24; batchnorm; leaky_relu 0.2
dense 144; tanh
reshape 12 12 1

[model.discriminator]
input image 12 12 1
input condition 4
h = dense 16 from image
concat from h condition
leaky_relu 0.2
realness = dense 1
output realness

[data.real]
idx path=pictures.idx labels=labels.idx names=names.txt

[trainer]
cgan average=0.9

[run]
steps=12 batch=8
sample_every=0 save_every=5 log_every=0 samples=20
"""
EMBEDDED = CGAN.replace("input condition 4", "input condition 1", 1).replace(
    "concat from condition noise", "e = embedding 4 6 from condition; concat from e noise"
)
EMBEDDED = EMBEDDED.replace("input condition 4", "input condition 1").replace(
    "concat from h condition", "e = embedding 4 6 from condition; concat from h e"
)
VECTORS = (
    CGAN.replace("input condition 4", "input condition 3")
    .replace("idx path=pictures.idx labels=labels.idx names=names.txt", "npy path=p.npy vectors=v.npy")
)


def write_labels(path, labels):
    with open(path, "wb") as file:
        file.write(struct.pack(">4BI", 0, 0, 8, 1, len(labels)) + bytes(labels))


def write_npy(path, kind, shape, values):
    """kind: a letter of struct and NumPy's type, "f" and "<f4"."""
    letter, name = kind
    sizes = "(%s,)" % ", ".join(map(str, shape)) if len(shape) == 1 else "(%s)" % ", ".join(map(str, shape))
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (name, sizes)
    header += " " * (-(len(header) + 11) % 64) + "\n"
    data = struct.pack("<%d%s" % (len(values), letter), *values)
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + data)


FLOAT, BYTE, LONG = ("f", "<f4"), ("B", "|u1"), ("q", "<i8")


class Conditions(Case):
    recipe = CGAN

    def setUp(self):
        super().setUp()
        write_labels("labels.idx", [i % CLASSES for i in range(50)])
        write_text("names.txt", "\n".join(NAMES) + "\n")
        write_text("c.recipe", self.recipe)

    def train(self, out, *words):
        self.good("train", "c.recipe", "--out", out, *words)

    def array(self, *words):
        self.good("sample", *words, "--out", "x.npy")
        shape, pixels = read_npy("x.npy")
        return [pixels[i : i + SIZE] for i in range(0, len(pixels), SIZE)]

    def refuse(self, code, message, *words):
        self.bad(code, "gan sample: " + message, "sample", *words, "--out", "y.png")


class Classes(Conditions):
    def setUp(self):
        super().setUp()
        self.train("run")

    def test_names_and_numbers(self):
        """A class by its name, and by its number where no class is called so."""
        flags = ("--count", "9", "--seed", "5")
        every = [self.array("run", *flags, "--condition", name) for name in NAMES]
        self.assertEqual(len({tuple(pictures) for pictures in every}), CLASSES)
        for i in range(3):
            self.assertEqual(self.array("run", *flags, "--condition", str(i)), every[i])
        self.assertEqual(self.array("run", *flags, "--condition=7"), every[3])
        for source in ("run/checkpoint.safetensors", "run/generator.safetensors"):
            self.assertEqual(self.array(source, *flags, "--condition", "dress"), every[2])
        several = self.array("run", *flags, "--condition=dress", "--condition=0")
        self.assertEqual(several[:9], every[2])
        self.assertEqual(len(set(several)), 18)

    def test_by_hand(self):
        """The generator's first layer sees the class as one-hot, and the noise that any model sees."""
        flags = ("--count", "3", "--seed", "5")
        with_class = self.array("run/generator.safetensors", *flags, "--condition", "2")
        metadata, tensors = read_safetensors("run/generator.safetensors")
        self.assertEqual(metadata["gan.note.inputs"], "normal label")
        self.assertEqual(metadata["gan.note.class_count"], "4")
        self.assertEqual(metadata["gan.note.classes"], "\n".join(NAMES))
        (shape, weights) = tensors["1.weight"]
        self.assertEqual(shape, [24, CLASSES + CODE])
        rows = [weights[r * (CLASSES + CODE) :][: CLASSES + CODE] for r in range(24)]
        fixed = [("0.bias", [24], [tensors["1.bias"][1][r] + rows[r][2] for r in range(24)])]
        fixed.append(("0.weight", [24, CODE], [w for row in rows for w in row[CLASSES:]]))
        for name, (shape, values) in tensors.items():
            layer, leaf = name.split(".")
            if layer != "1":
                fixed.append(("%d.%s" % (int(layer) - 1, leaf), shape, values))
        lines = metadata["gan.text"].splitlines()
        kept = ["input 5"] + [l for l in lines if l and not l.startswith(("input", "concat"))]
        text = "\n".join(kept) + "\n"
        write_safetensors("fixed.safetensors", {"gan.format": "1.0", "gan.kind": "model", "gan.text": text}, fixed)
        plain = self.array("fixed.safetensors", *flags)
        for a, b in zip(with_class, plain):
            self.assertLessEqual(max(abs(x - y) for x, y in zip(a, b)), 1)

    def test_grid(self):
        """A row each, of the same noise: bit for bit what each class makes alone; and the run's own
        sheet is the one of its seed."""
        flags = ("--count", "6", "--seed", "5")
        rows = [self.array("run", *flags, "--condition", str(i)) for i in range(3)]
        rows.append(self.array("run", *flags, "--condition", "7"))
        self.assertEqual(self.array("run", *flags, "--grid"), sum(rows, []))
        two = self.array("run", *flags, "--grid", "--condition=2", "--condition=0")
        self.assertEqual(two, rows[2] + rows[0])
        self.assertEqual(self.array("run", *flags, "--grid", "--condition=2"), rows[2])
        self.good("sample", "run", *flags, "--grid", "--out", "x.png")
        self.assertEqual(read_png("x.png")[:2], (6 * 13 - 1, CLASSES * 13 - 1))
        self.good("sample", "run", "--grid", "--count", "5", "--seed", "3", "--out", "x.png")
        self.assertEqual(read_bytes("x.png"), read_bytes("run/sheet.png"))
        self.assertEqual(len(self.array("run", "--grid")), 8 * CLASSES)

    def test_without_a_condition(self):
        """Every class, each with noise of its own."""
        every = self.array("run", "--seed", "5")
        self.assertEqual(len(set(every)), 8 * CLASSES)
        self.assertEqual(every[:8], self.array("run", "--seed=5", "--condition=0", "--count=8"))
        grid = self.array("run", "--seed=5", "--grid", "--count=32")
        for i in range(CLASSES):
            self.assertEqual(every[8 * i :][:8], grid[32 * i + 8 * i :][:8])
        self.good("sample", "run", "--out", "x.png")
        self.assertEqual(read_png("x.png")[:2], (8 * 13 - 1, CLASSES * 13 - 1))
        self.good("sample", "run", "--count=1", "--out", "x.png")
        self.assertEqual(read_png("x.png")[:2], (2 * 13 - 1, 2 * 13 - 1))

    def test_ways(self):
        """Between codes of one class; of several that are given, between these."""
        plain = self.array("run", "--count", "4", "--seed", "5", "--condition", "2")
        ways = self.array("run", "--count=3", "--seed=5", "--condition=2", "--interpolate=5")
        for row in range(3):
            way = ways[5 * row :][:5]
            self.assertEqual((way[0], way[-1]), (plain[row], plain[row + 1]))
            self.assertEqual(len(set(way)), 5)
        grid = self.array("run", "--count=2", "--seed=5", "--grid")
        given = ("--condition=0", "--condition=1", "--condition=2")
        crossing = self.array("run", "--count=2", "--seed=5", "--grid", "--interpolate=4", *given)
        self.assertEqual(len(crossing), 2 * 2 * 4)
        for pair in range(2):
            for noise in range(2):
                way = crossing[(2 * pair + noise) * 4 :][:4]
                ends = (grid[2 * pair + noise], grid[2 * pair + 2 + noise])
                self.assertEqual((way[0], way[-1]), ends)
                self.assertEqual(len(set(way)), 4)
        every = self.array("run", "--seed=5", "--interpolate=3")
        self.assertEqual(len(every), CLASSES * 3)
        self.assertEqual(every[3:6], self.array("run", "--seed=5", "--interpolate=3", "--count=2", "--condition=1")[3:])

    def test_files(self):
        """Rows of an array: class numbers, or what stands for them."""
        flags = ("--count", "2", "--seed", "5")
        write_npy("n.npy", LONG, (3,), [2, 0, 1])
        classes = self.array("run", *flags, "--condition=2", "--condition=0", "--condition=1")
        self.assertEqual(self.array("run", *flags, "--condition", "n.npy"), classes)
        one = self.array("run", *flags, "--condition", "n.npy:1")
        self.assertEqual(one, self.array("run", *flags, "--condition", "0"))
        write_npy("soft.npy", FLOAT, (2, 4), [0, 0, 1, 0, 0.5, 0.5, 0, 0])
        soft = self.array("run", *flags, "--condition", "soft.npy")
        self.assertEqual(soft[:2], classes[:2])
        half = self.array("run", *flags, "--grid", "--interpolate=3", "--condition=0", "--condition=1")
        self.assertEqual(self.array("run", *flags, "--condition", "soft.npy:1"), [half[1], half[4]])

    def test_info(self):
        for source in ("run", "run/checkpoint.safetensors"):
            lines = self.good("info", source).splitlines()
            for i, name in enumerate(NAMES):
                self.assertIn("# class %d %s" % (i, name), lines)
        self.assertIn("class 3 7", self.good("info", "run/generator.safetensors").splitlines())

    def test_resume(self):
        """Names stay with the run, whatever becomes of the data's file."""
        self.train("half", "--steps", "5")
        self.train("half")
        self.same("half", "run")
        shutil.move("names.txt", "gone.txt")
        flags = ("--count", "2", "--condition", "dress")
        self.assertEqual(self.array("run", *flags), self.array("half", *flags))

    def test_messages(self):
        self.good("train", "a.recipe", "--out", "plain", "--steps", "1")
        write_npy("wide.npy", FLOAT, (2, 5), range(10))
        write_npy("nan.npy", FLOAT, (2, 4), [0, 1, 0, 0, 0, float("nan"), 0, 0])
        write_npy("high.npy", LONG, (2,), [3, 4])
        write_npy("none.npy", FLOAT, (0, 4), [])
        write_npy("two.npy", FLOAT, (2, 4), range(8))
        for code, message, *words in (
            (2, "--condition 4: there is no class 4; they are 0 to 3", "run", "--condition=4"),
            (2, "--condition -1: there is no class -1; they are 0 to 3", "run", "--condition=-1"),
            (2, "--condition 'Boots': there is no such class; did you mean 'boot'?", "run", "--condition", "Boots"),
            (2, "--condition 'bag small': there is no such class; did you mean 'bag, small'?", "run", "--condition", "bag small"),
            (2, "--condition 'x': there is no such class; gan info run lists them", "run", "--condition", "x"),
            (2, "--condition 'umbrella': there is no such class; gan info run lists them", "run", "--condition", "umbrella"),
            (2, "--condition two.npy:x: the row behind the colon is no whole number from 0", "run", "--condition", "two.npy:x"),
            (2, "--condition two.npy:-1: the row behind the colon is no whole number from 0", "run", "--condition", "two.npy:-1"),
            (2, "--condition: plain takes no condition", "plain", "--condition", "1"),
            (2, "--grid: plain takes no condition", "plain", "--grid"),
            (3, "gone.npy: cannot be opened: no such file or folder", "run", "--condition", "gone.npy"),
            (3, "--condition wide.npy: a row has 5 numbers, and run takes 4", "run", "--condition", "wide.npy"),
            (3, "--condition nan.npy: a number in row 1 is not finite", "run", "--condition", "nan.npy"),
            (2, "--condition high.npy: there is no class 4; they are 0 to 3", "run", "--condition", "high.npy"),
            (2, "--condition none.npy: it has 0 rows", "run", "--condition", "none.npy"),
            (2, "--condition two.npy:2: it has 2 rows", "run", "--condition", "two.npy:2"),
            (2, "--condition is empty; it needs C", "run", "--condition="),
        ):
            self.refuse(code, message, *words)
        for value in ("two.npy", "two.npy:1"):
            message = "gan sample: --out two.npy: that is the condition's file; give another name"
            self.bad(2, message, "sample", "run", "--condition", value, "--out", "two.npy")
        self.array("run", "--count=1", "--condition", "two.npy:1")
        self.assertFalse(os.path.exists("y.png"))

    def test_hostile_notes(self):
        """What a file says of its classes is not believed beyond its network."""
        metadata, tensors = read_safetensors("run/generator.safetensors")
        model = {k: v for k, v in metadata.items() if k in ("gan.format", "gan.kind", "gan.text")}
        arrays = [(name, *tensor) for name, tensor in tensors.items()]
        for notes, code in (
            ({"inputs": "normal label", "class_count": "5"}, 3),
            ({"inputs": "normal label", "class_count": "99999999999999999999"}, 3),
            ({"inputs": "normal condition", "class_count": "5"}, 3),
            ({"inputs": "normal label", "class_count": "-5"}, 0),
            ({"inputs": "normal vector", "class_count": "5"}, 2),
            ({"inputs": "normal"}, 3),
            ({"inputs": ""}, 3),
            ({"inputs": "label label"}, 3),
            ({"inputs": "normal label", "class_count": "4", "classes": "a"}, 0),
            ({"inputs": "normal label", "class_count": "4", "classes": "\n\n\n\n\n\n"}, 0),
            ({}, 0),
        ):
            notes = dict({"prior": "normal", "range": "-1 1"}, **notes)
            noted = dict(model, **{"gan.note." + k: v for k, v in notes.items()})
            write_safetensors("h.safetensors", noted, arrays)
            found, out, err = self.gan("sample", "h.safetensors", "--out", "x.png")
            self.assertEqual((found, out), (code, ""), (notes, err))
            self.gan("info", "h.safetensors")


class Unnamed(Conditions):
    recipe = CGAN.replace(" names=names.txt", "")

    def test_numbers(self):
        self.train("run")
        self.assertEqual(len(self.array("run")), 8 * CLASSES)
        self.refuse(2, "--condition 'shoe': classes of run have no names; give a number", "run", "--condition", "shoe")
        self.assertIn("# 4 classes, without names", self.good("info", "run").splitlines())


class Embedded(Conditions):
    recipe = EMBEDDED

    def test_numbers(self):
        """Class numbers for a network that looks them up."""
        self.train("run")
        every = [self.array("run", "--count=3", "--condition", name) for name in NAMES]
        self.assertEqual(len({tuple(p) for p in every}), CLASSES)
        self.assertEqual(self.array("run", "--count=3", "--grid"), sum(every, []))
        self.refuse(2, "--condition 4: there is no class 4; they are 0 to 3", "run", "--condition", "4")
        message = "--interpolate: run takes class numbers, and nothing lies between two of them; give one --condition"
        self.refuse(2, message, "run", "--condition=0", "--condition=1", "--interpolate=3")
        self.assertEqual(len(self.array("run", "--interpolate=3")), 3 * CLASSES)
        write_npy("n.npy", LONG, (2,), [3, 1])
        self.assertEqual(self.array("run", "--grid", "--count=3", "--condition=n.npy"), every[3] + every[1])
        write_npy("half.npy", FLOAT, (2,), [1, 0.5])
        self.refuse(3, "--condition half.npy: row 1 is 0.5, no number of a class", "run", "--condition=half.npy")
        # More classes than there is memory for are refused before they are counted.
        metadata, tensors = read_safetensors("run/generator.safetensors")
        metadata = {k: v for k, v in metadata.items() if "crc32" not in k}
        metadata["gan.note.class_count"] = "4611686018427387904"
        write_safetensors("h.safetensors", metadata, [(name, *tensor) for name, tensor in tensors.items()])
        self.refuse(1, "no memory for 4611686018427387904 conditions", "h.safetensors")


class Vectors(Conditions):
    recipe = VECTORS

    def test_rows(self):
        random.seed(1)
        vectors = [random.uniform(-1, 1) for _ in range(150)]
        write_npy("v.npy", FLOAT, (50, 3), vectors)
        write_npy("p.npy", BYTE, (50, SIDE, SIDE), read_bytes("pictures.idx")[16:])
        self.train("run")
        rows = self.array("run", "--grid", "--count=2", "--condition=v.npy")
        self.assertEqual(len(rows), 100)
        self.assertEqual(len(set(rows)), 100)
        for row in (0, 7, 49):
            one = self.array("run", "--count=2", "--condition", "v.npy:%d" % row)
            self.assertEqual(one, rows[2 * row :][:2])
            write_npy("one.npy", FLOAT, (3,), vectors[3 * row :][:3])
            self.assertEqual(self.array("run", "--count=2", "--condition=one.npy"), one)
        ways = self.array("run", "--interpolate=4", "--condition=v.npy:0", "--condition=v.npy:7")
        self.assertEqual((ways[0], ways[3]), (rows[0], rows[14]))
        self.assertEqual(len(set(ways)), 4)
        self.refuse(2, "--condition is missing: run takes vectors of 3 numbers; give FILE.npy", "run")
        self.refuse(2, "--condition '1': run takes vectors of 3 numbers; give FILE.npy or FILE.npy:ROW", "run", "--condition=1")
        write_npy("wide.npy", FLOAT, (4,), range(4))
        self.refuse(3, "--condition wide.npy: a row has 4 numbers, and run takes 3", "run", "--condition=wide.npy")


if __name__ == "__main__":
    case.main()
