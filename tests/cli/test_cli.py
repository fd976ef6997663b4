"""The gan command from outside: test_cli.py GAN SOURCE.

GAN is the program, SOURCE the project's folder. Every test works in a folder of its own, with small
networks on pictures of 12 x 12 that it writes itself. Python's standard library is all it needs."""

import fcntl
import gzip
import json
import math
import os
import pty
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
import zlib

GAN = SOURCE = None
LIMIT = 120  # seconds for one call, on a machine that does other things

RECIPE = """[context]
seed=3 threads=1

[model.generator]
input 8
dense 24; leaky_relu 0.2
dense 144; tanh
reshape 12 12 1

[model.discriminator]
input 12 12 1
dense 16; leaky_relu 0.2
dense 1

[data.real]
idx path=pictures.idx

[trainer]
gan loss=non_saturating

[run]
steps=20 batch=8
sample_every=10 save_every=5 log_every=5 samples=9
"""

PROGRESS = re.compile(
    r"step \d+/\d+  loss D \d+\.\d{3} G \d+\.\d{3}  \d+ images/s  (\d+:)?\d+:\d\d left"
    r"  accuracy real \d\.\d{3} fake \d\.\d{3}"
)
RUN_FILES = [
    "checkpoint.safetensors",
    "generator.safetensors",
    "log.jsonl",
    "run.recipe",
    "sheet.png",
    "sheets",
]


def write_idx(path, count, height, width):
    pixels = bytes((i * i + 7 * i // width) % 256 for i in range(count * height * width))
    with open(path, "wb") as file:
        file.write(struct.pack(">4B3I", 0, 0, 8, 3, count, height, width) + pixels)


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def read_text(path):
    return read_bytes(path).decode()


def write_text(path, text):
    with open(path, "w") as file:
        file.write(text)


def read_npy(path):
    """Shape and bytes of an array of uint8 in row order."""
    data = read_bytes(path)
    magic, major, minor, length = struct.unpack("<6sBBH", data[:10])
    header = data[10 : 10 + length].decode("latin-1")
    assert (magic, major, minor) == (b"\x93NUMPY", 1, 0), data[:10]
    assert (10 + length) % 64 == 0 and header.endswith("\n"), header
    shape = re.fullmatch(
        r"\{'descr': '\|u1', 'fortran_order': False, 'shape': \(([0-9, ]+)\), \} *\n", header
    )
    assert shape, header
    return tuple(int(n) for n in shape.group(1).split(",") if n.strip()), data[10 + length :]


def read_png(path):
    """Width, height, channels and pixels of an 8-bit PNG without palette or interlace."""
    data = read_bytes(path)
    assert data[:8] == b"\x89PNG\r\n\x1a\n", data[:8]
    at, packed = 8, b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
        assert zlib.crc32(kind + body) == check, kind
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlace = struct.unpack(">2I5B", body)
            assert depth == 8 and not interlace
        if kind == b"IDAT":
            packed += body
        at += 12 + length
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    return width, height, channels, unfilter(zlib.decompress(packed), width * channels, channels)


def unfilter(raw, stride, step):
    above, pixels = bytearray(stride), bytearray()
    for start in range(0, len(raw), stride + 1):
        line = bytearray(raw[start + 1 : start + 1 + stride])
        for i in range(stride):
            a = line[i - step] if i >= step else 0
            b, c = above[i], above[i - step] if i >= step else 0
            paeth = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            line[i] = (line[i] + (0, a, b, (a + b) // 2, paeth)[raw[start]]) % 256
        pixels += line
        above = line
    return bytes(pixels)


def write_safetensors(path, metadata, tensors=()):
    header, data = {"__metadata__": metadata}, b""
    for name, shape, values in tensors:
        packed = struct.pack("<%df" % len(values), *values)
        place = [len(data), len(data) + len(packed)]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": place}
        data += packed
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


# Preloaded: appends what is made durable and what is moved to the file "calls".
WATCH = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
static void note(const char *what, const char *path)
{
    FILE *file = fopen("calls", "a");
    if (!file) return;
    fprintf(file, "%s %s\n", what, path);
    fclose(file);
}
int fsync(int file)
{
    char link[64], path[4096];
    int (*next)(int);
    *(void **)&next = dlsym(RTLD_NEXT, "fsync");
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    long length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    note("fsync", path);
    return next(file);
}
int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *);
    *(void **)&next = dlsym(RTLD_NEXT, "rename");
    note("rename", to);
    return next(from, to);
}
"""


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="gan-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)
        home = os.getcwd()
        self.addCleanup(os.chdir, home)
        os.chdir(self.folder)
        write_idx("pictures.idx", 50, 12, 12)
        write_text("a.recipe", RECIPE)

    def start(self, *words, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        process = subprocess.Popen([GAN, *words], stdin=subprocess.DEVNULL, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def gan(self, *words, **options):
        """Exit code, standard output, standard error."""
        process = self.start(*words, **options)
        out, err = process.communicate(timeout=LIMIT)
        return process.returncode, (out or b"").decode(), (err or b"").decode()

    def good(self, *words):
        """Standard output of a call that must succeed."""
        code, out, err = self.gan(*words)
        self.assertEqual(code, 0, err)
        return out

    def bad(self, code, message, *words):
        """A call that must fail, with this and nothing else on standard error."""
        self.assertEqual(self.gan(*words), (code, "", message + "\n"), words)

    def edit(self, old, new):
        self.assertIn(old, RECIPE)
        write_text("b.recipe", RECIPE.replace(old, new))

    def same(self, a, b, names=("checkpoint.safetensors", "generator.safetensors", "sheet.png")):
        for name in names:
            self.assertTrue(
                read_bytes(os.path.join(a, name)) == read_bytes(os.path.join(b, name)),
                "%s of %s and %s differ" % (name, a, b),
            )

    def steps(self, folder):
        """The steps that log.jsonl has lines of; every line is checked to be JSON."""
        with open(os.path.join(folder, "log.jsonl")) as file:
            return [json.loads(line)["step"] for line in file]

    def wait_for(self, condition):
        end = time.monotonic() + LIMIT
        while not condition():
            self.assertLess(time.monotonic(), end, "waited too long")
            time.sleep(0.002)


class Help(Case):
    def test_overview(self):
        text = self.good("--help")
        for name in ("train", "sample", "info", "bench", "help"):
            self.assertRegex(text, r"\n  %s +\w" % name)
        self.assertIn("129, 130 or 143 stopped", text)
        self.assertEqual(self.gan("-h"), (0, text, ""))
        self.assertEqual(self.gan(), (2, "", text))

    def test_version(self):
        header = read_text(os.path.join(SOURCE, "include/gan/status.h"))
        version = re.search(r'GAN_VERSION "([^"]+)"', header).group(1)
        self.assertEqual(self.gan("--version"), (0, "gan %s\n" % version, ""))

    def test_commands(self):
        for name in ("train", "sample", "info", "bench"):
            text = self.good(name, "--help")
            self.assertTrue(text.startswith("usage: gan %s " % name), text)
            self.assertRegex(text, r"\n  --help +this text\n")
            self.assertEqual(self.good(name, "-h"), text)
            self.assertEqual(self.good("help", name), text)

    def test_kinds(self):
        text = self.good("help")
        for group in ("layer", "block", "loss", "optimizer", "trainer", "data", "context", "run"):
            self.assertIn("\n%s\n  " % group, text)
        for name in re.findall(r"^  ([a-z0-9_]+) ", text, re.M):
            self.assertIn("%s (" % name, self.good("help", name))
        run = self.good("help", "run")
        for left, right in (
            ("steps=1000", "steps of the whole training [at least 1]"),
            ("samples=64", "pictures on a sheet [1 to 65536]"),
        ):
            self.assertIn("  %-28s %s\n" % (left, right), run)
        self.assertIn(
            "[minimax|non_saturating|lsgan|hinge|wgan]\n", self.good("help", "gan")
        )
        for line in ("role generator +\w", "feed real +\w", "group generator", "value loss.generator"):
            self.assertRegex(self.good("help", "gan"), r"\n  %s.*\n" % line)
        self.assertIn("  join=add ", self.good("help", "residual"))
        self.assertRegex(self.good("help", "dense"),
                         r"\n  features= .* \[required\] \[also without its name\] \[1 to \d+\]\n")
        self.assertRegex(self.good("help", "dropout"),
                         r"\n  p=0.5 [^\[]*\[also without its name\] \[0 to 1\]\n")
        self.assertRegex(self.good("help", "idx"), r"\n  path= [^\[]*\[required\]\n")
        self.bad(2, "gan help: there is no kind 'conv9d'; gan help lists all", "help", "conv9d")

    def test_full_output(self):
        with open("/dev/full", "w") as full:
            code, _, err = self.gan("help", stdout=full)
        message = "gan: standard output cannot be written: No space left on device\n"
        self.assertEqual((code, err), (4, message))

    def test_unknown_tier(self):
        """Every command that makes a context passes the library's warnings on."""
        self.good("train", "a.recipe", "--out", "run", "--steps", "1")
        environment = dict(os.environ, GAN_CPU="axv2")
        for name, *words in (
            ("sample", "run", "--count", "1", "--out", "x.png"),
            ("info", "run"),
            ("bench", "--case", "product.8x8x8", "--rounds", "1"),
        ):
            code, _, err = self.gan(name, *words, env=environment)
            self.assertEqual(code, 0, err)
            warning = r"gan %s: GAN_CPU is 'axv2'; it can be generic, .+\n" % name
            self.assertRegex(err, "^%s$" % warning)


class Usage(Case):
    def test_messages(self):
        for message, *words in (
            ("gan: there is no command 'trian'; see gan --help", "trian"),
            ("gan train: usage: gan train RECIPE --out DIR", "train"),
            ("gan train: --out DIR is missing: where the run is kept", "train", "a.recipe"),
            ("gan train: --out needs DIR", "train", "a.recipe", "--out"),
            ("gan train: --out is empty; it needs DIR", "train", "a.recipe", "--out", ""),
            ("gan train: --out is empty; it needs DIR", "train", "a.recipe", "--out="),
            ("gan train: unknown flag --ot; see gan train --help", "train", "a.recipe", "--ot"),
            ("gan train: unknown flag -o; see gan train --help", "train", "a.recipe", "-o", "d"),
            ("gan train: --out is given twice", "train", "a.recipe", "--out=d", "--out", "e"),
            (
                "gan train: unexpected 'b'; usage: gan train RECIPE --out DIR",
                "train",
                "a.recipe",
                "b",
            ),
            ("gan sample: usage: gan sample RUN --out FILE", "sample", "--out", "x.png"),
            ("gan bench: --json takes no value", "bench", "--json=1"),
            ("gan bench: there is no case 'product.64x64'", "bench", "--case", "product.64x64"),
            ("gan bench: there is no case 'trian'", "bench", "--case", "trian"),
            (
                "gan bench: --threads is '0'; it must be a whole number from 1 to 256",
                "bench",
                "--threads",
                "0",
            ),
        ):
            self.bad(2, message, *words)
        self.assertEqual(sorted(os.listdir(".")), ["a.recipe", "pictures.idx"])

    def test_overrides(self):
        for message, *words in (
            ("--set run.steps: give SECTION.KEY=VALUE", "--set", "run.steps"),
            ("a.recipe: 'steps' is not SECTION.KEY", "--set", "steps=3"),
            ("run: unknown option 'step', did you mean 'steps'?", "--set", "run.step=3"),
            ("run: 'steps' must be at least 1, not '0'", "--steps", "0"),
            ("context: 'threads' needs a whole number, not 'two'", "--threads", "two"),
            (
                "context: 'precision' is one of fp32, split, bf16, not 'fp8'",
                "--precision",
                "fp8",
            ),
        ):
            self.bad(2, "gan train: " + message, "train", "a.recipe", "--out", "run", *words)
        self.assertFalse(os.path.exists("run"))


class Recipes(Case):
    def test_errors(self):
        for old, new, message in (
            (
                "leaky_relu 0.2\ndense 144",
                "leeky_relu 0.2\ndense 144",
                "[model.generator]: model: unknown layer 'leeky_relu', did you mean"
                " 'leaky_relu'? (line 6, column 11)",
            ),
            (
                "dense 144",
                "dense 143",
                "[model.generator]: model: layer 4 (line 8, column 1): reshape: 1x1x143 has 143"
                " numbers, not 144",
            ),
            (
                "steps=20",
                "stepz=20",
                "[run]: run: unknown option 'stepz', did you mean 'steps'? (line 22, column 1)",
            ),
            (
                "steps=20",
                "steps=many",
                "[run]: run: 'steps' needs a whole number, not 'many' (line 22, column 7)",
            ),
            (
                "samples=9",
                "samples=9 samples=8",
                "[run]: run: given twice: option 'samples' (line 23, column 52)",
            ),
            (
                "model.generator",
                "model.genrator",
                "unknown section 'model.genrator', did you mean 'model.generator'?"
                " (line 4, column 2)",
            ),
            ("[run]", "[run", "']' is missing (line 21, column 5)"),
            (
                "loss=non_saturating",
                "loss=vanilla",
                "[trainer]: gan: 'loss' is one of minimax, non_saturating, lsgan, hinge, wgan,"
                " not 'vanilla' (line 19, column 10)",
            ),
            (
                "gan loss",
                "gen loss",
                "[trainer]: trainer: unknown kind 'gen', did you mean 'gan'? (line 19, column 1)",
            ),
            ("[trainer]\ngan loss=non_saturating\n", "", "there is no [trainer] section"),
            (
                "pictures.idx",
                "missing.idx",
                "[data.real]: %s/missing.idx: cannot be opened: no such file or folder"
                % self.folder,
            ),
        ):
            self.edit(old, new)
            message = "gan train: b.recipe: " + message
            self.bad(3, message, "train", "b.recipe", "--out", "run")
            self.assertFalse(os.path.exists("run"))

    def test_files(self):
        reason = "gan train: c.recipe: cannot be opened: no such file or folder"
        self.bad(3, reason, "train", "c.recipe", "--out", "run")
        self.bad(3, "gan train: .: cannot be read: it is a folder", "train", ".", "--out", "run")

    def test_misfits(self):
        """What does not go together is said before the first step."""
        self.edit("input 12 12 1\ndense 16", "input 12 11 1\ndense 16")
        self.bad(
            3,
            "gan train: gan: the generator makes pictures of 12x12x1, the discriminator takes"
            " 12x11x1",
            "train",
            "b.recipe",
            "--out",
            "run",
        )
        message = "clip=0.01 with loss=non_saturating: only loss=wgan cuts the discriminator's"
        words = ("a.recipe", "--out", "run", "--set", "trainer.clip=0.01")
        self.bad(3, "gan train: gan: %s parameters" % message, "train", *words)
        head, tail = RECIPE.split("[model.discriminator]")
        write_text("b.recipe", head + tail[tail.index("[data") :])
        code, out, err = self.gan("train", "b.recipe", "--out", "run")
        self.assertEqual(out, "")
        self.assertEqual(err, "gan train: gan: the role 'discriminator' has no model\n")
        write_idx("pictures.idx", 5, 11, 12)
        code, out, err = self.gan("train", "a.recipe", "--out", "run")
        self.assertEqual((code, out), (3, ""))
        self.assertEqual(
            err,
            "gan train: gan: the feed 'real' has pictures of 11x12x1, the discriminator takes"
            " 12x12x1\n",
        )
        self.assertFalse(os.path.exists("run"))


class Training(Case):
    def test_folder(self):
        code, out, err = self.gan("train", "a.recipe", "--out", "deep/er/run/")
        self.assertEqual((code, out), (0, "deep/er/run/sheet.png\n"))
        lines = err.splitlines()
        self.assertEqual(len(lines), 4)
        for line in lines:
            self.assertTrue(PROGRESS.fullmatch(line), line)
        os.chdir("deep/er/run")
        self.assertEqual(sorted(os.listdir(".")), RUN_FILES)
        self.assertEqual(os.listdir("sheets"), ["000010.png"])
        self.assertEqual(self.steps("."), [5, 10, 15, 20])
        with open("log.jsonl") as file:
            line = json.loads(file.readline())
        for name in ("loss.discriminator", "loss.generator", "accuracy.real", "accuracy.fake"):
            self.assertIsInstance(line[name], (int, float))
        self.assertEqual(read_png("sheet.png")[:3], (3 * 12 + 2, 3 * 12 + 2, 1))

    def test_never(self):
        """0 is never: no sheets, no lines, one checkpoint at the end."""
        never = [w for k in ("sample", "save", "log") for w in ("--set", "run.%s_every=0" % k)]
        result = self.gan("train", "a.recipe", "--out", "run", *never)
        self.assertEqual(result, (0, "run/sheet.png\n", ""))
        self.assertEqual(sorted(os.listdir("run")), RUN_FILES)
        self.assertEqual(os.listdir("run/sheets"), [])
        self.assertEqual(self.steps("run"), [])
        self.good("train", "a.recipe", "--out", "other")
        self.same("run", "other")

    def test_stored_recipe(self):
        """run.recipe is the recipe with overrides, and trains the same from anywhere."""
        self.good("train", "a.recipe", "--out", "run", "--set", "trainer.loss=hinge", "--steps=6")
        os.mkdir("elsewhere")
        shutil.copy("run/run.recipe", "elsewhere")
        self.good("train", "elsewhere/run.recipe", "--out", "other", "--threads", "2")
        self.same("run", "other")
        self.good("train", "run/run.recipe", "--out", "run")

    def test_bundled_pictures(self):
        recipe = os.path.join(SOURCE, "examples/recipes/fashion-mlp.recipe")
        self.good("train", recipe, "--out", "run", "--steps", "2", "--set", "run.batch=4")
        self.assertEqual(read_png("run/sheet.png")[:3], (8 * 28 + 7, 8 * 28 + 7, 1))

    def test_no_pictures(self):
        """A generator whose output no picture file holds trains, without sheets."""
        text = RECIPE.replace("reshape 12 12 1\n", "").replace(
            "input 12 12 1", "input 144"
        )
        write_text("b.recipe", text.replace("pictures.idx", "vectors.idx"))
        with open("vectors.idx", "wb") as file:
            file.write(struct.pack(">4B4I", 0, 0, 8, 4, 9, 1, 1, 144) + bytes(range(144)) * 9)
        code, out, err = self.gan("train", "b.recipe", "--out", "run", "--set", "run.log_every=0")
        self.assertEqual(
            (code, out, err),
            (
                0,
                "run/generator.safetensors\n",
                "the generator makes no pictures, so there will be no sheets: its output has"
                " more channels than the 4 of a picture\n",
            ),
        )
        self.assertFalse(os.path.exists("run/sheet.png"))
        self.good("sample", "run", "--out", "x.npy", "--count", "2")
        self.assertEqual(read_npy("x.npy")[0], (2, 1, 1, 144))
        self.bad(
            3,
            "gan sample: run/generator.safetensors: no pictures: its output has more channels"
            " than the 4 of a picture",
            "sample",
            "run",
            "--out",
            "x.png",
        )

    def test_divergence(self):
        self.edit("[run]", "[optimizer.discriminator]\nsgd lr=1e6\n[run]")
        code, out, err = self.gan("train", "b.recipe", "--out", "run")
        self.assertEqual((code, out), (5, ""))
        diverged = r"gan train: gan: [a-z.]+ is not finite in step \d+"
        self.assertRegex(err.splitlines()[-1], "^%s$" % diverged)
        skip = ("--set", "trainer.on_divergence=skip", "--set", "run.log_every=0")
        code, out, err = self.gan("train", "b.recipe", "--out", "other", *skip)
        self.assertEqual((code, out), (0, "other/sheet.png\n"))
        self.assertRegex(err, "^(%s; the step was skipped\n)+$" % diverged)

    def test_terminal(self):
        """On a terminal one line is written over, and never wraps."""
        for columns in (40, 100):
            leader, follower = pty.openpty()
            size = struct.pack("4H", 24, columns, 0, 0)
            fcntl.ioctl(follower, termios.TIOCSWINSZ, size)
            process = self.start(
                "train", "a.recipe", "--out", "run%d" % columns, stderr=follower
            )
            os.close(follower)
            shown = b""
            try:
                while True:
                    piece = os.read(leader, 4096)
                    if not piece:
                        break
                    shown += piece
            except OSError:  # the other end is closed
                pass
            os.close(leader)
            self.assertEqual(process.communicate(timeout=LIMIT)[0].decode().count("\n"), 1)
            self.assertEqual(process.returncode, 0)
            self.assertTrue(shown.startswith(b"\rstep 1/20  loss D "), shown)
            self.assertTrue(shown.endswith(b"\r\n"), shown)
            self.assertEqual(shown.count(b"\n"), 1)
            for line in shown[:-2].split(b"\r"):
                self.assertLess(len(line), columns)
            self.assertIn(b"\rstep 20/20  loss D ", shown)


class Folders(Case):
    def test_strangers(self):
        os.mkdir("mine")
        write_text("mine/log.jsonl", "precious\n")
        self.bad(
            4,
            "gan train: --out mine: it has files but no run.recipe: give a run's folder, or a new"
            " one",
            "train",
            "a.recipe",
            "--out",
            "mine",
        )
        self.assertEqual(os.listdir("mine"), ["log.jsonl"])
        self.assertEqual(read_text("mine/log.jsonl"), "precious\n")
        os.mkdir("empty")
        self.good("train", "a.recipe", "--out", "empty", "--steps", "1")

    def test_near_names(self):
        """Only what is called run.recipe makes a folder a run's."""
        os.mkdir("mine")
        for name in ("run.recipe.bak", "sheet.png"):
            write_text("mine/" + name, "precious\n")
        self.assertEqual(self.gan("train", "a.recipe", "--out", "mine")[0], 4)
        self.assertEqual(sorted(os.listdir("mine")), ["run.recipe.bak", "sheet.png"])
        self.assertEqual(read_text("mine/sheet.png"), "precious\n")
        os.mkdir("killed")
        for name in ("run.recipe.lock", "run.recipe.tmp"):
            write_text("killed/" + name, "")
        self.good("train", "a.recipe", "--out", "killed", "--steps", "1")
        self.assertEqual(sorted(os.listdir("killed")), RUN_FILES)

    def test_own_recipe(self):
        """A recipe is not replaced by its own run; that of a checkpoint is the run's."""
        os.mkdir("mine")
        text = "# by hand\n" + RECIPE.replace("pictures.idx", "../pictures.idx")
        write_text("mine/run.recipe", text)
        os.symlink("mine/run.recipe", "link.recipe")
        for path in ("mine/run.recipe", "./mine/../mine/run.recipe", "link.recipe"):
            message = (
                "gan train: --out mine: the run would write over its recipe %s; give a new folder"
            )
            self.bad(4, message % path, "train", path, "--out", "mine")
            self.assertEqual(os.listdir("mine"), ["run.recipe"])
            self.assertEqual(read_text("mine/run.recipe"), text)
        self.good("train", "mine/run.recipe", "--out", "run", "--steps", "5")
        self.good("train", "run/run.recipe", "--out", "run", "--steps", "6")

    def test_closed_streams(self):
        """A stream that the caller has closed is no file of the run."""

        def close():
            for stream in range(3):
                os.close(stream)

        closed = {"preexec_fn": close, "stdout": None, "stderr": None}
        often = ("train", "a.recipe", "--out", "run", "--set", "run.log_every=1", "--steps")
        for steps in ("10", "12"):
            self.assertEqual(self.gan(*often, steps, **closed)[0], 0)
        self.assertEqual(self.steps("run"), list(range(1, 13)))

    @unittest.skipIf(not shutil.which("cc") or sys.platform != "linux", "needs cc and LD_PRELOAD")
    def test_durable(self):
        """What replaces a file of the run is flushed before, and its folder after the move."""
        write_text("watch.c", WATCH)
        subprocess.check_call(["cc", "-shared", "-fPIC", "-o", "watch.so", "watch.c", "-ldl"])
        self.good("train", "a.recipe", "--out", "run", "--steps", "10")
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        watched = dict(os.environ, LD_PRELOAD="./watch.so", ASAN_OPTIONS=sanitizer)
        code, _, err = self.gan("train", "a.recipe", "--out", "run", env=watched)
        self.assertEqual(code, 0, err)
        run = os.path.join(self.folder, "run")
        calls = read_text("calls").splitlines()
        for name in ("run.recipe", "log.jsonl"):
            fresh = "%s/%s.tmp" % (run, name)
            at = calls.index("fsync " + fresh)
            self.assertEqual(calls[at + 1 : at + 3], ["rename run/%s" % name, "fsync " + run])

    def test_unwritable(self):
        for path, message in (
            ("a.recipe", "--out a.recipe: Not a directory"),
            ("a.recipe/run", "--out a.recipe/run: Not a directory"),
            ("/proc/run", "cannot make the folder /proc/run: No such file or directory"),
        ):
            self.bad(4, "gan train: " + message, "train", "a.recipe", "--out", path)
        code, _, err = self.gan("train", "a.recipe", "--out", "x" * 300)
        self.assertEqual(code, 4)
        # One system's libraries say "File name", another's "Filename".
        self.assertRegex(err, "^gan train: --out x{300}: File ?name too long\n$")

    @unittest.skipIf(os.geteuid() == 0, "the superuser may write everywhere")
    def test_permission(self):
        os.mkdir("locked", 0o500)
        message = "gan train: cannot make the folder locked/run: Permission denied"
        self.bad(4, message, "train", "a.recipe", "--out", "locked/run")
        self.good("train", "a.recipe", "--out", "run", "--steps", "5")
        os.chmod("run", 0o500)
        message = "gan train: cannot write run/run.recipe.lock: Permission denied"
        code, _, err = self.gan("train", "a.recipe", "--out", "run")
        os.chmod("run", 0o700)
        self.assertEqual((code, err.splitlines()[-1]), (4, message))


class Resuming(Case):
    def test_longer(self):
        self.good("train", "a.recipe", "--out", "whole")
        for steps in ("7", "8", "20"):
            self.good("train", "a.recipe", "--out", "run", "--steps", steps)
        self.same("run", "whole")
        code, out, err = self.gan("train", "a.recipe", "--out", "run")
        self.assertEqual((code, out), (0, "run/sheet.png\n"))
        self.assertEqual(err, "resuming run after step 20\n")
        self.same("run", "whole")

    def test_changes(self):
        self.good("train", "a.recipe", "--out", "run")
        before = {name: read_bytes("run/" + name) for name in RUN_FILES if name != "sheets"}
        saved = "gan train: run/checkpoint.safetensors: resume: "
        hint = "; set it back, or start a new run"
        for what, old, new in (
            ("trainer.loss", "non_saturating", "hinge"),
            ("trainer.d_steps", "1", "2"),
            ("context.seed", "3", "4"),
            ("run.batch", "8", "9"),
            ("data.real.count", "0", "40"),
            ("data.real.fit", "pad", "stretch"),
            ("optimizer.generator.lr", "0.0002", "0.001"),
        ):
            name = what.replace("run.batch", "trainer.batch")
            message = "%s is '%s' in the checkpoint, '%s' in the recipe%s" % (name, old, new, hint)
            change = "%s=%s" % (what, new)
            self.bad(3, saved + message, "train", "a.recipe", "--out", "run", "--set", change)
        self.edit("dense 16", "dense 17")
        code, out, err = self.gan("train", "b.recipe", "--out", "run")
        self.assertEqual((code, out), (3, ""))
        self.assertIn(saved + "model.discriminator has 'dense 16 ", err)
        message = "gan train: run has made 20 steps already, run.steps is 19"
        self.bad(2, message, "train", "a.recipe", "--out", "run", "--steps", "19")
        for name, content in before.items():
            self.assertEqual(read_bytes("run/" + name), content, name)

    def test_data(self):
        """Data may move, also to another format of the same file, but not change."""
        self.good("train", "a.recipe", "--out", "whole")
        self.good("train", "a.recipe", "--out", "run", "--steps", "10")
        resumes = ("train", "a.recipe", "--out", "run", "--set")
        whole = read_bytes("pictures.idx")
        write_idx("other.idx", 51, 12, 12)
        message = (
            "gan train: run/checkpoint.safetensors: resume: data.real.path is 'pictures.idx' in the"
            " checkpoint, '%s/%s' in the recipe, with other examples; set it back, or start a new"
            " run"
        )
        self.bad(3, message % (self.folder, "other.idx"), *resumes, "data.real.path=other.idx")
        with open("pictures.idx", "r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(bytes([whole[-1] ^ 1]))
        same_name = message % (self.folder, "pictures.idx")
        self.bad(3, same_name, "train", "a.recipe", "--out", "run")
        os.mkdir("elsewhere")
        with gzip.open("elsewhere/pictures.gz", "wb") as file:
            file.write(whole)
        self.good(*resumes, "data.real.path=elsewhere/pictures.gz", "--steps", "15")
        os.remove("elsewhere/pictures.gz")
        with open("pictures.idx", "wb") as file:
            file.write(whole)
        self.good("train", "a.recipe", "--out", "run")
        self.same("run", "whole")

    def test_torn_files(self):
        """What a kill can leave behind is removed, also from the log; the user's files stay."""
        self.good("train", "a.recipe", "--out", "whole")
        self.good("train", "a.recipe", "--out", "run", "--steps", "10")
        left = ["checkpoint.safetensors", "generator.safetensors", "sheet.png", "sheets/000010.png"]
        left = [name + ".0123abcd.tmp" for name in left] + ["log.jsonl.tmp", "run.recipe.tmp"]
        mine = ["b.png.0123abcd.tmp", "sheet.png.0123abcg.tmp", "sheet.png.tmp"]
        for name in left + mine:
            write_text("run/" + name, "half a fi")
        with open("run/log.jsonl", "a") as file:
            file.write('{"step":15,"time":1}\n{"step":10,"ti')
        self.good("train", "a.recipe", "--out", "run")
        self.same("run", "whole")
        self.assertEqual(self.steps("run"), [5, 10, 15, 20])
        self.assertEqual(sorted(os.listdir("run")), sorted(RUN_FILES + mine))
        self.assertEqual(os.listdir("run/sheets"), [])

    def test_damaged_checkpoint(self):
        self.good("train", "a.recipe", "--out", "run")
        whole = read_bytes("run/checkpoint.safetensors")
        for length in (0, 5, 100, len(whole) // 2, len(whole) - 1):
            with open("run/checkpoint.safetensors", "wb") as file:
                file.write(whole[:length])
            code, out, err = self.gan("train", "a.recipe", "--out", "run", "--steps", "30")
            self.assertEqual((code, out), (3, ""))
            self.assertRegex(err, r"^gan train: .*run/checkpoint\.safetensors: .+\n$")
            self.assertEqual(len(read_bytes("run/checkpoint.safetensors")), length)

    def test_kill(self):
        """Killed at any time, a run goes on to the same bytes."""
        every = ("--set", "run.log_every=1", "--set", "run.save_every=7")
        command = ("train", "a.recipe", "--steps", "120", *every)
        self.good(*command, "--out", "whole")
        for target in (1, 9, 30, 31, 57, 80, 101):
            process = self.start(*command, "--out", "run")
            log = "run/log.jsonl"
            wanted = b'{"step":%d,' % target
            self.wait_for(
                lambda: process.poll() is not None
                or (os.path.exists(log) and wanted in read_bytes(log))
            )
            process.kill()
            process.communicate()
        self.good(*command, "--out", "run")
        self.same("run", "whole")
        self.assertEqual(self.steps("run"), list(range(1, 121)))
        self.assertEqual(sorted(os.listdir("run/sheets")), sorted(os.listdir("whole/sheets")))

    def limited(self, size, *words):
        """A call in which no file may grow beyond `size` bytes: a full disk."""

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        code, out, err = self.gan(*words, preexec_fn=limit)
        return code, err.splitlines()[-1]

    def test_full_disk(self):
        self.good("train", "a.recipe", "--out", "whole")
        self.good("train", "a.recipe", "--out", "run", "--steps", "10")
        before = read_bytes("run/checkpoint.safetensors")
        generator = len(read_bytes("run/generator.safetensors"))
        command = ("train", "a.recipe", "--out", "run")
        for size in (len(before) - 1, generator - 1):  # the checkpoint is written first
            self.assertEqual(
                self.limited(size, *command),
                (
                    4,
                    "gan train: run/checkpoint.safetensors: cannot be written: the file would"
                    " be too large",
                ),
            )
            self.assertTrue(read_bytes("run/checkpoint.safetensors") == before)
            self.assertEqual(sorted(os.listdir("run")), RUN_FILES)
        code, err = self.limited(len(read_bytes("run/run.recipe")) - 1, *command)
        self.assertEqual((code, err), (4, "gan train: cannot write run/run.recipe: File too large"))
        log = len(read_bytes("run/log.jsonl"))
        short = max(log, len(read_bytes("run/run.recipe"))) + 1
        lines = ("--set", "run.log_every=1", "--set", "run.save_every=0", "--steps", "60")
        code, err = self.limited(short, *command, *lines)
        self.assertEqual((code, err), (4, "gan train: cannot write run/log.jsonl: File too large"))
        self.good(*command)
        self.same("run", "whole")


class Signals(Case):
    endless = ("train", "a.recipe", "--steps", "1000000000", "--set", "run.save_every=0")
    often = ("--set", "run.log_every=1", "--set", "run.sample_every=0")

    def has_log(self):
        return os.path.exists("run/log.jsonl") and os.path.getsize("run/log.jsonl") > 0

    def test_stop(self):
        """The step is finished and saved, and the run goes on to the same bytes."""
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            shutil.rmtree("run", ignore_errors=True)
            process = self.start(*self.endless, *self.often, "--out", "run")
            self.wait_for(self.has_log)
            process.send_signal(number)
            out, err = process.communicate(timeout=LIMIT)
            self.assertEqual((process.returncode, out), (code, b""), err)
            last = err.decode().splitlines()[-1]
            stopped = re.fullmatch(
                r"stopped after step (\d+); saved in run; the same command goes on from there", last
            )
            self.assertTrue(stopped, last)
            step = int(stopped.group(1))
            self.assertEqual(self.steps("run"), list(range(1, step + 1)))
            self.assertEqual(sorted(os.listdir("run")), RUN_FILES)
            more = ("train", "a.recipe", "--steps", str(step + 3))
            code, out, err = self.gan(*more, *self.often, "--out", "run")
            self.assertEqual(code, 0, err)
            self.assertTrue(err.startswith("resuming run after step %d\n" % step), err)
            self.good(*more, "--set", "run.log_every=0", "--out", "whole%d" % number)
            self.same("run", "whole%d" % number)

    held = (
        "gan train: run/run.recipe.lock is locked: another gan train works in this folder; stop it,"
        " wait for its end, or give another --out"
    )

    def test_two_at_once(self):
        """The second is refused and changes nothing; readers and a third after a kill work."""
        process = self.start(*self.endless, *self.often, "--out", "run", stderr=subprocess.DEVNULL)
        self.wait_for(self.has_log)
        self.bad(4, self.held, "train", "a.recipe", "--out", "run")
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 143)
        self.assertEqual(sorted(os.listdir("run")), RUN_FILES)
        steps = self.steps("run")
        self.assertEqual(steps, list(range(1, len(steps) + 1)))

        process = self.start(*self.endless, *self.often, "--out", "run", stderr=subprocess.DEVNULL)
        self.wait_for(lambda: len(self.steps("run")) > len(steps))
        before = read_bytes("run/checkpoint.safetensors")
        self.bad(4, self.held, "train", "a.recipe", "--out", "run")
        self.assertTrue(read_bytes("run/checkpoint.safetensors") == before)
        self.good("sample", "run", "--count", "2", "--out", "x.png")
        self.good("info", "run")
        self.assertIsNone(process.poll())
        process.kill()
        process.communicate()
        self.assertIn("run.recipe.lock", os.listdir("run"))
        more = ("--steps", str(len(steps) + 3))
        code, out, err = self.gan("train", "a.recipe", "--out", "run", *self.often, *more)
        self.assertEqual(code, 0, err)
        self.assertEqual(sorted(os.listdir("run")), RUN_FILES)
        self.good("train", "a.recipe", "--out", "whole", *self.often, *more)
        self.same("run", "whole")

    def test_two_starts_at_once(self):
        """Of two that find no folder, the later one must not begin the other's run anew."""
        os.mkfifo("pipe")
        self.edit("pictures.idx", "pipe")
        process = self.start("train", "b.recipe", "--out", "run")
        writer = os.open("pipe", os.O_WRONLY)
        self.good("train", "a.recipe", "--out", "run", "--steps", "7")
        before = read_bytes("run/checkpoint.safetensors")
        os.write(writer, read_bytes("pictures.idx"))
        os.close(writer)
        out, err = process.communicate(timeout=LIMIT)
        message = (
            "gan train: another gan train has saved run/checkpoint.safetensors meanwhile; the same"
            " command goes on from there\n"
        )
        self.assertEqual((process.returncode, out, err.decode()), (4, b"", message))
        self.assertTrue(read_bytes("run/checkpoint.safetensors") == before)
        self.assertEqual(sorted(os.listdir("run")), RUN_FILES)

    def test_a_failed_start_leaves_nothing(self):
        os.mkdir("empty")
        self.edit("pictures.idx", "missing.idx")
        self.assertEqual(self.gan("train", "b.recipe", "--out", "empty")[0], 3)
        self.assertEqual(os.listdir("empty"), [])

    def start_blocked(self, **options):
        """A run that hangs in a step's callback: nobody reads its lines."""
        reader, writer = os.pipe()
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        process = self.start(*self.endless, *self.often, "--out", "run", stderr=writer, **options)
        os.close(writer)
        self.addCleanup(process.stdout.close)
        self.wait_for(self.has_log)
        sizes = [0, 1]
        while sizes[-1] != sizes[-2]:
            sizes.append(os.path.getsize("run/log.jsonl"))
            time.sleep(0.2)
        return process, reader

    def handled(self, process):
        """The handler has run when the signal is caught no more."""
        try:
            status = read_text("/proc/%d/status" % process.pid)
        except FileNotFoundError:
            time.sleep(1)
            return True
        return not int(re.search(r"SigCgt:\s*(\w+)", status).group(1), 16) & 1 << signal.SIGINT - 1

    def test_twice(self):
        """The second signal, of either kind, ends the program at once."""
        for second in (signal.SIGINT, signal.SIGTERM):
            shutil.rmtree("run", ignore_errors=True)
            process, reader = self.start_blocked()
            process.send_signal(signal.SIGINT)
            self.wait_for(lambda: self.handled(process))
            self.assertIsNone(process.poll())
            process.send_signal(second)
            self.assertEqual(process.wait(timeout=LIMIT), -second)
            os.close(reader)
            self.assertFalse(os.path.exists("run/checkpoint.safetensors"))

    def test_once_while_blocked(self):
        """A signal during a system call loses neither the line nor the run."""
        process, reader = self.start_blocked()
        process.send_signal(signal.SIGINT)
        self.wait_for(lambda: self.handled(process))
        with open(reader) as lines:
            shown = lines.read().splitlines()
        self.assertEqual(process.wait(timeout=LIMIT), 130)
        for line in shown[:-1]:
            self.assertTrue(PROGRESS.fullmatch(line), line)
        self.assertEqual(len(shown) - 1, len(self.steps("run")))

    def test_hangups(self):
        """A closing terminal sends several; the first is enough, the others do no harm."""
        for first, code in ((signal.SIGHUP, 129), (signal.SIGINT, 130)):
            shutil.rmtree("run", ignore_errors=True)
            process, reader = self.start_blocked()
            process.send_signal(first)
            self.wait_for(lambda: self.handled(process))
            process.send_signal(signal.SIGHUP)
            with open(reader) as lines:
                lines.read()
            self.assertEqual(process.wait(timeout=LIMIT), code)
            self.good("info", "run/checkpoint.safetensors")

    def test_ignored(self):
        """What the program is started to ignore (Ctrl-C in the background, nohup) stops nothing."""

        def ignore():
            for number in (signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)

        quiet = {"stderr": subprocess.DEVNULL, "preexec_fn": ignore}
        process = self.start(*self.endless, *self.often, "--out", "run", **quiet)
        self.wait_for(self.has_log)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGHUP)
        size = os.path.getsize("run/log.jsonl")
        self.wait_for(lambda: os.path.getsize("run/log.jsonl") > size + 5000)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 143)

    def test_before_the_first_step(self):
        """While the data is read there is nothing to save: it ends at once, and leaves nothing."""
        os.mkfifo("pipe")
        self.edit("pictures.idx", "pipe")
        process = self.start("train", "b.recipe", "--out", "run")
        writer = os.open("pipe", os.O_WRONLY)  # returns when the command has opened it
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=LIMIT)
        os.close(writer)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertFalse(os.path.exists("run"))


class Samples(Case):
    def setUp(self):
        super().setUp()
        self.good("train", "a.recipe", "--out", "run")

    def array(self, *words):
        self.good("sample", *words, "--out", "x.npy")
        return read_npy("x.npy")

    def test_arrays(self):
        shape, pixels = self.array("run", "--count", "130", "--seed", "5")
        self.assertEqual(shape, (130, 12, 12, 1))
        self.assertEqual(len(pixels), 130 * 144)
        for count in (1, 2, 3, 7, 64, 65):
            shape, first = self.array("run", "--count", str(count), "--seed", "5")
            self.assertEqual(shape, (count, 12, 12, 1))
            self.assertTrue(first == pixels[: count * 144], count)
        self.assertEqual(self.array("run", "--count=130", "--seed=5", "--threads=3")[1], pixels)
        self.assertNotEqual(self.array("run", "--count=130", "--seed=6")[1], pixels)
        path = "run/generator.safetensors"
        self.assertEqual(self.array(path, "--count=130", "--seed=5")[1], pixels)
        self.assertEqual(self.array("run")[0], (64, 12, 12, 1))
        pictures = {pixels[i * 144 : i * 144 + 144] for i in range(130)}
        self.assertEqual(len(pictures), 130)

    def test_sheets(self):
        for count in (1, 2, 7, 10):
            self.good("sample", "run", "--count", str(count), "--out", "x.png")
            width, height, channels, sheet = read_png("x.png")
            columns = math.ceil(math.sqrt(count))
            rows = -(-count // columns)
            self.assertEqual((width, height, channels), (13 * columns - 1, 13 * rows - 1, 1))
            _, pixels = self.array("run", "--count", str(count))
            for i in range(count):
                start = i // columns * 13 * width + i % columns * 13
                cut = b"".join(sheet[start + y * width :][:12] for y in range(12))
                self.assertTrue(cut == pixels[i * 144 : i * 144 + 144], (count, i))
        self.good("sample", "run", "--count", "9", "--seed", "3", "--out", "y.png")
        self.assertTrue(read_bytes("y.png") == read_bytes("run/sheet.png"))

    def test_noise(self):
        uniform = ("--set", "trainer.noise=uniform", "--steps", "3")
        self.good("train", "a.recipe", "--out", "flat", *uniform)
        own = self.array("flat", "--count", "9", "--seed", "3")
        bare = ("flat/generator.safetensors", "--count", "9", "--seed", "3")
        self.assertEqual(self.array(*bare, "--noise", "uniform"), own)
        self.assertNotEqual(self.array(*bare), own)
        self.assertNotEqual(self.array("flat", "--count=9", "--seed=3", "--noise=normal"), own)
        self.good("sample", "flat", "--count", "9", "--seed", "3", "--out", "x.png")
        self.assertTrue(read_bytes("x.png") == read_bytes("flat/sheet.png"))
        by_hand = RECIPE.replace("[trainer]\ngan ", '[ trainer ]\n\ngan noise="uniform"\t')
        write_text("flat/run.recipe", by_hand)
        self.assertEqual(self.array("flat", "--count", "9", "--seed", "3"), own)
        write_text("flat/run.recipe", RECIPE.replace("[run]", "# noise=uniform\n[run]"))
        self.assertNotEqual(self.array("flat", "--count", "9", "--seed", "3"), own)
        write_text("flat/run.recipe", "torn")
        code, out, err = self.gan("sample", "flat", "--out", "x.png")
        self.assertEqual((code, out), (3, ""))
        self.assertTrue(err.startswith("gan sample: flat/run.recipe: "), err)
        self.good("sample", "flat", "--noise", "normal", "--out", "x.png")

    def test_messages(self):
        range_text = "it must be a whole number from "
        os.mkdir("folder.png")
        for code, message, *words in (
            (2, "--out FILE is missing: a .png sheet or an .npy array", "run"),
            (2, "--out x.gif: the name must end in .png or .npy", "run", "--out", "x.gif"),
            (2, "--noise is 'pink'; it must be normal or uniform", "run", "--noise=pink"),
            (2, "--count is '0'; %s1 to 16777216" % range_text, "run", "--count", "0"),
            (2, "--count is '3x'; %s1 to 16777216" % range_text, "run", "--count=3x"),
            (2, "--seed is '-1'; %s0 to %d" % (range_text, 2**63 - 1), "run", "--seed=-1"),
            (2, "--seed is '1e3'; %s0 to %d" % (range_text, 2**63 - 1), "run", "--seed=1e3"),
            (2, "--threads is 'all'; %s0 to 1024" % range_text, "run", "--threads=all"),
            (3, "gone: cannot be opened: no such file or folder", "gone"),
            (
                3,
                "a.recipe: byte 0: a header of %d bytes in a file of %d: it is no safetensors file,"
                " or a part of one" % (struct.unpack("<Q", RECIPE[:8].encode())[0], len(RECIPE)),
                "a.recipe",
            ),
            (
                3,
                "run/checkpoint.safetensors: holds a 'trainer', not a 'model'",
                "run/checkpoint.safetensors",
            ),
            (
                4,
                "cannot write gone/x.png: No such file or directory",
                "run",
                "--count=16777216",  # would take hours
                "--out=gone/x.png",
            ),
            (4, "cannot write a.recipe/x.npy: Not a directory", "run", "--out=a.recipe/x.npy"),
            (4, "cannot write folder.png: Is a directory", "run", "--out=folder.png"),
        ):
            named = any(word.startswith("--out") for word in words) or "missing" in message
            out = () if named else ("--out", "x.png")
            self.bad(code, "gan sample: " + message, "sample", *words, *out)
        self.assertFalse(os.path.exists("x.png"))

    def test_damaged_files(self):
        whole = read_bytes("run/generator.safetensors")
        for length in (0, 7, 8, 100, len(whole) // 2, len(whole) - 1):
            with open("cut.safetensors", "wb") as file:
                file.write(whole[:length])
            code, out, err = self.gan("sample", "cut.safetensors", "--out", "x.npy")
            self.assertEqual((code, out), (3, ""))
            self.assertRegex(err, r"^gan sample: .*cut\.safetensors: .+\n$")
        for at in range(0, 400, 23):
            flipped = bytearray(whole)
            flipped[at] ^= 0x10
            with open("flip.safetensors", "wb") as file:
                file.write(flipped)
            code, out, err = self.gan("sample", "flip.safetensors", "--count=1", "--out", "x.npy")
            self.assertIn(code, (0, 3), (at, err))
            self.assertEqual(err.count("\n"), 1 if code else 0)

    def model(self, text, tensors=()):
        metadata = {"gan.format": "1.0", "gan.kind": "model", "gan.text": text}
        write_safetensors("m.safetensors", metadata, tensors)

    def test_unfit_models(self):
        for text, fault in (
            ("a = input 4\nb = input 4\nadd from a b\n", "it takes more than one input"),
            ("a = input 4\nb = tanh\noutput a b\n", "it has more than one output"),
            ("input any any 3\ntanh\n", "the size of its input or output is open"),
            ("input 5\ntanh\n", "its output has more channels than the 4 of a picture"),
        ):
            self.model(text)
            message = "gan sample: m.safetensors: no pictures: " + fault
            self.bad(3, message, "sample", "m.safetensors", "--out", "x.png")

    def test_not_numbers(self):
        """NaN is black, what is out of range is cut, and 0 is the middle."""
        values = [math.nan, math.inf, -math.inf, 0.0, 7.0, -7.0]
        tensors = [("0.weight", [6, 1], [0.0] * 6), ("0.bias", [6], values)]
        self.model("input 1\ndense 6\n", tensors)
        _, pixels = self.array("m.safetensors", "--count", "1")
        self.assertEqual(list(pixels), [0, 255, 0, 128, 255, 0])


class Info(Case):
    def test_run(self):
        self.good("train", "a.recipe", "--out", "run")
        text = self.good("info", "run")
        self.assertEqual(text, "# run, after step 20\n" + read_text("run/run.recipe"))
        text = self.good("info", "run/generator.safetensors")
        self.assertTrue(text.startswith("input 8\ndense 24 "), text)
        self.assertIn("\n%d trained numbers\n" % (24 * 8 + 24 + 144 * 24 + 144), text)
        self.assertRegex(text, r"\n  0\.weight +24x8\n  0\.bias +24\n")
        text = self.good("info", "run/checkpoint.safetensors")
        self.assertTrue(text.startswith("# a checkpoint, after step 20\ngan loss="), text)
        os.remove("run/checkpoint.safetensors")
        self.assertTrue(self.good("info", "run").startswith("# run, no checkpoint yet\n"))

    def test_messages(self):
        os.mkdir("empty")
        message = "gan info: empty is not the folder of a run: it has no run.recipe"
        self.bad(3, message, "info", "empty")
        self.bad(3, "gan info: gone: cannot be opened: no such file or folder", "info", "gone")
        message = "gan info: pictures.idx: byte 0: a header of "
        self.assertTrue(self.gan("info", "pictures.idx")[2].startswith(message))


class Bench(Case):
    keys = {"case", "precision", "threads", "seconds", "share_of_peak"}

    def test_json(self):
        for name, threads in (("product.64x64x64", 1), ("peak", 2)):
            words = ("--case", name, "--threads", str(threads), "--rounds", "2", "--json")
            lines = self.good("bench", *words).splitlines()
            self.assertEqual(len(lines), 1)
            values = json.loads(lines[0])
            self.assertLessEqual(self.keys, set(values))
            self.assertEqual((values["case"], values["precision"]), (name, "fp32"))
            self.assertEqual(values["threads"], threads)
            self.assertGreater(values["seconds"], 0)
            self.assertGreater(values["share_of_peak"], 0)

    def test_text(self):
        text = self.good("bench", "--case", "product.64x64x64", "--rounds", "1")
        self.assertRegex(
            text,
            r"^product\.64x64x64 +\d+\.\d+ ms +\d+\.\d GFLOP/s +\d+\.\d % of the peak of \d+\n$",
        )


def main():
    global GAN, SOURCE
    if len(sys.argv) != 3:
        sys.exit("usage: test_cli.py GAN SOURCE")
    GAN, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(tests)
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print("%d passed, %d failed" % (result.testsRun - failed - skipped, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
