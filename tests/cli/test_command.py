"""The gan command from outside: its texts, recipes, run folders, pictures."""

import fcntl
import gzip
import json
import math
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
import unittest

import case
from case import *


class Help(Case):
    def test_overview(self):
        text = self.good("--help")
        for name in ("train", "sample", "translate", "encode", "info", "bench", "help"):
            self.assertRegex(text, r"\n  %s +\w" % name)
        self.assertIn("129, 130, 143 or 152:\nstopped and saved", text)
        self.assertEqual(self.gan("-h"), (0, text, ""))
        self.assertEqual(self.gan(), (2, "", text))

    def test_version(self):
        header = read_text(os.path.join(case.SOURCE, "include/gan/status.h"))
        version = re.search(r'GAN_VERSION "([^"]+)"', header).group(1)
        self.assertEqual(self.gan("--version"), (0, "gan %s\n" % version, ""))

    def test_commands(self):
        for name in ("train", "sample", "translate", "encode", "info", "bench"):
            text = self.good(name, "--help")
            self.assertTrue(text.startswith("usage: gan %s " % name), text)
            self.assertRegex(text, r"\n  --help +this text\n")
            self.assertEqual(self.good(name, "-h"), text)
            self.assertTrue((self.good("help", name) + "\n").startswith(text + "\n"), name)
        self.assertIn("\n\ntranslate (trainer): ", self.good("help", "translate"))  # a kind, too

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
            "[minimax|non_saturating|lsgan|hinge|wgan|wgan_gp]\n", self.good("help", "gan")
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
            warning = r"gan %s: warning: GAN_CPU is 'axv2'; it can be generic, .+\n" % name
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
            ("gan bench: there is no training 'train.mlp2'", "bench", "--profile", "train.mlp2"),
            ("gan bench: --profile and --case exclude each other", "bench", "--case", "peak", "--profile", "train.mlp"),
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
                "[trainer]: gan: 'loss' is one of minimax, non_saturating, lsgan, hinge, wgan, wgan_gp,"
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
        message = "gan train: a.recipe: [trainer]: gan: %s parameters" % message
        self.bad(2, message, "train", *words)
        self.assertFalse(os.path.exists("run"))
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
            "gan train: gan: the generator makes pictures of 12x12x1, the feed 'real' has 11x12x1\n",
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

    def test_warnings(self):
        """Said once; log.jsonl has the names of those that stand, and a resumed run repeats none."""
        text = RECIPE.replace("reshape 12 12 1", "reshape 12 12 1; batchnorm; tanh")
        write_text("b.recipe", text.replace("batch=8", "batch=1"))
        code, _, err = self.gan("train", "b.recipe", "--out", "run")
        said = [line for line in err.splitlines() if "warning" in line]
        self.assertEqual((code, len(said)), (0, 1), err)
        self.assertRegex(said[0], "^gan train: warning: gan: step 1: batchnorm '5' of 'generator' ")
        code, _, err = self.gan("train", "b.recipe", "--out", "run", "--steps", "30")
        self.assertEqual((code, "warning" in err), (0, False), err)
        with open("run/log.jsonl") as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual([line["step"] for line in lines], [5, 10, 15, 20, 25, 30])
        for line in lines:
            self.assertEqual(line["warnings"], ["normalisation.generator"])

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

    def test_joint_options(self):
        """Options that can only be set together are, in any order."""
        together = ["--set", "trainer.clip=0.02", "--set", "trainer.loss=wgan"]
        self.good("train", "a.recipe", "--out", "run", *together, "--steps=1")
        wgan = "gan loss=wgan smoothing=0 instance_noise=0 instance_decay=1 d_steps=5 reuse=no clip=0.02 "
        self.assertIn("\n" + wgan, read_text("run/run.recipe"))
        change = ["--change", "trainer.loss=hinge"]
        words = ("train", "run/run.recipe", "--out", "run", "--steps=2", *change)
        message = "gan train: run/run.recipe: [trainer]: gan: clip=0.02 with loss=hinge: only loss="
        self.bad(2, message + "wgan cuts the discriminator's parameters", *words)
        self.assertIn("loss=wgan ", read_text("run/run.recipe"))
        self.good(*words, "--change", "trainer.clip=0")
        hinge = wgan.replace("wgan", "hinge").replace("clip=0.02", "clip=0")
        self.assertIn("\n" + hinge, read_text("run/run.recipe"))

    def test_stored_recipe(self):
        """run.recipe is the recipe with overrides, and trains the same from anywhere."""
        self.good("train", "a.recipe", "--out", "run", "--set", "trainer.loss=hinge", "--steps=6")
        os.mkdir("elsewhere")
        shutil.copy("run/run.recipe", "elsewhere")
        self.good("train", "elsewhere/run.recipe", "--out", "other", "--threads", "2")
        self.same("run", "other")
        self.good("train", "run/run.recipe", "--out", "run")

    def test_bundled_pictures(self):
        recipe = os.path.join(case.SOURCE, "examples/recipes/fashion-mlp.recipe")
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
                "there will be no sheets from 'noise': what it makes has more channels than the 4"
                " of a picture\n",
            ),
        )
        self.assertFalse(os.path.exists("run/sheet.png"))
        self.good("sample", "run", "--out", "x.npy", "--count", "2")
        self.assertEqual(read_npy("x.npy")[0], (2, 1, 1, 144))
        self.bad(
            3,
            "gan sample: run: no pictures by noise > image: what it makes has more channels than the"
            " 4 of a picture",
            "sample",
            "run",
            "--out",
            "x.png",
        )

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
            self.assertTrue(shown.startswith(b"\rstep 1/20  loss disc "), shown)
            self.assertTrue(shown.endswith(b"\r\n"), shown)
            self.assertEqual(shown.count(b"\n"), 1)
            for line in shown[:-2].split(b"\r"):
                self.assertLess(len(line), columns)
            self.assertIn(b"\rstep 20/20  loss disc ", shown)


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
        ask = "; set it back, start a new run, or ask for the change: --change %s (gan_recipe_change)"
        fixed = ", which cannot change: all that is drawn follows from it; set it back, or start a new run"
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
            change = "%s=%s" % (what, new)
            hint = fixed if what == "context.seed" else ask % change
            message = "%s is '%s' in the checkpoint, '%s' in the recipe%s" % (name, old, new, hint)
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
            " checkpoint, '%s/%s' in the recipe, with other examples than those that the run began"
            " with; set it back, start a new run, or ask for the change: --change"
            " data.real.path=%s/%s (gan_recipe_change)"
        )
        self.bad(3, message % (2 * (self.folder, "other.idx")), *resumes, "data.real.path=other.idx")
        with open("pictures.idx", "r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(bytes([whole[-1] ^ 1]))
        same_name = message % (2 * (self.folder, "pictures.idx"))
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
        self.assertEqual(os.listdir("run/sheets"), os.listdir("whole/sheets"))

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
        self.good("sample", "run", "--count", "9", "--seed", "3", "--out", "z.PNG")
        self.assertTrue(read_bytes("z.PNG") == read_bytes("run/sheet.png"))
        self.good("sample", "run", "--count", "2", "--out", "z.NPY")
        self.assertEqual(read_npy("z.NPY")[0][0], 2)

    def test_noise(self):
        uniform = ("--set", "trainer.noise=uniform", "--steps", "3")
        self.good("train", "a.recipe", "--out", "flat", *uniform)
        own = self.array("flat", "--count", "9", "--seed", "3")
        bare = ("flat/generator.safetensors", "--count", "9", "--seed", "3")
        self.assertEqual(self.array(*bare), own)
        self.assertEqual(self.array(*bare, "--noise", "uniform"), own)
        for of in (bare, ("flat", *bare[1:])):
            self.assertNotEqual(self.array(*of, "--noise", "normal"), own)
        self.good("sample", "flat", "--count", "9", "--seed", "3", "--out", "x.png")
        self.assertTrue(read_bytes("x.png") == read_bytes("flat/sheet.png"))
        # What was trained knows its noise, whatever becomes of the recipe beside it.
        for text in (RECIPE.replace("[run]", "# noise=normal\n[run]"), "torn"):
            write_text("flat/run.recipe", text)
            self.assertEqual(self.array("flat", "--count", "9", "--seed", "3"), own)
        # A file that does not say is normal.
        metadata, tensors = read_safetensors("flat/generator.safetensors")
        self.assertEqual(metadata["gan.note.prior"], "uniform")
        del metadata["gan.note.prior"], metadata["gan.note.inputs"], metadata["gan.crc32"]
        tensors = [(name, *tensor) for name, tensor in tensors.items()]
        write_safetensors("mute.safetensors", metadata, tensors)
        mute = ("mute.safetensors", "--count", "9", "--seed", "3")
        self.assertEqual(self.array(*mute, "--noise", "uniform"), own)
        self.assertEqual(self.array(*mute), self.array(*bare, "--noise", "normal"))

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
            ("a = input 4\nb = input 4\nadd from a b\n", "it takes more than what is drawn: 'a', 'b'"),
            ("a = input 4\nb = tanh\noutput a b\n", "it has more than one output"),
            ("input any any 3\ntanh\n", "the size of its input or output is open"),
            ("input 5\ntanh\n", "what it makes has more channels than the 4 of a picture"),
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
    members = (
        "# role generator               makes samples from noise\n"
        "# role discriminator           scores samples with logits: real above 0\n"
        "# product generator            noise > image\n"
        "# route noise > image          gan sample\n"
    )

    def test_run(self):
        self.good("train", "a.recipe", "--out", "run")
        text = self.good("info", "run")
        recipe = read_text("run/run.recipe")
        self.assertEqual(text, "# run, after step 20\n" + self.members + recipe)
        text = self.good("info", "run/generator.safetensors")
        self.assertTrue(text.startswith("input 8\ndense 24 "), text)
        self.assertIn("\n%d trained numbers\n" % (24 * 8 + 24 + 144 * 24 + 144), text)
        self.assertIn("\nits input is drawn: normal\nit makes pictures, in the range -1 1\n", text)
        self.assertRegex(text, r"\n  0\.weight +24x8\n  0\.bias +24\n")
        text = self.good("info", "run/checkpoint.safetensors")
        head = "# a checkpoint, after step 20\n" + self.members + "gan loss="
        self.assertTrue(text.startswith(head), text)
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

    def test_training(self):
        """No pass too many: neither first layer has a way back to its input, and D has no weights' in G's turn."""
        g, d = (100 * 256, 256 * 512, 512 * 1024, 1024 * 784), (784 * 512, 512 * 256, 256)
        products = 3 * sum(g) - g[0] + 2 * (3 * sum(d) - d[0]) + 2 * sum(d)
        values = json.loads(self.good("bench", "--case", "train.mlp", "--rounds", "1", "--json"))
        self.assertAlmostEqual(values["operations"] / (2 * 64 * products), 1, 4)
        self.assertEqual(values["weights"], sum(g) + 256 + 512 + 1024 + 784 + sum(d) + 512 + 256 + 1)

    def test_text(self):
        text = self.good("bench", "--case", "product.64x64x64", "--rounds", "1")
        self.assertRegex(
            text,
            r"^product\.64x64x64 +\d+\.\d+ ms +\d+\.\d GFLOP/s +\d+\.\d % of the peak of \d+\n$",
        )

    def test_profile(self):
        text = self.good("bench", "--profile", "train.mlp", "--rounds", "2", "--json")
        whole, *rows = (json.loads(line) for line in text.splitlines())
        self.assertEqual((whole["case"], whole["by"]), ("train.mlp", "step"))
        for by in ("kind and pass", "layer and pass"):
            shares = [row["share"] for row in rows if row["by"] == by]
            self.assertAlmostEqual(sum(shares), 1, 3)
            self.assertEqual(shares, sorted(shares, reverse=True))
        (layer,) = (r for r in rows if (r["network"], r["layer"], r["pass"]) == ("generator", "6", "weights"))
        self.assertEqual((layer["kind"], layer["calls"]), ("dense", 1))
        self.assertAlmostEqual(layer["seconds"] * layer["gflops"] * 1e9 / (2 * 64 * 1024 * 784), 1, 2)

    def test_profile_text(self):
        lines = self.good("bench", "--profile", "train.mlp", "--rounds", "1").splitlines()
        self.assertRegex(lines[0], r"^train\.mlp: \d+\.\d+ ms, .* % of the peak of \d+$")
        self.assertLess(lines.index("by kind and pass:"), lines.index("by layer and pass:"))
        self.assertRegex(lines[3], r"^ *\d+\.\d % +\d+\.\d+ ms +\d+ x +\d+\.\d GFLOP/s +\d+\.\d %  dense")


if __name__ == "__main__":
    case.main()
