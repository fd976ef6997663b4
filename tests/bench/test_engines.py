"""The table of engines: its arithmetic on made-up times, the networks' texts, and libgan timed alone.

    python test_engines.py BUILD SOURCE [CLASS ...]        with Python's standard library alone"""
import ctypes
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest

BUILD, SOURCE = (os.path.abspath(path) for path in sys.argv[1:3])

import __main__ as this
import compare_engines
import library
import rows
from engines import nets, report, serve

LIBRARY = rows.program(BUILD, "libgan.so", "libgan.dylib", "gan.dll", "libgan.dll")


def engine(*milliseconds, difference=1e-6, memory=2048, **more):
    return {"seconds": [x / 1000 for x in milliseconds], "difference": difference, "memory": memory, **more}


def row(net="A", batch=1, threads=1, **engines):
    return {"net": net, "case": net, "batch": batch, "threads": threads,
            "engines": {name.replace("_", " "): value for name, value in engines.items()}}


class Report(unittest.TestCase):
    def cells(self, text):
        return [line[2:-2].split(" | ") for line in text.strip().splitlines()]

    def test_ratio(self):
        """The median and the quartiles of the rounds' own ratios, whatever each one's medians are."""
        ours, theirs = engine(1, 2, 4, 2, 1), engine(3, 2, 4, 7, 5)
        found = report.ratio(theirs, ours)
        for value, expected in zip(found, (3, 1, 3.5)):  # each round: 3 1 1 3.5 5
            self.assertAlmostEqual(value, expected)
        for value in report.ratio(engine(3), engine(2)):  # one round has no spread
            self.assertAlmostEqual(value, 1.5)
        self.assertRaises(ValueError, report.ratio, engine(1, 2), engine(1))

    def test_best(self):
        made = row(libgan=engine(2), libgan_again=engine(1), PyTorch=engine(5), ncnn=engine(1, difference=1),
                   OpenVINO=engine(3), onnxruntime={"error": "ended", "seconds": []})
        self.assertEqual(report.best(made), "OpenVINO")
        self.assertEqual(report.best(row(libgan=engine(1), libgan_again=engine(1))), None)
        made = row(libgan=engine(1, 2, 8), libgan_again=engine(1, 1, 1), a=engine(2, 5, 9), b=engine(3, 4, 20))
        self.assertEqual(report.best(made), "a")  # 2 2.5 1.1 beside 3 2 2.5, whatever their medians are

    def test_times(self):
        made = [row("A", 1, 1, libgan=engine(2, 2), libgan_again=engine(2, 2.2), PyTorch=engine(5, 5),
                    ncnn=engine(1, 1.4)),
                row("B", 16, 2, libgan=engine(1234), libgan_again=engine(1234), PyTorch=engine(2468),
                    OpenVINO=engine(1, difference=float("nan")), ncnn={"error": "no", "seconds": []})]
        head, _, a, b = self.cells(report.times(made))
        self.assertEqual(head, ["net", "batch", "threads", "libgan, ms", "libgan again", "PyTorch", "ncnn",
                                "OpenVINO", "best rival / libgan"])
        self.assertEqual(a, ["A", "1", "1", "2", "1.05 [1.02 .. 1.08]", "2.50", "**0.60**", "",
                             "ncnn 0.60 [0.55 .. 0.65]"])
        self.assertEqual(b, ["B", "16", "2", "1.23e+03", "1.00 [1.00 .. 1.00]", "**2.00**", "failed", "wrong",
                             "PyTorch 2.00 [2.00 .. 2.00]"])

    def test_libgan_wrong(self):
        """Then there is nothing to compare with."""
        made = row(libgan=engine(2, difference=2e-4), libgan_again=engine(2), PyTorch=engine(5))
        a = self.cells(report.times([made]))[2]
        self.assertEqual(a, ["A", "1", "1", "wrong", "", "**5 ms**", "PyTorch"])
        self.assertEqual(report.faults(made), ["A, batch=1 threads=1: libgan is wrong by 2.0e-04 of the "
                                               "largest output"])

    def test_limit(self):
        for far, found in ((0, False), (1e-4, False), (1.1e-4, True), (float("inf"), True),
                           (float("nan"), True), (None, False)):
            self.assertEqual(report.wrong(engine(1, difference=far)), found, far)

    def test_memory(self):
        """The largest of the threads, and the largest difference of all."""
        made = [row("A", 1, 1, libgan=engine(1, memory=10240), libgan_again=engine(1, memory=1 << 20),
                    ncnn=engine(1, memory=20480, difference=3e-6)),
                row("A", 1, 2, libgan=engine(1, memory=11264, difference=2e-7), ncnn=engine(1, memory=1024)),
                row("A", 16, 1, libgan=engine(1), ncnn={"error": "no", "seconds": []})]
        head, _, *rest = self.cells(report.memory(made))
        self.assertEqual(head, ["net", "batch", "libgan", "ncnn"])
        self.assertEqual(rest, [["A", "1", "11", "20"], ["A", "16", "2", ""],
                                ["largest difference, millionths", "", "1", "3"]])

    def test_markdown(self):
        text = report.markdown([row(libgan=engine(2), libgan_again=engine(2))], ["ncnn is left out"])
        self.assertIn("| A | 1 | 1 | 2 | 1.00 [1.00 .. 1.00] |  |", text)
        self.assertTrue(text.endswith("\n\n- ncnn is left out\n"))


class Nets(unittest.TestCase):
    def test_shapes(self):
        """Each text is a network of one input and one output that have the shapes that are stated."""
        session = self.enterContext(library.Session(library.open_library(LIBRARY), "threads=1"))
        lib, shape = session.library, (ctypes.c_int64 * 3)()
        for name, net in nets.NETS.items():
            with self.subTest(name), session.inner() as inner:
                model = inner.parse_model(net.text)
                self.assertEqual((lib.gan_model_input_count(model), lib.gan_model_output_count(model)), (1, 1))
                for function, stated in ((lib.gan_model_input_shape, net.takes),
                                         (lib.gan_model_output_shape, net.makes)):
                    inner.good(function(model, 0, shape))
                    self.assertEqual(tuple(shape), stated)


class Turns(unittest.TestCase):
    def test_short(self):
        """Short runs fill a turn, and the first does not count."""
        times = iter([0.2] + [serve.TURN / 8] * 7 + [serve.TURN, 7])
        real, serve.time_once = serve.time_once, lambda run: next(times)
        self.addCleanup(setattr, serve, "time_once", real)
        self.assertEqual(serve.take_turn(None), serve.TURN / 8)
        self.assertEqual(next(times), 7)

    def test_long(self):
        times = iter([3, 2])
        real, serve.time_once = serve.time_once, lambda run: next(times)
        self.addCleanup(setattr, serve, "time_once", real)
        self.assertEqual(serve.take_turn(None), 3)

    def test_order(self):
        """Every engine has one turn a round, and begins one; what failed has none any more."""
        order = []

        class Worker:
            def __init__(self, name, turns):
                self.name, self.turns = name, turns

            def works(self):
                return self.turns > 0

            def turn(self):
                self.turns -= 1
                order.append(self.name)

        compare_engines.take_rounds({name: Worker(name, turns) for name, turns in zip("abc", (3, 3, 1))}, 3)
        self.assertEqual("".join(order), "abc" + "ba" + "ab")


class Command(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def test_dead(self):
        """A process that ends, or does not load, is told."""
        with open(os.path.join(self.folder, "log"), "w") as log:
            worker = compare_engines.Worker("libgan", {"library": "/no such file"}, log)
        self.assertFalse(worker.works())
        self.assertIn("Error", worker.end()["error"])

    @unittest.skipUnless(importlib.util.find_spec("numpy"), "needs NumPy")
    def test_alone(self):
        """The whole of it without a rival; a second time nothing is measured again."""
        path = os.path.join(self.folder, "a.json")
        words = [sys.executable, compare_engines.__file__, BUILD, "--case", "dcgan28", "--batch", "1", "--threads",
                 "1", "2", "--rounds", "2", "--json", path, "--without", *compare_engines.ENGINES[1:]]
        made = []
        for _ in range(2):
            done = subprocess.run(words, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("\n| DCGAN-28 | 1 | 2 | ", done.stdout)
            self.assertIn("ncnn is left out: ", done.stdout)
            with open(path) as file:
                made.append(json.load(file))
        self.assertEqual(made[0], made[1])
        self.assertEqual([(r["threads"], [len(e["seconds"]) for e in r["engines"].values()])
                          for r in made[0]["rows"]], [(1, [2, 2]), (2, [2, 2])])


def main():
    loader = unittest.defaultTestLoader
    tests = loader.loadTestsFromNames(sys.argv[3:], this) if sys.argv[3:] else loader.loadTestsFromModule(this)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(tests)
    failed = len(result.failures) + len(result.errors)
    print("%d passed, %d failed" % (result.testsRun - failed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
