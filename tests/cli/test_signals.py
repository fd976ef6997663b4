"""Signals that reach a training, and readers and limits that end."""

import fcntl
import os
import re
import resource
import shutil
import signal
import subprocess
import time
import unittest

import case
from case import *


class Signals(Case):
    endless = ("train", "a.recipe", "--steps", "1000000000", "--set", "run.save_every=0")
    often = ("--set", "run.log_every=1", "--set", "run.sample_every=0")

    def has_log(self):
        return os.path.exists("run/log.jsonl") and os.path.getsize("run/log.jsonl") > 0

    def test_stop(self):
        """The step is finished and saved, and the run goes on to the same bytes."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU):
            code = 128 + number
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
        self.wait_for(lambda: len(self.steps("run", running=True)) > len(steps))
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

    def handled(self, process, number=signal.SIGINT):
        """The handler has run when the signal is caught no more."""
        try:
            status = read_text("/proc/%d/status" % process.pid)
        except FileNotFoundError:
            time.sleep(1)
            return True
        return not int(re.search(r"SigCgt:\s*(\w+)", status).group(1), 16) & 1 << number - 1

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

    def test_in_numbers(self):
        """A closing terminal sends several SIGHUP, and a process that has used up its time gets a
        SIGXCPU every second; the first is enough, the others do no harm."""
        for first, more in (
            (signal.SIGHUP, signal.SIGHUP),
            (signal.SIGINT, signal.SIGHUP),
            (signal.SIGXCPU, signal.SIGXCPU),
        ):
            shutil.rmtree("run", ignore_errors=True)
            process, reader = self.start_blocked()
            process.send_signal(first)
            self.wait_for(lambda: self.handled(process))
            process.send_signal(more)
            with open(reader) as lines:
                lines.read()
            self.assertEqual(process.wait(timeout=LIMIT), 128 + first)
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

    def test_ignored_after_another(self):
        """One that is ignored stays so after another that asks the training to end."""
        ignore = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)
        process, reader = self.start_blocked(preexec_fn=ignore)
        process.send_signal(signal.SIGTERM)
        self.wait_for(lambda: self.handled(process, signal.SIGTERM))
        process.send_signal(signal.SIGINT)
        with open(reader) as lines:
            lines.read()
        self.assertEqual(process.wait(timeout=LIMIT), 143)

    def test_time_is_up(self):
        """The system's own SIGXCPU, at the end of the processor time that is allowed."""
        limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (1, 60))
        code, out, err = self.gan(*self.endless, *self.often, "--out", "run", preexec_fn=limit)
        self.assertEqual((code, out), (128 + signal.SIGXCPU, ""))
        self.assertRegex(err.splitlines()[-1], r"^stopped after step \d+; saved in run; ")
        self.good("info", "run/checkpoint.safetensors")

    def test_save_and_go_on(self):
        """SIGUSR1, with which batch systems warn, saves as often as it comes."""
        with open("shown", "w") as shown:
            process = self.start(*self.endless, *self.often, "--out", "run", stderr=shown)
        self.wait_for(self.has_log)
        said = r"(?m)^saved in run after step (\d+), as SIGUSR1 asks; the training goes on$"
        for times in (1, 2):
            process.send_signal(signal.SIGUSR1)
            self.wait_for(lambda: len(re.findall(said, read_text("shown"))) == times)
            step = re.findall(said, read_text("shown"))[-1]
            self.assertIn("after step %s\n" % step, self.good("info", "run"))
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=LIMIT), 143)
        steps = self.steps("run")
        self.assertEqual(steps, list(range(1, steps[-1] + 1)))
        self.good("train", "a.recipe", "--out", "whole", "--steps", str(steps[-1]))
        self.good("train", "a.recipe", "--out", "run", "--steps", str(steps[-1]))
        self.same("run", "whole")

    def test_save_before_the_first_step(self):
        """While the data is read it ends nothing either: the first step is saved."""
        os.mkfifo("pipe")
        self.edit("pictures.idx", "pipe")
        never = ("--set", "run.save_every=0", "--set", "run.sample_every=0")
        process = self.start("train", "b.recipe", "--out", "run", *never, "--steps=10000000")
        writer = os.open("pipe", os.O_WRONLY)
        process.send_signal(signal.SIGUSR1)
        os.write(writer, read_bytes("pictures.idx"))
        os.close(writer)
        self.wait_for(lambda: os.path.exists("run/checkpoint.safetensors"))
        self.assertEqual(self.good("info", "run").splitlines()[0], "# run, after step 1")
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


class Readers(Case):
    """Whoever reads what the command prints may end before it."""

    endless, often, has_log = Signals.endless, Signals.often, Signals.has_log

    def unread(self, *words, **options):
        """A call, and the end of the pipe that reads what it prints."""
        reader, writer = os.pipe()
        process = self.start(*words, stdout=writer, stderr=writer, **options)
        os.close(writer)
        return process, reader

    def test_stopped(self):
        """Ctrl-C on `gan train ... 2>&1 | tee log` reaches tee too, which dies first."""
        for every in ("1", "1000"):
            shutil.rmtree("run", ignore_errors=True)
            lines = ("--set", "run.log_every=" + every, "--set", "run.sample_every=0")
            process, reader = self.unread(*self.endless, *lines, "--out", "run")
            self.wait_for(self.has_log)
            os.close(reader)
            size = os.path.getsize("run/log.jsonl")
            self.wait_for(lambda: os.path.getsize("run/log.jsonl") > size + 1000)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=LIMIT), 143)
            last = self.steps("run")[-1]
            text = self.good("info", "run").splitlines()[0]
            self.assertTrue(text.startswith("# run, after step "), text)
            self.assertGreaterEqual(int(text.split()[-1]), last)

    def test_finished(self):
        """It trains to the end; only what standard output should have told is missing."""
        self.good("train", "a.recipe", "--out", "whole")
        for out, code in ((None, 4), (subprocess.DEVNULL, 0)):
            shutil.rmtree("run", ignore_errors=True)
            reader, writer = os.pipe()
            os.close(reader)
            process = self.start(
                "train", "a.recipe", "--out", "run", stdout=out or writer, stderr=writer
            )
            os.close(writer)
            self.assertEqual(process.wait(timeout=LIMIT), code)
            self.same("run", "whole")
            self.assertEqual(self.steps("run"), [5, 10, 15, 20])

    def test_other_commands(self):
        """`gan info | head` ends by the signal, as other programs do, or with its own message."""
        ignore = lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        broken = "gan: standard output cannot be written: Broken pipe\n"
        for options, result in (
            ({}, (-signal.SIGPIPE, "")),
            ({"preexec_fn": ignore}, (4, broken)),
        ):
            reader, writer = os.pipe()
            os.close(reader)
            code, _, err = self.gan("help", stdout=writer, **options)
            os.close(writer)
            self.assertEqual((code, err), result)


class Limits(Case):
    def test_samples(self):
        """A file that may grow no further is an error with its reason, and the old one is whole."""
        self.good("train", "a.recipe", "--out", "run")
        for name in ("x.npy", "x.png"):
            words = ("sample", "run", "--out", name, "--count", "400")
            self.good(*words)
            before = read_bytes(name)
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
            code, out, err = self.gan(*words, "--seed", "9", preexec_fn=limit)
            self.assertEqual((code, out), (4, ""))
            self.assertRegex(err, r"^gan sample: %s: .*the file would be too large\n$" % name)
            self.assertTrue(read_bytes(name) == before)

    def test_output(self):
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        with open("text", "w") as text:
            code, _, err = self.gan("help", stdout=text, preexec_fn=limit)
        message = "gan: standard output cannot be written: File too large\n"
        self.assertEqual((code, err), (4, message))


if __name__ == "__main__":
    case.main()
