"""What a training leaves behind, and what becomes of it where that cannot be written."""

import os
import re
import resource
import shutil
import signal
import stat
import tempfile
import unittest

import case
from case import *

AVERAGED = RECIPE.replace("gan loss=non_saturating", "gan loss=non_saturating average=0.9").replace(
    "dense 24; leaky_relu 0.2", "dense 24; batchnorm; leaky_relu 0.2"
)


class Failures(Case):
    """An output that fails costs a message, and the training goes on."""

    endless = ("train", "a.recipe", "--out", "run", "--steps", "1000000000")

    def every(self, **steps):
        return [w for k, n in steps.items() for w in ("--set", "run.%s_every=%d" % (k, n))]

    def start_shown(self, *words):
        """A process whose messages go to the file "shown"."""
        with open("shown", "w") as shown:
            return self.start(*words, stderr=shown)

    def end(self, process, code=143):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=LIMIT), code, read_text("shown"))

    def last_step(self):
        text = self.good("info", "run").splitlines()[0]
        self.assertTrue(text.startswith("# run, after step "), text)
        return int(text.split()[-1])

    def test_sheets(self):
        """Without its folder no sheet can be written: it is said once, and again after it worked."""
        process = self.start_shown(*self.endless, *self.every(sample=20, save=0, log=1))
        self.wait_for(lambda: os.path.isdir("run/sheets") and os.listdir("run/sheets"))
        said = (
            r"(?m)^gan train: run/sheets/\d+\.png: cannot be .*; the training goes on without it$"
        )
        for times in (1, 2):
            os.rename("run/sheets", "gone")
            self.wait_for(lambda: len(re.findall(said, read_text("shown"))) == times)
            step = self.steps("run", True)[-1]
            self.wait_for(lambda: self.steps("run", True)[-1] > step + 100)
            self.assertEqual(len(re.findall(said, read_text("shown"))), times)
            count = len(os.listdir("gone"))
            os.rename("gone", "run/sheets")
            self.wait_for(lambda: len(os.listdir("run/sheets")) > count + 1)
        step = self.steps("run", True)[-1]
        self.end(process)
        self.assertGreaterEqual(self.last_step(), step)
        self.assertEqual(read_png("run/sheet.png")[:2], (38, 38))

    def test_last_sheet(self):
        """The exit code tells that it is missing, when all else was saved."""
        self.good("train", "a.recipe", "--out", "whole")
        self.good("train", "a.recipe", "--out", "run", "--steps", "10")
        os.remove("run/sheet.png")
        os.mkdir("run/sheet.png")
        code, out, err = self.gan("train", "a.recipe", "--out", "run")
        self.assertEqual((code, out), (4, ""))
        self.assertRegex(err.splitlines()[-1], r"^gan train: run/sheet\.png: .* it is a folder$")
        self.same("run", "whole", ("checkpoint.safetensors", "generator.safetensors"))

    @unittest.skipIf(not os.path.exists("/dev/full"), "needs /dev/full")
    def test_log(self):
        """One message for all lines that a full disk does not take, and the exit code at the end."""
        self.good("train", "a.recipe", "--out", "whole")
        self.good("train", "a.recipe", "--out", "run", "--steps", "2")
        os.remove("run/log.jsonl")
        os.symlink("/dev/full", "run/log.jsonl")
        code, out, err = self.gan("train", "a.recipe", "--out", "run")
        self.assertEqual((code, out), (4, ""))
        lines = err.splitlines()
        said = "gan train: cannot write run/log.jsonl: No space left on device"
        self.assertEqual(lines.count(said + "; the training goes on without it"), 1)
        self.assertEqual(lines[-1], "gan train: run/log.jsonl lacks its last lines")
        self.same("run", "whole")

    def test_torn_line(self):
        """A line that does not fit is not there in part, so that those after it can be read."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

        often = ("--set", "run.log_every=1", "--set", "run.sample_every=0", "--steps", "60")
        code, _, err = self.gan("train", "a.recipe", "--out", "run", *often, preexec_fn=limit)
        self.assertEqual(code, 4)
        self.assertIn("cannot write run/log.jsonl: File too large; the training goes on", err)
        steps = self.steps("run")
        self.assertEqual(steps, list(range(1, len(steps) + 1)))
        self.assertTrue(10 < len(steps) < 60, steps)

    def test_checkpoint(self):
        """A save that fails is tried again with the next one."""
        process = self.start_shown(*self.endless, *self.every(sample=0, save=10, log=1))
        self.wait_for(lambda: os.path.exists("run/checkpoint.safetensors"))
        checkpoint = "run/checkpoint.safetensors"
        os.rename(checkpoint, "old")
        self.wait_for(lambda: os.path.exists(checkpoint))
        os.rename("run", "away")  # whatever is saved by name fails; the log is open
        said = r"(?m)^gan train: run/%s\.safetensors: .*; the training goes on without it$"
        for name in ("checkpoint", "generator"):
            self.wait_for(lambda: len(re.findall(said % name, read_text("shown"))) == 1)
        step = self.steps("away", True)[-1]
        self.wait_for(lambda: self.steps("away", True)[-1] > step + 50)
        for name in ("checkpoint", "generator"):
            self.assertEqual(len(re.findall(said % name, read_text("shown"))), 1)
        os.remove("away/checkpoint.safetensors")
        os.rename("away", "run")
        self.wait_for(lambda: os.path.exists(checkpoint))
        self.assertGreater(self.last_step(), step)
        os.rename("run", "away")
        step = self.steps("away", True)[-1]
        self.wait_for(lambda: self.steps("away", True)[-1] > step + 20)
        self.end(process, 4)
        self.assertNotIn("stopped after step", read_text("shown"))
        self.assertIn("sheet.png", read_text("shown").splitlines()[-1])

    def test_full_disk(self):
        self.good("train", "a.recipe", "--out", "whole")
        self.good("train", "a.recipe", "--out", "run", "--steps", "10")
        before = read_bytes("run/checkpoint.safetensors")
        generator = len(read_bytes("run/generator.safetensors"))
        command = ("train", "a.recipe", "--out", "run")
        large = "gan train: run/%s.safetensors: cannot be written: the file would be too large"
        for size, failed in (
            (len(before) - 1, ["checkpoint"]),
            (generator - 1, ["checkpoint", "generator"]),
        ):
            code, lines = self.limited(size, *command)
            self.assertEqual(code, 4)
            self.assertEqual(lines[-len(failed) :], [large % name for name in failed])
            self.assertTrue(read_bytes("run/checkpoint.safetensors") == before)
            self.assertEqual(sorted(os.listdir("run")), RUN_FILES)
        code, lines = self.limited(len(read_bytes("run/run.recipe")) - 1, *command)
        message = "gan train: cannot write run/run.recipe: File too large"
        self.assertEqual((code, lines[-1]), (4, message))
        self.good(*command)
        self.same("run", "whole")

    def limited(self, size, *words):
        """A call in which no file may grow beyond `size` bytes: a full disk."""
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        code, out, err = self.gan(*words, preexec_fn=limit)
        return code, err.splitlines()


class Divergence(Case):
    failed = r"gan: [a-z.]+(?:: a new weight or moment)? is not finite in step (\d+)"
    diverged = "gan train: " + failed
    holds = "%s holds the state after step %d, before the one that diverged"

    def recipe(self, group):
        text = RECIPE.replace("[run]", "[optimizer.%s]\nsgd lr=1e6\n[run]" % group)
        if group == "generator":  # what would hold it
            text = text.replace("dense 144; tanh", "dense 144").replace("non_saturating", "lsgan")
        write_text("b.recipe", text)

    def test_intact(self):
        """The state of the step before is kept beside the last checkpoint, whichever role it was."""
        for group in ("discriminator", "generator"):
            self.recipe(group)
            run = "run." + group
            command = ("train", "b.recipe", "--out", run, "--set", "run.save_every=0")
            code, out, err = self.gan(*command)
            self.assertEqual((code, out), (5, ""))
            failed, state, advice = err.splitlines()[-3:]
            step = int(re.fullmatch(self.diverged, failed).group(1)) - 1
            self.assertGreater(step, 0)
            intact = run + "/before-divergence.safetensors"
            self.assertEqual(state, self.holds % (intact, step))
            named = "generator" if "generator" in failed else "discriminator"
            self.assertIn("--from %s --change optimizer.%s.lr=RATE" % (intact, named), advice)
            self.assertEqual(advice.endswith(" (it is 1000000)"), named == group, advice)
            self.assertFalse(os.path.exists(run + "/checkpoint.safetensors"))
            self.good("train", "b.recipe", "--out", "whole", "--steps", str(step))
            self.assertTrue(read_bytes("whole/checkpoint.safetensors") == read_bytes(intact))
            shutil.rmtree("whole")
            code, _, again = self.gan(*command, "--from", intact)
            self.assertEqual(code, 5)
            self.assertIn("resuming %s after step %d\n" % (intact, step), again)
            self.assertIn(failed + "\n", again)

    def test_the_checkpoint_itself(self):
        """Where the last checkpoint is the state, there is no second file of it."""
        self.recipe("discriminator")
        code, _, err = self.gan("train", "b.recipe", "--out", "run", "--set", "run.save_every=1")
        self.assertEqual(code, 5)
        step = int(re.fullmatch(self.diverged, err.splitlines()[-3]).group(1)) - 1
        self.assertEqual(err.splitlines()[-2], self.holds % ("run/checkpoint.safetensors", step))
        self.assertIn("adding --change optimizer.generator.lr=RATE", err.splitlines()[-1])
        self.assertNotIn("before-divergence.safetensors", os.listdir("run"))
        code, _, err = self.gan("train", "b.recipe", "--out", "run")
        self.assertEqual(err.splitlines()[-2], self.holds % ("run/checkpoint.safetensors", step))

    def test_first_step(self):
        """Before it there is no state to keep."""
        write_text("b.recipe", RECIPE.replace("dense 1\n", "dense 1 init=normal:1e38\n"))
        code, out, err = self.gan("train", "b.recipe", "--out", "run")
        self.assertEqual((code, out), (5, ""))
        failed, advice = err.splitlines()
        self.assertEqual(re.fullmatch(self.diverged, failed).group(1), "1")
        self.assertIn("by adding --change optimizer.", advice)
        self.assertEqual(sorted(os.listdir("run")), ["log.jsonl", "run.recipe", "sheets"])

    def test_skipped(self):
        self.recipe("discriminator")
        skip = ("--set", "trainer.on_divergence=skip", "--set", "run.log_every=0")
        code, out, err = self.gan("train", "b.recipe", "--out", "other", *skip)
        self.assertEqual((code, out), (0, "other/sheet.png\n"))
        self.assertRegex(err, "^(gan train: warning: %s; the step was skipped\n)+$" % self.failed)


class Sheets(Case):
    """A sheet that could not be read back is refused before anything is spent on it."""

    message = (
        "gan %s: %s 2000000: a sheet of so many pictures of 12x12x1 has more values than the"
        " 268435456 of a PNG file"
    )

    def test_train(self):
        many = ("--set", "run.samples=2000000")
        message = self.message % ("train", "run.samples")
        self.bad(3, message, "train", "a.recipe", "--out", "run", *many)
        self.assertFalse(os.path.exists("run"))

    def test_sample(self):
        self.good("train", "a.recipe", "--out", "run", "--steps", "1")
        many = ("--count", "2000000")
        message = self.message % ("sample", "--count")
        self.bad(3, message, "sample", "run", "--out", "x.png", *many)
        self.assertFalse(os.path.exists("x.png"))


class From(Case):
    def test_another_folder(self):
        """A run goes on from a file elsewhere, in a folder of its own."""
        self.good("train", "a.recipe", "--out", "whole")
        self.good("train", "a.recipe", "--out", "run", "--steps", "7")
        there = ("--from", "run/checkpoint.safetensors")
        code, _, err = self.gan("train", "a.recipe", "--out", "fork", *there)
        self.assertEqual(code, 0, err)
        self.assertIn("resuming run/checkpoint.safetensors after step 7\n", err)
        self.same("fork", "whole")
        self.assertEqual(self.steps("fork"), [10, 15, 20])

    def test_its_own_folder(self):
        """Back to an older state: what the log says of later steps is gone, and so is the newer
        checkpoint, unless it is kept."""
        keep = ("train", "a.recipe", "--out", "run", "--set", "run.keep=9")
        self.good(*keep)
        self.same_files("run", {"checkpoint": [5, 10, 15], "generator": [5, 10, 15]})
        whole = read_bytes("run/checkpoint.safetensors")
        older = "run/checkpoint-000010.safetensors"
        self.good(*keep, "--from", older, "--steps", "12")
        self.assertEqual(self.steps("run"), [5, 10, 12])
        self.same_files("run", {"checkpoint": [5, 10, 15, 20], "generator": [5, 10, 15, 20]})
        self.assertTrue(read_bytes("run/checkpoint-000020.safetensors") == whole)
        self.good(*keep)
        self.assertTrue(read_bytes("run/checkpoint.safetensors") == whole)

    def same_files(self, folder, wanted):
        for name, steps in wanted.items():
            found = sorted(n for n in os.listdir(folder) if n.startswith(name + "-"))
            self.assertEqual(found, ["%s-%06d.safetensors" % (name, step) for step in steps])

    def test_messages(self):
        self.good("train", "a.recipe", "--out", "run")
        gone = "gan train: gone: cannot be opened: no such file or folder"
        self.bad(3, gone, "train", "a.recipe", "--out", "other", "--from", "gone")
        self.assertFalse(os.path.exists("other"))
        generator = ("--from", "run/generator.safetensors")
        message = "gan train: run/generator.safetensors: holds a 'model', not a 'trainer'"
        self.bad(3, message, "train", "a.recipe", "--out", "other", *generator)
        there = ("--from", "run/checkpoint.safetensors", "--steps", "19")
        message = "gan train: run/checkpoint.safetensors has made 20 steps already, run.steps is 19"
        self.bad(2, message, "train", "a.recipe", "--out", "other", *there)
        for flag, form in (
            ("set", "SECTION.KEY=VALUE"),
            ("change", "SECTION.KEY=VALUE"),
            ("init", "ROLE=FILE"),
        ):
            for given in ("run.steps", "=3"):
                message = "gan train: --%s %s: give %s" % (flag, given, form)
                self.bad(2, message, "train", "a.recipe", "--out", "new", "--" + flag, given)


class Changes(Case):
    """What the library lets a training change, from the shell."""

    def test_change(self):
        self.good("train", "a.recipe", "--out", "run", "--steps", "10")
        rate = "optimizer.discriminator.lr=0.0001"
        words = ("train", "a.recipe", "--out", "run")
        self.assertEqual(self.gan(*words, "--set", rate)[0], 3)
        self.good(*words, "--change", rate)
        self.good("train", "a.recipe", "--out", "plain")
        self.assertNotEqual(
            read_bytes("run/generator.safetensors"), read_bytes("plain/generator.safetensors")
        )
        self.good("train", "run/run.recipe", "--out", "run", "--steps", "21")

    def test_after_divergence(self):
        """The advice helps."""
        text = RECIPE.replace("[run]", "[optimizer.discriminator]\nsgd lr=1e6\n[run]")
        write_text("b.recipe", text)
        code, _, err = self.gan("train", "b.recipe", "--out", "run", "--set", "run.save_every=0")
        self.assertEqual(code, 5)
        start = re.search(r"--from (\S+) --change ", err).group(1)
        words = ("train", "b.recipe", "--out", "run", "--from", start)
        self.good(*words, "--change", "optimizer.discriminator.lr=1e-9", "--steps", "3")
        self.assertTrue(self.good("info", "run").startswith("# run, after step 3\n"))

    def test_init(self):
        self.good("train", "a.recipe", "--out", "run")
        init = ("--init", "generator=run/generator.safetensors")
        self.good("train", "a.recipe", "--out", "other", "--steps", "1", *init)
        self.good("train", "a.recipe", "--out", "fresh", "--steps", "1")
        self.assertNotEqual(
            read_bytes("other/generator.safetensors"), read_bytes("fresh/generator.safetensors")
        )


class Kept(Case):
    def kept(self, name):
        found = [re.fullmatch(name + r"-(\d+)\.safetensors", n) for n in os.listdir("run")]
        return sorted(int(m.group(1)) for m in found if m)

    def check(self, *steps):
        for name in ("checkpoint", "generator"):
            self.assertEqual(self.kept(name), list(steps), name)

    def train(self, keep, steps, *words):
        options = ("--set", "run.keep=%d" % keep, "--steps", str(steps))
        self.good("train", "a.recipe", "--out", "run", *options, *words)

    def test_newest(self):
        """Of those before the newest the last are kept, each as it was at its step."""
        self.train(2, 32)
        self.check(25, 30)
        for step in (25, 30, 32):
            self.good("train", "a.recipe", "--out", "whole%d" % step, "--steps", str(step))
            for name in ("checkpoint", "generator"):
                older = "%s-%06d" % (name, step) if step < 32 else name
                self.assertTrue(
                    read_bytes("run/%s.safetensors" % older)
                    == read_bytes("whole%d/%s.safetensors" % (step, name)),
                    older,
                )
        self.train(1, 40)  # it resumes: the newest of before is kept too, and fewer of them
        self.check(35)
        self.train(0, 45)  # they stay, and no more come
        self.check(35)
        self.train(3, 50)
        self.check(35, 45)
        self.train(3, 50)  # nothing newer
        self.check(35, 45)
        self.good("train", "run/run.recipe", "--out", "run", "--steps", "55")
        self.check(35, 45, 50)

    def test_never(self):
        self.good("train", "a.recipe", "--out", "run", "--steps", "30")
        self.check()

    def test_only_its_own(self):
        """Files of other names are the user's."""
        self.train(1, 10)
        mine = ["checkpoint-best.safetensors", "checkpoint-1.safetensors", "checkpoint-000001.bak"]
        for name in mine:
            write_text("run/" + name, "precious\n")
        left = ["checkpoint-000003.safetensors.tmp", "generator-000003.safetensors.tmp"]
        for name in left:
            write_text("run/" + name, "half a fi")
        self.train(1, 30)
        for name in mine:
            self.assertEqual(read_text("run/" + name), "precious\n")
        for name in left:
            self.assertFalse(os.path.exists("run/" + name), name)

    def test_private(self):
        """What is kept has the permissions of what it was, on another file system too."""
        self.train(5, 5)
        os.chmod("run/checkpoint.safetensors", 0o600)
        away = tempfile.mkdtemp(dir="/dev/shm") if os.path.isdir("/dev/shm") else None
        if away:  # no second name there: it is copied
            self.addCleanup(shutil.rmtree, away)
            shutil.copy2("run/generator.safetensors", away)
            os.chmod(away + "/generator.safetensors", 0o640)
            os.remove("run/generator.safetensors")
            os.symlink(away + "/generator.safetensors", "run/generator.safetensors")
            before = read_bytes("run/generator.safetensors")
        self.train(5, 10)
        for name, mode in (("checkpoint", 0o600), ("generator", 0o640)):
            if name == "checkpoint" or away:
                older = "run/%s-000005.safetensors" % name
                self.assertEqual(stat.S_IMODE(os.lstat(older).st_mode), mode, name)
        if away:
            self.assertTrue(read_bytes("run/generator-000005.safetensors") == before)
            self.assertTrue(os.path.islink("run/generator.safetensors"))

    def test_kill(self):
        """Killed at any time, the newest is whole, and the kept ones are what they say."""
        every = ("--set", "run.log_every=1", "--set", "run.save_every=3", "--set", "run.keep=2")
        command = ("train", "a.recipe", "--steps", "120", *every)
        self.good(*command, "--out", "whole")
        for target in (5, 20, 21, 50, 51, 90):
            process = self.start(*command, "--out", "run")
            wanted = b'{"step":%d,' % target
            log = "run/log.jsonl"
            self.wait_for(
                lambda: process.poll() is not None
                or (os.path.exists(log) and wanted in read_bytes(log))
            )
            process.kill()
            process.communicate()
            if os.path.exists("run/checkpoint.safetensors"):
                self.good("info", "run")
            for step in self.kept("checkpoint"):
                text = self.good("info", "run/checkpoint-%06d.safetensors" % step)
                self.assertTrue(text.startswith("# a checkpoint, after step %d\n" % step), text)
        self.good(*command, "--out", "run")
        self.assertEqual(sorted(os.listdir("run")), sorted(os.listdir("whole")))
        for name in os.listdir("whole"):
            if name.endswith(".safetensors"):
                self.same("run", "whole", (name,))

    def test_samples(self):
        """gan sample shows an older generator too."""
        self.train(2, 20)
        flags = ("--seed", "3", "--count", "9", "--out", "x.png")
        self.good("sample", "run", "--step", "10", *flags)
        self.assertTrue(read_bytes("x.png") == read_bytes("run/sheets/000010.png"))
        missing = (
            "gan sample: run/checkpoint-000011.safetensors: cannot be opened: no such file or folder"
        )
        self.bad(3, missing, "sample", "run", "--step", "11", *flags)
        message = "gan sample: --step 10: run/generator.safetensors is not the folder of a run"
        self.bad(2, message, "sample", "run/generator.safetensors", "--step", "10", *flags)


class Sheets(Case):
    def test_averaged(self):
        """A sheet in mid-run shows what the checkpoint of that step holds: averaged weights with
        statistics of their own."""
        write_text("a.recipe", AVERAGED)
        flags = ("--seed", "3", "--count", "9", "--out", "x.png")
        for save in ("10", "0"):
            words = ("--set", "run.keep=9", "--set", "run.save_every=" + save)
            self.good("train", "a.recipe", "--out", "run" + save, "--steps=30", *words)
        for step in ("10", "20"):
            self.good("sample", "run10", "--step", step, *flags)
            for run in ("run10", "run0"):
                sheet = "%s/sheets/0000%s.png" % (run, step)
                self.assertTrue(read_bytes("x.png") == read_bytes(sheet), sheet)
        self.same("run10", "run0")

    def test_after_a_kill(self):
        """The sheet that a process was killed before is made by the one that goes on."""
        write_text("a.recipe", AVERAGED)
        self.good("train", "a.recipe", "--out", "whole")
        self.good("train", "a.recipe", "--out", "run", "--steps", "10")
        self.assertEqual(os.listdir("run/sheets"), [])
        self.good("train", "a.recipe", "--out", "run")
        self.same("run/sheets", "whole/sheets", ("000010.png",))


class Memory(Case):
    short = (
        r"^gan train: (the training needs about \d+\.\d\d GiB of memory|.*out of memory.*), and this"
        r" process can have \d+\.\d\d GiB \((.+)\); a smaller run\.batch or smaller networks need less$"
    )

    def refused(self, *words, **options):
        code, out, err = self.gan("train", "b.recipe", "--out", "run", *words, **options)
        self.assertEqual((code, out), (1, ""), err)
        found = re.match(self.short, err.splitlines()[-1])
        self.assertTrue(found, err)
        self.assertFalse(os.path.exists("run"))
        return found

    @unittest.skipIf(not os.path.exists("/proc/meminfo"), "needs /proc")
    def test_more_than_there_is(self):
        """What no process here can have is refused, with the figures, before a file is written."""
        total = int(re.search(r"MemTotal: +(\d+)", read_text("/proc/meminfo")).group(1)) << 10
        swap = int(re.search(r"SwapTotal: +(\d+)", read_text("/proc/meminfo")).group(1)) << 10
        wide = 64 + (total + swap) // (4 << 20)  # one activation of 2^20 samples fills it
        self.edit("dense 24; leaky_relu 0.2", "dense %d; leaky_relu 0.2" % wide)
        self.refused("--set", "run.batch=1048576")

    @unittest.skipIf(not os.path.exists("/proc/meminfo"), "needs /proc")
    def test_more_pictures_than_there_is(self):
        """An array of samples is in memory until it is saved."""
        text = "input 12 12 1\nupsample 85\n"
        write_safetensors("big.safetensors", {"gan.format": "1.0", "gan.kind": "model", "gan.text": text})
        code, out, err = self.gan("sample", "big.safetensors", "--count=16777216", "--out", "x.npy")
        self.assertEqual((code, out), (1, ""))
        form = r"^gan sample: 16777216 pictures of 1020x1020x1 need 16256\.25 GiB of memory, and this process can have \d+\.\d\d GiB \(.+\); --count N takes fewer\n$"
        self.assertRegex(err, form)

    def test_limit(self):
        """A limit of the process's own is named."""
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
        try:
            code = self.gan("--version", preexec_fn=limit)[0]
        except OSError:
            code = 1
        if code:
            self.skipTest("the program itself needs more")
        self.edit("dense 24; leaky_relu 0.2", "dense 2400; leaky_relu 0.2")
        found = self.refused("--set", "run.batch=100000", preexec_fn=limit)
        self.assertEqual(found.group(2), "ulimit -v (RLIMIT_AS)")


class Links(Case):
    names = ("log.jsonl", "run.recipe", "checkpoint.safetensors")

    def test_kept(self):
        """A link stays one, what it leads to keeps its permissions, on every resume."""
        self.good("train", "a.recipe", "--out", "run", "--steps", "5")
        os.makedirs("far/away")
        for name in self.names:
            os.rename("run/" + name, "far/away/" + name)
            os.symlink("../far/away/" + name, "run/" + name)
            os.chmod("far/away/" + name, 0o660)
        for steps in ("8", "20"):
            self.good("train", "a.recipe", "--out", "run", "--steps", steps)
        for name in self.names:
            self.assertEqual(os.readlink("run/" + name), "../far/away/" + name)
            mode = os.lstat("far/away/" + name).st_mode
            self.assertTrue(stat.S_ISREG(mode) and stat.S_IMODE(mode) == 0o660, (name, oct(mode)))
        self.assertEqual(sorted(os.listdir("far/away")), sorted(self.names))
        self.assertEqual(self.steps("far/away"), [5, 8, 10, 15, 20])
        self.good("train", "a.recipe", "--out", "whole")
        self.same("run", "whole")

    def test_modes(self):
        self.good("train", "a.recipe", "--out", "run", "--steps", "5")
        for mode in (0o600, 0o640):
            for name in self.names:
                os.chmod("run/" + name, mode)
            self.good("train", "a.recipe", "--out", "run", "--steps", "6" if mode & 0o40 else "5")
            for name in self.names:
                self.assertEqual(stat.S_IMODE(os.stat("run/" + name).st_mode), mode, name)

    def test_links_to_nothing(self):
        """A link whose file is still to come is followed too; a circle is an error."""
        os.makedirs("run")
        os.makedirs("far")
        write_text("run/run.recipe", "")
        for name in ("log.jsonl", "checkpoint.safetensors"):
            os.symlink(os.path.abspath("far/" + name), "run/" + name)
        self.good("train", "a.recipe", "--out", "run")
        self.assertEqual(sorted(os.listdir("far")), ["checkpoint.safetensors", "log.jsonl"])
        self.assertEqual(self.steps("far"), [5, 10, 15, 20])
        os.remove("run/run.recipe")
        os.symlink("run.recipe", "run/run.recipe")
        message = "gan train: cannot write run/run.recipe: Too many levels of symbolic links"
        code, _, err = self.gan("train", "a.recipe", "--out", "run")
        self.assertEqual((code, err.splitlines()[-1]), (4, message))


if __name__ == "__main__":
    case.main()
