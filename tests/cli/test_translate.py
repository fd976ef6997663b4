"""gan translate and gan encode: of files, folders and arrays, between spaces, and what can go wrong."""

import os
import random
import re
import shutil
import signal
import struct
import unittest

try:
    import resource
except ImportError:
    resource = None

import case
from case import *

SIDE, SIZE = 12, 12 * 12

CYCLE = cycle_recipe("steps=6 batch=2", "save_every=3 log_every=0 samples=4")


def write_model(path, text, notes=()):
    metadata = {"gan.format": "1.0", "gan.kind": "model", "gan.text": text + "\n"}
    metadata.update({"gan.note." + key: value for key, value in notes})
    write_safetensors(path, metadata)


def write_npy(path, kind, shape, data):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }"
    header %= (kind, ", ".join(map(str, shape)) + ("," if len(shape) == 1 else ""))
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + data)


def negative(pixels):
    return bytes(255 - v for v in pixels)


def tree(folder):
    found = []
    for at, _, names in os.walk(folder):
        found += [os.path.relpath(os.path.join(at, name), folder) for name in names]
    return sorted(found)


class Files(Case):
    def setUp(self):
        super().setUp()
        write_model("negative.safetensors", "input any any 1\naffine -1 0")
        random.seed(4)

    def picture(self, path, width, height, channels=1):
        pixels = random.randbytes(width * height * channels)
        write_png(path, width, height, channels, pixels)
        return pixels

    def photos(self, name="photos", count=7):
        """Pictures of 12 x 12 in a folder and one in it, beside what is none."""
        os.makedirs(os.path.join(name, "in/ner"))
        pixels = {}
        for i in range(count):
            path = ("in/ner/%d.png" if i % 3 == 1 else "%d.PNG" if i == 2 else "%d.png") % i
            pixels[path] = self.picture(os.path.join(name, path), SIDE, SIDE)
        write_text(os.path.join(name, "notes.txt"), "no picture")
        write_text(os.path.join(name, ".hidden.png"), "no picture")
        return pixels

    def translate(self, *words):
        return self.good("translate", *words)


class Translations(Files):
    def setUp(self):
        super().setUp()
        write_text("y.recipe", CYCLE)
        self.good("train", "y.recipe", "--out", "run", "--set", "run.keep=1")

    def array(self, *words):
        self.translate(*words, "--out", "x.npy")
        shape, pixels = read_npy("x.npy")
        self.assertEqual(shape[1:], (SIDE, SIDE, 1))
        return [pixels[i : i + SIZE] for i in range(0, len(pixels), SIZE)]

    def test_ways(self):
        """By its ends, by its route, and by the network's own file."""
        data = ("--data", "idx path=pictures.idx", "--count", "5")
        ways = {}
        for a, b in ("xy", "yx"):
            ways[a] = self.array("run", *data, "--from", a, "--to", b)
            self.assertEqual(self.array("run", *data, "--from", a), ways[a])
            self.assertEqual(self.array("run", *data, "--to", b), ways[a])
            self.assertEqual(self.array("run", *data, "--route", a + " > " + b), ways[a])
            self.assertEqual(self.array("run/%s%s.safetensors" % (a, b), *data), ways[a])
        self.assertNotEqual(ways["x"], ways["y"])
        back = self.array("run", *data, "--from", "x", "--to", "x")
        self.assertEqual(back, self.array("run", *data, "--route", "x > y > x"))
        write_npy("y.npy", "|u1", (5, SIDE, SIDE), b"".join(ways["x"]))
        there = self.array("run", "y.npy", "--from", "y")  # rounded on the way
        for a, b in zip(back, there):
            self.assertLessEqual(max(abs(v - w) for v, w in zip(a, b)), 3)
        older = self.array("run", *data, "--from", "x", "--step", "3")
        self.assertNotEqual(older, ways["x"])
        self.assertEqual(self.array("run/xy-000003.safetensors", *data), older)

    def test_messages(self):
        self.picture("a.png", SIDE, SIDE)
        there = "'x > y > x', 'x > y', 'y > x', 'y > x > y'"
        several = "run: more than one route of it makes pictures of pictures; choose with --from, --to or --route: "
        for message, *words in (
            (several + there, "run"),
            ("run: no route from 'z' of it makes pictures of pictures; there are: " + there, "run", "--from", "z"),
            ("run: no route to 'z' of it makes pictures of pictures; there are: " + there, "run", "--to", "z"),
            ("run: no route from 'x' to 'z' of it makes pictures of pictures; there are: " + there, "run", "--from=x", "--to=z"),
            ("--route goes without --from and --to", "run", "--from", "x", "--route", "x > y"),
            ("--from 'x': run/xy.safetensors is one network; it has no routes", "run/xy.safetensors", "--from", "x"),
            ("--to 'y': run/xy.safetensors is one network; it has no routes", "run/xy.safetensors", "--to", "y"),
            ("--fit is 'fill'; it must be pad, stretch or crop", "run", "--from=x", "--fit=fill"),
            ("--out x.pnm: pictures are saved as .png, .ppm, .pgm, .pam or .npy, or in a folder", "run", "--from=x", "--out=x.pnm"),
            ("--out x.PBM: pictures are saved as .png, .ppm, .pgm, .pam or .npy, or in a folder", "run", "--from=x", "--out=x.PBM"),
        ):
            out = () if any(w.startswith("--out") for w in words) else ("--out", "b.png")
            self.bad(2, "gan translate: " + message, "translate", *words, "a.png", *out)
        message = "gan translate: --fit is of files and arrays; of --data it is size=HxW fit=crop in SPEC"
        self.bad(2, message, "translate", "run", "--from=x", "--fit=crop", "--data", "idx path=pictures.idx", "--out=b.png")
        self.assertFalse(os.path.exists("b.png"))

    def test_folder(self):
        """Each by itself, bit for bit, also in arrays and on sheets."""
        pixels = self.photos()
        self.translate("run", "photos", "--from", "x", "--out", "out")
        self.assertEqual(tree("out"), sorted(pixels))
        made = {}
        for path in pixels:
            self.translate("run", "photos/" + path, "--from", "x", "--out", "one.png")
            self.assertEqual(read_bytes("out/" + path), read_bytes("one.png"), path)
            made[path] = read_png("one.png")[3]
        names = sorted(pixels)
        self.assertEqual(self.array("run", "photos", "--from=x"), [made[n] for n in names])
        write_npy("all.npy", "|u1", (7, SIDE, SIDE, 1), b"".join(pixels[n] for n in names))
        self.assertEqual(self.array("run", "all.npy", "--from=x"), [made[n] for n in names])
        self.translate("run", "all.npy", "--from=x", "--out", "numbered")
        self.assertEqual(tree("numbered"), ["%06d.png" % i for i in range(7)])
        self.assertEqual(read_png("numbered/000003.png")[3], made[names[3]])
        self.translate("run", "photos", "--from=x", "--threads=3", "--out", "again/deep")
        for path in pixels:
            self.assertEqual(read_bytes("again/deep/" + path), read_bytes("out/" + path))
        self.translate("run", "photos", "--from=x", "--out", "sheet.png")
        pairs, across = cells("sheet.png")
        self.assertEqual((across, len(pairs)), (4, 16))
        self.assertEqual(pairs[0:14:2], [pixels[n] for n in names])
        self.assertEqual(pairs[1:14:2], [made[n] for n in names])

    def test_floats(self):
        """Numbers go in and come out as numbers, and are the bytes' but for the rounding."""
        pixels = random.randbytes(3 * SIZE)
        values = [(v - 127.5) / 127.5 for v in pixels]
        write_npy("b.npy", "|u1", (3, SIDE, SIDE), pixels)
        write_npy("f.npy", "<f4", (3, SIDE, SIDE), struct.pack("<%df" % len(values), *values))
        bytes_made = b"".join(self.array("run", "b.npy", "--from=x"))
        self.translate("run", "f.npy", "--from=x", "--out", "x.npy")
        shape, numbers = read_codes("x.npy")
        self.assertEqual(shape, (3, SIDE, SIDE, 1))
        for byte, number in zip(bytes_made, numbers):
            self.assertLess(abs(byte - (number * 127.5 + 127.5)), 0.51)


class Sizes(Files):
    def test_any_size(self):
        """A network that takes any size takes pictures as they are."""
        os.mkdir("in")
        sizes = [(1, 1), (9, 5), (12, 12), (9, 5), (70, 3), (12, 12), (300, 1000)]
        pixels = [self.picture("in/%d.png" % i, *size) for i, size in enumerate(sizes)]
        self.translate("negative.safetensors", "in", "--out", "out")
        for i, size in enumerate(sizes):
            self.assertEqual(read_png("out/%d.png" % i), (*size, 1, negative(pixels[i])))
        message = "in/1.png becomes 5x9x1, in/0.png 1x1x1; pictures of several sizes go to a folder"
        for out in ("x.npy", "x.png"):
            self.bad(3, "gan translate: " + message, "translate", "negative.safetensors", "in", "--out", out)
        self.assertEqual([n for n in os.listdir(".") if n.startswith("x.")], [])
        write_npy("small.npy", "|u1", (2, 1, 1), b"ab")
        self.translate("negative.safetensors", "small.npy", "--out", "x.npy")
        self.assertEqual(read_npy("x.npy"), ((2, 1, 1, 1), negative(b"ab")))

    def test_one_picture(self):
        """A file becomes a picture; a folder a sheet, even if it holds no more than one."""
        os.mkdir("in")
        pixels = self.picture("in/a.png", 3, 2)
        self.translate("negative.safetensors", "in/a.png", "--out", "x.png")
        self.assertEqual(read_png("x.png"), (3, 2, 1, negative(pixels)))
        self.translate("negative.safetensors", "in", "--out", "x.png")
        rows = [pixels[i : i + 3] + b"\0" + negative(pixels[i : i + 3]) for i in (0, 3)]
        self.assertEqual(read_png("x.png"), (7, 2, 1, b"".join(rows)))

    def test_fixed_size(self):
        """Else they are brought to its size as the run's data were, by its notes, or as --fit says."""
        pixels = self.picture("wide.png", 24, 12)
        write_npy("wide.npy", "|u1", (1, 12, 24), pixels)
        for fit in ("pad", "stretch", "crop"):
            note = (("inputs", "picture"), ("range", "-1 1"), ("fit", fit))
            write_model("n.safetensors", "input 12 12 1\naffine -1 0", note)
            data = "npy path=wide.npy size=12 fit=" + fit
            self.translate("n.safetensors", "--data", data, "--out", "a.npy")
            expected = read_npy("a.npy")
            self.translate("n.safetensors", "wide.png", "--out", "b.npy")
            self.assertEqual(read_npy("b.npy"), expected)
            self.translate("n.safetensors", "wide.npy", "--out", "b.npy")
            self.assertEqual(read_npy("b.npy"), expected)
            write_model("m.safetensors", "input 12 12 1\naffine -1 0")
            self.translate("m.safetensors", "wide.png", "--fit", fit, "--out", "b.npy")
            self.assertEqual(read_npy("b.npy"), expected)
            if fit == "pad":
                self.translate("m.safetensors", "wide.png", "--out", "b.npy")
                self.assertEqual(read_npy("b.npy"), expected)

    def test_the_runs_fit(self):
        """A run's checkpoint, and the file of its network, know what its data did."""
        self.picture("wide.png", 24, 12)
        data = "idx path=pictures.idx size=12 fit=crop"
        write_text("v.recipe", VAE.replace("idx path=pictures.idx", data))
        self.good("train", "v.recipe", "--out", "run", "--steps", "2")
        for source in ("run", "run/encoder.safetensors"):
            codes = []
            for flags in ((), ("--fit=crop",), ("--fit=pad",)):
                self.good("encode", source, "wide.png", "--out", "x.npy", *flags)
                codes.append(read_codes("x.npy"))
            self.assertEqual(codes[0], codes[1])
            self.assertNotEqual(codes[0], codes[2])

    def test_channels(self):
        colours = self.picture("rgb.png", 5, 4, 3)
        grey = self.picture("grey.png", 5, 4)
        self.translate("negative.safetensors", "rgb.png", "--out", "a.png")
        luminance = [sum(w * v for w, v in zip((0.299, 0.587, 0.114), colours[i : i + 3])) for i in range(0, 60, 3)]
        for made, value in zip(read_png("a.png")[3], luminance):
            self.assertLessEqual(abs(255 - made - value), 0.51)
        write_model("rgb.safetensors", "input any any 3\naffine -1 0")
        self.translate("rgb.safetensors", "grey.png", "--out", "b.png")
        self.assertEqual(read_png("b.png"), (5, 4, 3, bytes(255 - v for v in grey for _ in range(3))))
        self.translate("rgb.safetensors", "rgb.png", "--out", "c.ppm")
        self.translate("rgb.safetensors", "c.ppm", "--out", "d.png")
        self.assertEqual(read_png("d.png")[3], colours)
        write_model("five.safetensors", "input any any 5\naffine -1 0")
        message = "gan translate: grey.npy: picture 0: gan_image_fit: 5 channels cannot be made of 3; it is H x W x C = 4x5x3"
        write_npy("grey.npy", "|u1", (1, 4, 5, 3), colours)
        self.bad(3, message, "translate", "five.safetensors", "grey.npy", "--out", "x.npy")
        # What one picture of an array is not, none is: they are not named one after the other.
        write_npy("grey.npy", "|u1", (2, 2, 5, 3), colours)
        self.bad(3, message.replace("4x", "2x"), "translate", "five.safetensors", "grey.npy", "--out", "x")

    def test_alpha(self):
        """Of an array's bytes as of a file's: on black."""
        pixels = self.picture("a.png", 5, 4, 4)
        write_npy("a.npy", "|u1", (1, 4, 5, 4), pixels)
        write_model("rgb.safetensors", "input any any 3\naffine -1 0")
        for model in ("negative.safetensors", "rgb.safetensors"):
            self.translate(model, "a.png", "--out", "b.png")
            self.translate(model, "a.npy", "--out", "b.npy")
            width, height, channels, made = read_png("b.png")
            self.assertEqual(read_npy("b.npy"), ((1, height, width, channels), made))
        over = [round(255 - v * pixels[i // 3 * 4 + 3] / 255) for i, v in enumerate(pixels[i] for i in range(80) if i % 4 < 3)]
        for value, expected in zip(made, over):
            self.assertLessEqual(abs(value - expected), 1)


class Folders(Files):
    def test_broken_files(self):
        """They are named and counted, the rest goes on."""
        pixels = self.photos()
        write_text("photos/3.png", "torn")
        write_text("photos/zero.ppm", "")
        code, out, err = self.gan("translate", "negative.safetensors", "photos", "--out", "out")
        self.assertEqual((code, out), (3, ""))
        lines = err.splitlines()
        self.assertEqual(lines[0], "gan translate: photos/3.png: neither PNG nor JPEG nor PNM nor PAM")
        self.assertRegex(lines[1], r"^gan translate: photos/zero\.ppm: .+$")
        self.assertEqual(lines[2:], ["gan translate: 2 of 8 pictures could not be made"])
        whole = sorted(path for path in pixels if path != "3.png")
        self.assertEqual(tree("out"), whole)
        for path in whole:
            self.assertEqual(read_png("out/" + path)[3], negative(pixels[path]))
        # In an array no row may be missing.
        message = "gan translate: photos/3.png: neither PNG nor JPEG nor PNM nor PAM"
        self.bad(3, message, "translate", "negative.safetensors", "photos", "--out", "x.npy")
        self.bad(3, message, "translate", "negative.safetensors", "photos", "--out", "x.png")
        self.bad(3, message, "translate", "negative.safetensors", "photos/3.png", "--out", "x.png")
        self.assertEqual([n for n in os.listdir(".") if n.startswith("x.")], [])

    @unittest.skipIf(not hasattr(os, "mkfifo"), "needs mkfifo")
    def test_pipes(self):
        """What is no file is not waited for."""
        pixels = self.photos()
        os.mkfifo("photos/pipe.png")
        self.translate("negative.safetensors", "photos", "--out", "out")
        self.assertEqual(tree("out"), sorted(pixels))

    def test_long_names(self):
        """The longest that a file can have, too."""
        os.mkdir("in")
        for length in (100, 250, 251):
            self.picture("in/" + "n" * length + ".png", 3, 2)
        self.translate("negative.safetensors", "in", "--out", "out")
        self.assertEqual(tree("out"), tree("in"))

    def test_after_a_kill(self):
        """What a killed one left half written is gone after the next."""
        pixels = self.photos()
        os.makedirs("out/in/ner")
        for name in ("out/0.png.tmp", "out/in/ner/1.png.tmp"):
            write_text(name, "half")
        self.translate("negative.safetensors", "photos", "--out", "out")
        self.assertEqual(tree("out"), sorted(pixels))

    @unittest.skipIf(not shutil.which("cc") or sys.platform != "linux", "needs cc and LD_PRELOAD")
    def test_no_waiting(self):
        """Pictures of a folder are moved into place, but none waits for the disk."""
        pixels = self.photos()
        write_text("watch.c", WATCH)
        subprocess.check_call(["cc", "-shared", "-fPIC", "-o", "watch.so", "watch.c", "-ldl"])
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        watched = dict(os.environ, LD_PRELOAD="./watch.so", ASAN_OPTIONS=sanitizer)
        words = ("translate", "negative.safetensors", "photos", "--out", "out")
        self.assertEqual(self.gan(*words, env=watched), (0, "", ""))
        calls = read_text("calls").splitlines()
        self.assertEqual(calls, ["rename out/" + name for name in sorted(pixels)])

    def test_a_picture_that_the_network_cannot_take(self):
        """Too small for its padding: named, and the others go on."""
        write_model("p.safetensors", "input any any 1\npad reflect:2")
        os.mkdir("in")
        self.picture("in/a.png", 2, 2)
        self.picture("in/b.png", 9, 9)
        code, out, err = self.gan("translate", "p.safetensors", "in", "--out", "out")
        self.assertEqual((code, out), (3, ""))
        self.assertRegex(err, r"^gan translate: in/a\.png: .*\n.* 1 of 2 pictures could not be made\n$")
        self.assertEqual(read_png("out/b.png")[:3], (13, 13, 1))

    def test_names(self):
        """Relative ones stay; two that would be one are refused before anything is made."""
        for folder in ("a", "b", "a/in"):
            os.makedirs(folder, exist_ok=True)
        one = self.picture("a/1.png", 3, 2)
        self.picture("b/1.png", 3, 2)
        other = self.picture("a/in/1.png", 3, 2)
        self.translate("negative.safetensors", "a", "--out", "out/new")
        self.assertEqual(tree("out/new"), ["1.png", "in/1.png"])
        self.assertEqual(read_png("out/new/in/1.png")[3], negative(other))
        message = "gan translate: a/1.png and b/1.png would both be x/1.png"
        self.bad(2, message, "translate", "negative.safetensors", "a/1.png", "b", "--out", "x")
        shutil.copy("a/1.png", "2.png")
        self.bad(2, message, "translate", "negative.safetensors", "a/1.png", "2.png", "b", "--out", "x")
        shutil.copy("out/new/1.png", "a/1.ppm")
        message = "gan translate: a/1.png and a/1.ppm would both be x/1.png"
        self.bad(2, message, "translate", "negative.safetensors", "a", "--out", "x")
        self.assertFalse(os.path.exists("x"))
        os.remove("a/1.png")
        self.translate("negative.safetensors", "a/1.ppm", "--out", "x")  # told by its bytes
        self.assertEqual(read_png("x/1.png")[3], one)

    def test_out_beside_its_source(self):
        """A folder of results in the one of the pictures is no source, and no picture is lost."""
        pixels = self.photos()
        for _ in range(2):
            self.translate("negative.safetensors", "photos", "--out", "photos/out")
            self.assertEqual(tree("photos/out"), sorted(pixels))
        for out in ("photos", "photos/", "photos/in/..", "./photos"):
            message = "gan translate: --out %s: that is the folder of the pictures; give another"
            self.bad(2, message % out, "translate", "negative.safetensors", "photos", "--out", out)
        message = "gan translate: --out photos: photos/0.png is the picture itself; give another folder"
        self.bad(2, message, "translate", "negative.safetensors", "photos/0.png", "--out", "photos")
        message = "gan translate: --out photos/0.png: that is the picture itself; give another name"
        self.bad(2, message, "translate", "negative.safetensors", "photos/0.png", "--out", "photos/0.png")
        os.symlink("0.png", "photos/link.png")
        message = "gan translate: --out photos/link.png: that is the picture itself; give another name"
        self.bad(2, message, "translate", "negative.safetensors", "photos/0.png", "--out", "photos/link.png")
        self.assertEqual(read_png("photos/0.png")[3], pixels["0.png"])

    def test_out_is_no_source(self):
        """Nor is it an array, or what --data is read from."""
        pixels = self.photos()
        write_npy("a.npy", "|u1", (2, 4, 5, 1), bytes(40))
        before = read_bytes("a.npy")
        os.symlink("a.npy", "link.npy")
        for out in ("a.npy", "./a.npy", "link.npy"):
            message = "gan %s: --out %s: that is the array itself; give another name"
            self.bad(2, message % ("translate", out), "translate", "negative.safetensors", "a.npy", "--out", out)
            message = "gan translate: --out %s: --data is read from there; give another"
            spec = "npy path=a.npy"
            self.bad(2, message % out, "translate", "negative.safetensors", "--data", spec, "--out", out)
        spec = 'images path="photos/in" size=8 channels=1'
        self.bad(2, message % "photos/in", "translate", "negative.safetensors", "--data", spec, "--out", "photos/in")
        self.assertEqual(read_bytes("a.npy"), before)
        self.assertEqual(read_png("photos/0.png")[3], pixels["0.png"])

    def test_names_stay_on_their_line(self):
        os.mkdir("odd")
        write_text("odd/x\nfake: \033[31m.png", "junk")
        message = "gan translate: odd/x?fake: ?[31m.png: neither PNG nor JPEG nor PNM nor PAM"
        code, _, err = self.gan("translate", "negative.safetensors", "odd", "--out", "out")
        self.assertEqual((code, err.splitlines()[0]), (3, message))

    def test_links(self):
        """Links to folders are followed, but not round and round."""
        pixels = self.photos()
        os.symlink("..", "photos/in/up")
        os.symlink(os.path.abspath("photos"), "photos/self")
        os.symlink("photos", "there")
        self.translate("negative.safetensors", "there", "--out", "out")
        self.assertEqual(tree("out"), sorted(pixels))

    def test_messages(self):
        self.photos()
        os.mkdir("empty")
        write_text("a.file", "")
        os.mkdir("x.png")
        write_npy("flat.npy", "|u1", (4, 4), bytes(16))
        write_npy("long.npy", "<i8", (1, 2, 2), bytes(32))
        write_npy("none.npy", "|u1", (0, 2, 2), b"")
        write_npy("high.npy", "<f4", (2, 1, 1), struct.pack("<2f", 1, 255))
        write_npy("nan.npy", "<f4", (2, 1, 1), struct.pack("<2f", float("nan"), 0))
        write_text("torn.npy", "torn")
        form = "pictures are uint8, or float32 in [-1, 1], N x H x W or N x H x W x C"
        beyond = "; numbers lie in [-1, 1], bytes are uint8"
        for code, message, *words in (
            (3, "empty: no picture in it: no .png, .jpg, .pnm, .pam", "empty"),
            (3, "flat.npy: uint8 of 2 dimensions; " + form, "flat.npy"),
            (3, "long.npy: integers of 3 dimensions; " + form, "long.npy"),
            (3, "none.npy: no picture in it", "none.npy"),
            (3, "high.npy: picture 1 has the value 255" + beyond, "high.npy"),
            (3, "nan.npy: picture 0 has the value nan" + beyond, "nan.npy"),
            (3, "gone.npy: cannot be opened: no such file or folder", "gone.npy"),
            (2, "flat.npy: an .npy file is given alone", "flat.npy", "photos"),
            (4, "--out a.file: it is a file, and pictures without .png behind the name go to a folder", "photos", "--out=a.file"),
            (4, "cannot make the folder a.file/out: Not a directory", "photos", "--out=a.file/out"),
            (4, "cannot write x.png: Is a directory", "photos", "--out=x.png"),
            (4, "cannot write gone/x.npy: No such file or directory", "photos", "--out=gone/x.npy"),
        ):
            out = () if any(w.startswith("--out") for w in words) else ("--out", "new")
            self.bad(code, "gan translate: " + message, "translate", "negative.safetensors", *words, *out)
        code, out, err = self.gan("translate", "negative.safetensors", "gone.png", "photos/0.png", "--out", "new")
        end = "gan translate: 1 of 2 pictures could not be made\n"
        self.assertEqual((code, err), (3, "gan translate: gone.png: cannot be opened: no such file or folder\n" + end))
        self.assertEqual(tree("new"), ["0.png"])
        code, out, err = self.gan("translate", "negative.safetensors", "torn.npy", "--out", "new")
        self.assertEqual(code, 3)
        self.assertRegex(err, r"^gan translate: torn\.npy: .+\n$")

    @unittest.skipIf(not os.path.exists("/dev/full"), "needs /dev/full")
    def test_full_disk(self):
        """An output that cannot be written ends the command, whatever it is."""
        self.photos()
        os.symlink("/dev/full", "full.npy")
        message = "gan translate: cannot write full.npy: No space left on device"
        self.bad(4, message, "translate", "negative.safetensors", "photos", "--out", "full.npy")

    @unittest.skipIf(resource is None, "needs limits of files")
    def test_full_disk_of_a_folder(self):
        """The picture that found no room is named, and nothing of it stays."""
        os.mkdir("in")
        for i, side in enumerate((4, 100, 4)):
            self.picture("in/%d.png" % i, side, side)
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        result = self.gan("translate", "negative.safetensors", "in", "--out", "out", preexec_fn=limit)
        self.assertEqual(result, (4, "", "gan translate: cannot write out/1.png: File too large\n"))
        self.assertEqual(tree("out"), ["0.png"])

    def test_interrupted(self):
        """Ctrl-C: what is there is whole, and 130."""
        os.mkdir("many")
        self.picture("many/0.png", 200, 200)
        for i in range(1, 600):
            os.link("many/0.png", "many/%d.png" % i)
        shapes = [("0", 1), ("2", 16), ("4", 16)]
        tensors = [t for n, c in shapes for t in (
            (n + ".weight", [16, c, 3, 3], [0.1] * (144 * c)), (n + ".bias", [16], [0.0] * 16))]
        tensors += [("6.weight", [1, 16, 4, 4], [0.01] * 256), ("6.bias", [1], [0.0])]
        text = "input any any 1\nconv2d 16 kernel=3 stride=1 pad=1; tanh\n"
        text += "conv2d 16 kernel=3 stride=1 pad=1; tanh\n" * 2 + "conv2d 1 kernel=4 stride=2 pad=1\n"
        metadata = {"gan.format": "1.0", "gan.kind": "model", "gan.text": text}
        write_safetensors("slow.safetensors", metadata, tensors)
        process = self.start("translate", "slow.safetensors", "many", "--out", "out", "--threads=1")
        self.wait_for(lambda: os.path.exists("out") and len(os.listdir("out")) > 2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT)
        self.assertEqual((process.returncode, out), (130, b""))
        done = re.fullmatch(r"stopped after (\d+) of 600 pictures\n", err.decode())
        self.assertTrue(done, err)
        self.assertEqual(len(tree("out")), int(done.group(1)))
        for name in tree("out"):
            self.assertEqual(read_png("out/" + name)[:2], (100, 100))
        process = self.start("translate", "slow.safetensors", "many", "--out", "x.npy", "--threads=1")
        self.wait_for(lambda: os.path.exists("x.npy.tmp"))
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=LIMIT)
        self.assertEqual((process.returncode, out), (143, b""))
        self.assertRegex(err.decode(), r"^stopped after \d+ of 600 pictures; nothing is saved\n$")
        self.assertEqual([n for n in os.listdir(".") if n.startswith("x.")], [])


class Codes(Files):
    def test_folder(self):
        """Rows in the order of names: those of the files, and of an array of them."""
        write_text("v.recipe", VAE)
        self.good("train", "v.recipe", "--out", "run", "--steps", "2")
        pixels = self.photos()
        names = sorted(pixels)
        self.good("encode", "run", "photos", "--out", "a.npy")
        shape, codes = read_codes("a.npy")
        self.assertEqual(shape, (7, 6))
        self.assertEqual(len(set(codes)), 42)
        self.good("encode", "run", *["photos/" + name for name in names], "--out", "b.npy")
        self.assertEqual(read_bytes("b.npy"), read_bytes("a.npy"))
        write_npy("all.npy", "|u1", (7, SIDE, SIDE), b"".join(pixels[n] for n in names))
        self.good("encode", "run", "all.npy", "--from", "image", "--out", "b.npy")
        self.assertEqual(read_bytes("b.npy"), read_bytes("a.npy"))
        message = "gan encode: run/decoder.safetensors: it is no network that makes codes of pictures"
        self.bad(3, message, "encode", "run/decoder.safetensors", "photos", "--out=x.npy")
        message = "gan translate: run/encoder.safetensors: it is no network that makes pictures of pictures"
        self.bad(3, message, "translate", "run/encoder.safetensors", "photos", "--out=x.npy")
        message = "gan encode: run: no route from 'x' of it makes codes of pictures; there are: "
        there = "'image > code > image', 'image > code', 'code > image', 'code > image > code'"
        self.bad(2, message + there, "encode", "run", "photos", "--from=x", "--out=x.npy")
        write_text("photos/3.png", "torn")
        message = "gan encode: photos/3.png: neither PNG nor JPEG nor PNM nor PAM"
        self.bad(3, message, "encode", "run", "photos", "--out", "x.npy")

    def test_many_files(self):
        """As many as a command line holds, and all of them what they would be in a folder."""
        write_text("v.recipe", VAE)
        self.good("train", "v.recipe", "--out", "run", "--steps", "2")
        pixels = self.photos("photos", 1100)
        files = ["photos/" + name for name in sorted(pixels)]
        self.good("encode", "run", "photos", "--out", "a.npy")
        self.good("encode", "run", *files[:600], "--out", "b.npy", *files[600:])
        self.assertEqual(read_codes("a.npy")[0], (1100, 6))
        self.assertEqual(read_bytes("b.npy"), read_bytes("a.npy"))
        self.good("translate", "negative.safetensors", *files, "--out", "out")
        self.assertEqual(len(tree("out")), 1100)
        for file in (files[0], files[1023], files[1099]):
            made = read_png("out/" + os.path.basename(file))[3]
            self.assertEqual(made, negative(pixels[file[len("photos/") :]]))

    def test_folders_in_the_order_of_data_sets(self):
        """A folder before another whose name goes on with a byte below the slash."""
        write_text("v.recipe", VAE)
        self.photos()
        self.good("train", "v.recipe", "--out", "run", "--steps", "2")
        for i, name in enumerate(("cat", "cat small", "cat-big", "dog")):
            os.makedirs("classes/" + name)
            for k in range(2):
                pixels = random.Random(10 * i + k).randbytes(SIZE)
                write_png("classes/%s/%d.png" % (name, k), SIDE, SIDE, 1, pixels)
        self.good("encode", "run", "classes", "--out", "a.npy")
        self.good("encode", "run", "--data", "images path=classes", "--out", "b.npy")
        self.assertEqual(read_codes("a.npy"), read_codes("b.npy"))


if __name__ == "__main__":
    case.main()
