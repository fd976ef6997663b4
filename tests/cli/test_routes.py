"""What a run's networks do: products, sheets, gan sample, translate and encode, by routes."""

import math
import operator
import os
import random
import shutil
import signal
import unittest

import case
from case import *

SIDE, SIZE = 12, 12 * 12
DATA = "idx path=pictures.idx"
FILES = ["checkpoint.safetensors", "decoder.safetensors", "encoder.safetensors", "log.jsonl"]
FILES += ["run.recipe", "sheet-image.png", "sheet.png", "sheets"]
SAVED = ("checkpoint.safetensors", "decoder.safetensors", "encoder.safetensors")
SHEETS = ("sheet.png", "sheet-image.png", "sheets/000010.png", "sheets/000010-image.png")


def inputs():
    data = read_bytes("pictures.idx")[16:]
    return [data[i : i + SIZE] for i in range(0, len(data), SIZE)]


CGAN = """[model.generator]
input noise 5
input condition 3
concat from noise condition; dense 144; tanh; reshape 12 12 1

[model.discriminator]
input image 12 12 1
input condition 3
dense 8 from image; h = leaky_relu 0.2
concat from h condition; dense 1

[data.real]
idx path=pictures.idx labels=labels.idx

[trainer]
cgan

[run]
steps=2 batch=4 samples=13
"""


class Classes(Case):
    def test_a_sheet_has_a_row_for_each(self):
        write_text("c.recipe", CGAN)
        with open("labels.idx", "wb") as file:
            file.write(bytes((0, 0, 8, 1, 0, 0, 0, 50)) + bytes(i % 3 for i in range(50)))
        code, out, err = self.gan("train", "c.recipe", "--out", "run")
        self.assertEqual((code, out), (0, "run/sheet.png\n"))
        self.assertNotIn("nan", err)
        pictures, across = cells("run/sheet.png")
        self.assertEqual((len(pictures), across), (12, 4))
        self.assertEqual(len(set(pictures)), 12)
        for names in (("loss.discriminator", "accuracy.mismatched"), ("score.fake",)):
            self.assertTrue(all(f'"{name}"' in read_text("run/log.jsonl") for name in names))
        self.assertNotIn("match.", read_text("run/log.jsonl"))  # the discriminator has one score
        self.good("train", "c.recipe", "--out", "few", "--set", "run.samples=2")
        self.assertEqual(cells("few/sheet.png"), ([pictures[0], pictures[4]], 2))


class Vae(Case):
    def setUp(self):
        super().setUp()
        write_text("v.recipe", VAE)

    def train(self, out, *words):
        self.good("train", "v.recipe", "--out", out, *words)

    def array(self, command, *words):
        self.good(command, *words, "--out", "x.npy")
        shape, pixels = read_npy("x.npy")
        return [pixels[i : i + SIZE] for i in range(0, len(pixels), SIZE)]

    def codes(self, *words):
        self.good("encode", *words, "--out", "x.npy")
        return read_codes("x.npy")


class Training(Vae):
    def test_folder(self):
        code, out, err = self.gan("train", "v.recipe", "--out", "run")
        self.assertEqual((code, out), (0, "run/sheet.png\n"))
        for line in err.splitlines():
            form = r"step \d+/20  loss auto \d+\.\d{3} reco \d+\.\d{3} kl \d+\.\d{3}  \d+ images/s  0:\d\d left"
            self.assertRegex(line, "^%s$" % form)
        self.assertEqual(len(err.splitlines()), 4)
        self.assertEqual(sorted(os.listdir("run")), FILES)
        self.assertEqual(sorted(os.listdir("run/sheets")), ["000010-image.png", "000010.png"])

    def test_resume(self):
        """Stopped anywhere, by its end or by a signal, it goes on to the same bytes."""
        self.train("whole")
        before = None
        for steps in ("3", "10", "11", "20"):
            code, _, err = self.gan("train", "v.recipe", "--out", "run", "--steps", steps)
            self.assertEqual(code, 0, err)
            said = "resuming run after step %s\n" % before if before else "step "
            self.assertTrue(err.startswith(said), err)
            before = steps
        self.same("run", "whole", SAVED + SHEETS)
        endless = ("--steps", "1000000000", "--set", "run.log_every=1")
        process = self.start("train", "v.recipe", "--out", "stopped", *endless)
        self.wait_for(lambda: os.path.exists("stopped/log.jsonl") and self.steps("stopped", True))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 143)
        steps = str(self.steps("stopped")[-1] + 3)
        self.train("stopped", "--steps", steps)
        self.train("other", "--steps", steps)
        self.same("stopped", "other", SAVED + SHEETS[:2])

    def test_kept(self):
        """Older products beside older checkpoints, each as it was."""
        self.train("run", "--set", "run.keep=2")
        for name in ("checkpoint", "decoder", "encoder"):
            kept = sorted(n for n in os.listdir("run") if n.startswith(name + "-"))
            self.assertEqual(kept, ["%s-%06d.safetensors" % (name, n) for n in (10, 15)])
        self.train("ten", "--steps", "10")
        for name in ("checkpoint", "decoder", "encoder"):
            older = read_bytes("run/%s-000010.safetensors" % name)
            self.assertTrue(older == read_bytes("ten/%s.safetensors" % name), name)

    def test_a_lost_product(self):
        """A product that a killed process left older than its checkpoint is saved again, and is what
        is kept of that step."""
        keep = ("--set", "run.keep=1", "--steps")
        self.train("run", *keep, "20")
        whole = read_bytes("run/encoder.safetensors")
        shutil.copy("run/encoder-000015.safetensors", "run/encoder.safetensors")
        self.train("run", *keep, "23")
        self.assertTrue(read_bytes("run/encoder-000020.safetensors") == whole)

    def test_sheets(self):
        """Samples, and pictures beside their reconstructions: as the commands make them."""
        self.train("run", "--set", "run.keep=9")
        for sheet, step in (("run/sheet", ()), ("run/sheets/000010", ("--step", "10"))):
            self.good("sample", "run", "--count=9", "--seed=3", "--out", "x.png", *step)
            self.assertTrue(read_bytes("x.png") == read_bytes(sheet + ".png"))
            pictures, across = cells(sheet + "-image.png")
            self.assertEqual((len(pictures), across), (8, 2))  # 4 pairs: no more than samples=9
            known = inputs()
            made = self.array("translate", "run", "--data", DATA, *step)
            for i in range(0, 8, 2):
                self.assertIn(pictures[i], known)
                self.assertEqual(pictures[i + 1], made[known.index(pictures[i])])

    def test_a_lost_sheet(self):
        """Of the sheets of one step those are made that a killed process did not come to."""
        self.train("whole")
        self.train("run", "--steps", "10", "--set", "run.sample_every=0")
        shutil.copy("whole/sheets/000010.png", "run/sheets/000010.png")
        self.train("run")
        self.same("run", "whole", SHEETS)

    def test_one_of_two_sheets(self):
        """A sheet that cannot be written does not cost the other one."""
        self.train("run", "--steps", "10")
        os.remove("run/sheet.png")
        os.mkdir("run/sheet.png")
        os.remove("run/sheet-image.png")
        code, out, err = self.gan("train", "v.recipe", "--out", "run", "--set", "run.log_every=0")
        self.assertEqual((code, out), (4, ""))
        self.assertRegex(err, r"^resuming run after step 10\ngan train: run/sheet\.png: .* it is a folder\n$")
        self.assertEqual(len(cells("run/sheet-image.png")[0]), 8)

    def test_larger_than_a_file(self):
        """Pairs take more room than samples, but no more of them are shown."""
        message = (
            "gan train: run.samples 60000: a sheet of so many pictures of 144x144x1 has more values"
            " than the 268435456 of a PNG file"
        )
        write_text("b.recipe", VAE.replace("input 12 12 1", "input 144 144 1").replace(
            "dense 144\nreshape 12 12 1", "dense 144*144\nreshape 144 144 1"))
        write_idx("pictures.idx", 20, 144, 144)
        words = ("train", "b.recipe", "--out", "run", "--steps=1", "--set", "run.samples=60000")
        self.bad(3, message, *words)

    def test_info(self):
        self.train("run")
        members = (
            "# role encoder                 makes the mean of a sample's code, and the log of its"
            " variance\n"
            "# role decoder                 makes samples from codes\n"
            "# product encoder              image > code\n"
            "# product decoder              code > image\n"
            "# route image > code > image   gan translate\n"
            "# route image > code           gan encode\n"
            "# route code > image           gan sample\n"
            "# route code > image > code\n"
        )
        recipe = read_text("run/run.recipe")
        self.assertEqual(self.good("info", "run"), "# run, after step 20\n" + members + recipe)
        text = self.good("info", "run/checkpoint.safetensors")
        head = "# a checkpoint, after step 20\n" + members + "vae likelihood=bernoulli "
        self.assertTrue(text.startswith(head), text)


class Samples(Vae):
    def setUp(self):
        super().setUp()
        self.train("run", "--set", "run.keep=9")

    def test_sources(self):
        """The folder, its checkpoint and its product make the same pictures."""
        flags = ("--count", "70", "--seed", "5")
        own = self.array("sample", "run", *flags)
        self.assertEqual(len(set(own)), 70)
        for source in ("checkpoint.safetensors", "decoder.safetensors"):
            self.assertEqual(self.array("sample", "run/" + source, *flags), own)
        for route in ("code > image", "code>image", " code  >image"):
            self.assertEqual(self.array("sample", "run", *flags, "--route", route), own)
        older = self.array("sample", "run", *flags, "--step", "10")
        self.assertNotEqual(older, own)
        for source in ("checkpoint-000010.safetensors", "decoder-000010.safetensors"):
            self.assertEqual(self.array("sample", "run/" + source, *flags), older)

    def test_interpolation(self):
        """Each row goes from one code to the next; its ends are those codes' pictures."""
        plain = self.array("sample", "run", "--count", "5", "--seed", "5")
        for between in (2, 7):
            flags = ("--count", "4", "--seed", "5", "--interpolate", str(between))
            ways = self.array("sample", "run", *flags)
            self.assertEqual(len(ways), 4 * between)
            for row in range(4):
                way = ways[row * between :][:between]
                self.assertEqual((way[0], way[-1]), (plain[row], plain[row + 1]))
                self.assertEqual(len(set(way)), between)
            self.good("sample", "run", *flags, "--out", "x.png")
            self.assertEqual(cells("x.png"), (ways, between))
        for flags in (("--interpolate", "1"), ("--interpolate", "4097")):
            message = "gan sample: --interpolate is '%s'; it must be a whole number from 2 to 4096"
            self.bad(2, message % flags[1], "sample", "run", "--out", "x.png", *flags)
        self.assertEqual(len(self.array("sample", "run", "--interpolate", "3")), 24)

    def test_two_that_are_drawn(self):
        """Each input has noise of its own."""
        text = "input a 2 2 1\ninput b 2 2 1\nm = affine -1 0 from b\nadd from a m\n"
        metadata = {"gan.format": "1.0", "gan.kind": "model", "gan.text": text}
        notes = {"inputs": "normal normal", "prior": "normal", "range": "-1 1"}
        metadata.update({"gan.note." + key: value for key, value in notes.items()})
        write_safetensors("two.safetensors", metadata)
        self.good("sample", "two.safetensors", "--count=3", "--out", "x.npy")
        shape, pixels = read_npy("x.npy")
        self.assertEqual(shape, (3, 2, 2, 1))
        self.assertGreater(len(set(pixels)), 2)

    def test_interpolated_sheets(self):
        message = (
            "gan sample: --count 500000: a sheet of so many pictures of 12x12x1 has more values than"
            " the 268435456 of a PNG file"
        )
        many = ("--count", "500000", "--interpolate", "4")
        self.bad(3, message, "sample", "run", "--out", "x.png", *many)

    def test_without_a_checkpoint(self):
        """The message says what can be given in its place."""
        os.remove("run/checkpoint.safetensors")
        message = "gan sample: run has no checkpoint.safetensors; give a file, run/%s for example"
        self.bad(3, message % "checkpoint-000005.safetensors", "sample", "run", "--out", "x.png")
        for name in os.listdir("run"):
            if name.startswith("checkpoint-") or "-0000" in name:
                os.remove("run/" + name)
        self.bad(3, message % "decoder.safetensors", "sample", "run", "--out", "x.png")
        self.good("sample", "run/decoder.safetensors", "--out", "x.png")
        for name in ("encoder", "decoder"):
            os.remove("run/%s.safetensors" % name)
        message = "gan sample: run has no checkpoint.safetensors yet"
        self.bad(3, message, "sample", "run", "--out", "x.png")
        os.remove("run/run.recipe")
        message = "gan sample: run is not the folder of a run: it has no run.recipe, no checkpoint.safetensors"
        self.bad(3, message, "sample", "run", "--out", "x.png")

    def test_damaged_checkpoint(self):
        whole = bytearray(read_bytes("run/checkpoint.safetensors"))
        whole[-1] ^= 1
        with open("run/checkpoint.safetensors", "wb") as file:
            file.write(whole)
        damaged = r"^gan sample: run/checkpoint\.safetensors: .*damaged"
        for run in ("run", "run/checkpoint.safetensors"):
            code, out, err = self.gan("sample", run, "--out", "x.png")
            self.assertEqual((code, out), (3, ""))
            self.assertRegex(err, damaged)

    def test_half_a_checkpoint(self):
        """A file is measured by what it says that it is."""
        metadata = {"gan.format": "1.0", "gan.kind": "trainer"}
        write_safetensors("half.safetensors", metadata)
        for command in ("sample", "info"):
            out = ("--out", "x.png") if command == "sample" else ()
            code, out, err = self.gan(command, "half.safetensors", *out)
            self.assertEqual((code, out), (3, ""))
            self.assertRegex(err, r"^gan %s: half\.safetensors: .+\n$" % command)
            self.assertNotIn("holds a", err)


class Pictures(Vae):
    """gan encode and gan translate."""

    def setUp(self):
        super().setUp()
        self.train("run", "--set", "run.keep=9")

    def files(self, count):
        names = ["%d.png" % i for i in range(count)]
        for name, pixels in zip(names, inputs()):
            write_png(name, SIDE, SIDE, 1, pixels)
        return names

    def test_codes(self):
        shape, whole = self.codes("run", "--data", DATA)
        self.assertEqual(shape, (50, 6))
        self.assertEqual(len(set(whole)), 300)
        for source in ("checkpoint.safetensors", "encoder.safetensors"):
            self.assertEqual(self.codes("run/" + source, "--data", DATA), (shape, whole))
        self.assertEqual(self.codes("run", "--data", DATA, "--route", "image > code")[1], whole)
        self.assertEqual(self.codes("run", "--data", DATA, "--threads", "3")[1], whole)
        self.assertEqual(self.codes("run", "--data", DATA, "--count", "7"), ((7, 6), whole[:42]))
        self.assertEqual(self.codes("run", "--data", DATA + " count=7"), ((7, 6), whole[:42]))
        self.assertEqual(self.codes("run", *self.files(5)), ((5, 6), whole[:30]))
        self.assertNotEqual(self.codes("run", "--data", DATA, "--step", "10")[1], whole)
        write_idx("pictures.idx", 130, SIDE, SIDE)  # of several batches, none like another
        with open("pictures.idx", "r+b") as file:
            file.seek(16 + 50 * SIZE)
            file.write(random.Random(1).randbytes(80 * SIZE))
        many = self.codes("run", "--data", DATA)[1]
        self.assertEqual(many[:300], whole)
        for i in (63, 64, 129):
            write_png("one.png", SIDE, SIDE, 1, inputs()[i])
            self.assertEqual(self.codes("run", "one.png")[1], many[6 * i :][:6])

    def test_code_of_its_own_picture(self):
        """The encoder's first output, the mean, by hand."""
        metadata = {"gan.format": "1.0", "gan.kind": "model"}
        metadata["gan.text"] = "input 12 12 1\nmean = dense 2\nother = dense 3 from mean\noutput mean other\n"
        tensors = [
            ("mean.weight", [2, SIZE], [1 / SIZE] * SIZE + [0.0] * SIZE),
            ("mean.bias", [2], [0.0, 0.5]),
            ("other.weight", [3, 2], [9.0] * 6),
            ("other.bias", [3], [9.0] * 3),
        ]
        write_safetensors("mean.safetensors", metadata, tensors)
        shape, codes = self.codes("mean.safetensors", "--data", DATA)
        self.assertEqual(shape, (50, 2))
        for i, picture in enumerate(inputs()):
            self.assertAlmostEqual(codes[2 * i], sum(picture) / SIZE / 127.5 - 1, places=5)
            self.assertEqual(codes[2 * i + 1], 0.5)

    def test_reconstructions(self):
        made = self.array("translate", "run", "--data", DATA)
        self.assertEqual(len(made), 50)
        self.assertEqual(len(set(made)), 50)
        self.assertNotEqual(made, inputs())
        self.assertEqual(self.array("translate", "run/checkpoint.safetensors", "--data", DATA), made)
        route = ("--route", "image > code > image")
        self.assertEqual(self.array("translate", "run", "--data", DATA, *route), made)
        self.assertEqual(self.array("translate", "run", *self.files(9)), made[:9])
        for count, across in ((1, 2), (2, 2), (5, 4), (50, 10)):
            words = ("--data", DATA, "--count", str(count), "--out", "x.png")
            self.good("translate", "run", *words)
            pictures, columns = cells("x.png")
            self.assertEqual(columns, across)
            self.assertEqual(pictures[0 : 2 * count : 2], inputs()[:count])
            self.assertEqual(pictures[1 : 2 * count : 2], made[:count])
            self.assertEqual(set(pictures[2 * count :]) - {bytes(SIZE)}, set())
        self.good("translate", "run", *self.files(5), "--out", "y.PNG")
        self.assertEqual(cells("y.PNG")[0][: 2 * 5 : 2], inputs()[:5])

    def test_decoded_codes(self):
        """A reconstruction is what the decoder makes of the code: by hand, to a step of a byte."""
        codes = self.codes("run", "--data", DATA, "--count", "8")[1]
        made = self.array("translate", "run", "--data", DATA, "--count", "8")
        tensors = read_safetensors("run/decoder.safetensors")[1]
        (w1, b1), (w2, b2) = [[tensors[i + leaf][1] for leaf in (".weight", ".bias")] for i in "02"]
        for i, picture in enumerate(made):
            code = codes[6 * i :][:6]
            h = [sum(map(operator.mul, code, w1[6 * k :][:6])) + b1[k] for k in range(24)]
            h = [x if x > 0 else 0.2 * x for x in h]
            logits = [sum(map(operator.mul, h, w2[24 * k :][:24])) + b2[k] for k in range(SIZE)]
            for byte, logit in zip(picture, logits):
                self.assertLess(abs(byte - 255 / (1 + math.exp(-logit))), 0.6)

    def test_of_another_file(self):
        metadata = {"gan.format": "1.0", "gan.kind": "model"}
        metadata["gan.text"] = "input any any 1\naffine -1 0\n"
        write_safetensors("negative.safetensors", metadata)
        negatives = [bytes(255 - v for v in picture) for picture in inputs()]
        self.assertEqual(self.array("translate", "negative.safetensors", "--data", DATA), negatives)

    def test_unlike_sizes(self):
        """Where what is made has another size, it stands alone."""
        metadata = {"gan.format": "1.0", "gan.kind": "model"}
        metadata["gan.text"] = "input any any 1\nupsample 2 mode=nearest\n"
        write_safetensors("double.safetensors", metadata)
        self.good("translate", "double.safetensors", "--data", DATA, "--count=4", "--out", "x.png")
        pictures, across = cells("x.png", 2 * SIDE)
        self.assertEqual((len(pictures), across), (4, 2))
        for small, large in zip(inputs(), pictures):
            rows = [small[y * SIDE :][:SIDE] for y in range(SIDE)]
            doubled = b"".join(2 * bytes(v for v in row for _ in range(2)) for row in rows)
            self.assertEqual(large, doubled)

    def test_messages(self):
        self.good("train", "a.recipe", "--out", "gan", "--steps", "1")
        self.files(2)
        os.mkdir("folder.npy")
        there = "'image > code > image', 'image > code', 'code > image', 'code > image > code'"
        fit = "run: the network takes pictures of 12x12x1, "
        gone = "gone.idx: cannot be opened: no such file or folder"
        data = ("--data", DATA)
        for code, message, *words in (
            (2, "--out OUT is missing", "translate", "run", "0.png"),
            (2, "--out FILE is missing", "encode", "run", "0.png"),
            (2, "--out x.gif: pictures are saved as .png, .ppm, .pgm, .pam or .npy, or in a folder", "translate", "run", "0.png", "--out=x.gif"),
            (2, "--out x.png: the name must end in .npy", "encode", "run", "0.png", "--out=x.png"),
            (2, "give pictures' files, a folder, an .npy file, or --data SPEC, one of them", "encode", "run"),
            (2, "give pictures' files, a folder, an .npy file, or --data SPEC, one of them", "encode", "run", "0.png", *data),
            (2, "--count is of --data alone", "encode", "run", "0.png", "--count=1"),
            (2, "--count is '0'; it must be a whole number from 1 to 16777216", "encode", "run", *data, "--count=0"),
            (2, "--route 'image > noise': vae: a route goes through spaces, and 'noise' is none; there are: image, code", "encode", "run", *data, "--route=image > noise"),
            (2, "--route 'image': vae: 'image' is no route, as 'a > b' is one", "encode", "run", *data, "--route=image"),
            (2, "--route 'image > image': vae: no role goes from 'image' to 'image'", "translate", "run", *data, "--route=image > image"),
            (2, "--route 'image > code' is none that makes pictures of pictures", "translate", "run", *data, "--route=image > code"),
            (2, "--route 'code > image' is none that makes codes of pictures", "encode", "run", *data, "--route=code > image"),
            (2, "--route 'image > code': run/encoder.safetensors is one network; it has no routes", "encode", "run/encoder.safetensors", *data, "--route=image > code"),
            (2, "--step 10: run/encoder.safetensors is not the folder of a run", "encode", "run/encoder.safetensors", *data, "--step=10"),
            (3, "run/checkpoint-000011.safetensors: cannot be opened: no such file or folder", "encode", "run", *data, "--step=11"),
            (3, "gan: no route of it makes codes of pictures; there are: 'noise > image'", "encode", "gan", *data),
            (3, "gan: no route of it makes pictures of pictures; there are: 'noise > image'", "translate", "gan", *data),
            (3, "gone: cannot be opened: no such file or folder", "translate", "gone", *data),
            (3, "2.png: cannot be opened: no such file or folder", "translate", "run", "0.png", "2.png"),
            (3, fit + "idx path=pictures.idx size=8 has some of 8x8x1; size= and channels= of --data can make them so", "encode", "run", "--data", DATA + " size=8"),
            (3, gone, "encode", "run", "--data=idx path=gone.idx"),
            (4, "cannot write gone/x.npy: No such file or directory", "encode", "run", *data, "--out=gone/x.npy"),
            (4, "cannot write folder.npy: Is a directory", "translate", "run", *data, "--out=folder.npy"),
        ):
            named = any(w.startswith("--out") for w in words) or "missing" in message
            out = () if named else ("--out", "x.npy")
            self.bad(code, "gan %s: %s" % (words[0], message), *words, *out)
        self.assertFalse(os.path.exists("x.npy"))
        code, _, err = self.gan("encode", "run", "--data=idy path=x", "--out", "x.npy")
        self.assertEqual(code, 3)
        self.assertIn("unknown kind 'idy', did you mean 'idx'?", err)

    def test_too_large_sheets(self):
        """It is said before anything is made, as a whole sheet would be the last thing."""
        write_idx("many.idx", 1200, SIDE, SIDE)
        metadata = {"gan.format": "1.0", "gan.kind": "model"}
        metadata["gan.text"] = "input any any 1\nupsample 40\n"
        write_safetensors("large.safetensors", metadata)
        message = (
            "gan translate: --count 1200: a sheet of so many pictures of 480x480x1 has more values"
            " than the 268435456 of a PNG file"
        )
        words = ("--data", "idx path=many.idx", "--out", "x.png")
        self.bad(3, message, "translate", "large.safetensors", *words)


if __name__ == "__main__":
    case.main()
