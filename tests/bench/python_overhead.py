"""What a call from Python costs above the same call from C, and what importing the package costs.

    LIBGAN_LIBRARY=build/bench/libgan.so PYTHONPATH=examples/python/src python3 tests/bench/python_overhead.py

The loops of C are in python_overhead.c, compiled here. Both run in this process, on the same handles, by
turns; figures are medians, on one thread."""
import ctypes
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

import libgan

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
ROUNDS = 15


def compile_loops(folder):
    target = os.path.join(folder, "loops.so")
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", "-I", os.path.join(SOURCE, "include"),
                    os.path.join(HERE, "python_overhead.c"), "-o", target, libgan.LIBRARY,
                    "-Wl,-rpath," + os.path.dirname(os.path.abspath(libgan.LIBRARY))], check=True)
    loops = ctypes.CDLL(target)
    for name in ("time_runs", "time_steps", "time_training"):
        getattr(loops, name).restype = ctypes.c_double
    return loops


def in_turn(count, c, python):
    """Medians of seconds for a round of each, and of their ratio."""
    pairs = []
    for _ in range(ROUNDS):
        first = c(count)
        begun = time.perf_counter()
        python(count)
        pairs.append((first, (time.perf_counter() - begun) / count))
    return [statistics.median(side) for side in zip(*pairs)] + [statistics.median(b / a for a, b in pairs)]


def loop(call):
    def run(count):
        for _ in range(count):
            call()
    return run


def measure_calls(loops):
    """A dense layer of 8 numbers: next to nothing to compute."""
    ctx = libgan.Context(threads=1)
    model = ctx.model("input 8; dense 8")
    runner = ctx.runner(model)
    x, out = np.ones((1, 8), np.float32), np.zeros((1, 8), np.float32)
    given, result = ctx.tensor(x), ctx.tensor(out)

    def c(count):
        pointers = (ctypes.c_void_p(each.handle) for each in (runner, given, result))
        return loops.time_runs(*pointers, count)

    ways = {"model(x)": lambda: model(x), "runner(x)": lambda: runner(x),
            "runner(x, out=y)": lambda: runner(x, out=out),
            "runner(tensor, out=tensor)": lambda: runner(given, out=result),
            "runner.run([tensor], [tensor])": lambda: runner.run([given], [result])}
    for name, call in ways.items():
        first, second, _ = in_turn(2000, c, loop(call))
        print(f"{name:34} {second * 1e6:7.2f} us, C {first * 1e6:5.2f} us: {(second - first) * 1e6:6.2f} us above")


def measure_steps(loops):
    path = os.path.join(SOURCE, "examples/recipes/fashion-mlp.recipe")
    trainer = libgan.load_recipe(path, context__threads=1).trainer()
    batch = libgan.load_recipe(path).dataset("real").read("image", range(64))
    tensor = libgan.Context().tensor(batch)
    handle = ctypes.c_void_p(trainer.handle)
    trainer.run(10)
    first, second, ratio = in_turn(20, lambda n: loops.time_training(handle, n), trainer.run)
    print(f"{'trainer.run':34} {second * 1e3:7.3f} ms, C {first * 1e3:.3f} ms: {ratio:.4f} of C")
    c = lambda n: loops.time_steps(handle, b"real", ctypes.c_void_p(tensor.handle), n)
    first, second, ratio = in_turn(20, c, loop(lambda: trainer.step(real=batch)))
    print(f"{'trainer.step(real=x)':34} {second * 1e3:7.3f} ms, C {first * 1e3:.3f} ms: {ratio:.4f} of C")


def measure_import(folder):
    """With bytecode, as pip leaves it where it installs."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = folder

    def seconds(what):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import " + what], check=True, env=environment)
        return time.perf_counter() - begun

    seconds("numpy, libgan")
    pairs = [(seconds("numpy"), seconds("libgan")) for _ in range(ROUNDS)]
    beyond = statistics.median(b - a for a, b in pairs)
    print(f"{'import libgan':34} {beyond * 1e3:7.1f} ms beyond numpy's {statistics.median(a for a, _ in pairs) * 1e3:.1f}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        loops = compile_loops(folder)
        measure_calls(loops)
        measure_steps(loops)
        measure_import(folder)


if __name__ == "__main__":
    main()
