"""Times generators and discriminators in inference beside every engine that is installed.

    python compare_engines.py BUILD [--case dcgan64 ...] [--batch 1 ...] [--threads 1 ...] [--rounds 7]
                              [--filter small|large] [--without ENGINE ...] [--markdown FILE] [--json FILE]

BUILD is the folder of a build with the shared library. The rivals are PyTorch (eager, the better of two
layouts), torch.compile, onnxruntime, OpenVINO and ncnn; one that is not installed is left out, and said so.
pip has all that they need: torch, safetensors, numpy, onnx, onnxscript, onnxruntime, openvino, ncnn, pnnx.

All run in float32 with the same weights: libgan's file is loaded into PyTorch by name, and from there
exported. The outputs of the first and the last picture are compared with PyTorch's in double; an engine that
is wrong by more than 1e-4 of the largest output gets no time, and the exit code is 1.

Every engine is a process of its own for each network, batch and number of threads, loaded once. In a round
each has its turn of 0.15 s, at least one run, whose median counts; the others sleep meanwhile, and the next
round begins with the next engine. Printed is the time of each engine / the time of libgan, medians over the
rounds (above 1: libgan is faster), with the quartiles over the rounds for the best rival and for a second
process of libgan, which shows the noise. Memory is the peak of the process, Python and loading included.

More threads than one need a machine that does nothing else: those of PyTorch and ncnn spin while they wait for
each other, and lose whole slices of time where a core is taken.

A network and batch of which libgan alone would make a round of more than 30 s, by its first run times the
number of processes, is left out, and said so."""
import argparse
import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from engines import libgan, nets, report

import cache  # of tests/figures, as is rows: engines.libgan knows where that is
import rows

HERE = os.path.dirname(os.path.abspath(__file__))
ENGINES = ["libgan", "pytorch", "torch_compile", "onnxruntime", "openvino", "ncnn"]
LONGEST_ROUND = 30
PAUSE = 0.02  # seconds until the threads of the last turn sleep
# Threads of OpenMP (GCC's) that wait for each other spin for half a millisecond, not for 10 to 20: on a machine
# that does other things, too, PyTorch and ncnn would be timed while they wait for a core.
SPIN = {"GOMP_SPINCOUNT": "10000"}


def tell(line):
    print(line, file=sys.stderr, flush=True)


def start(module, *words, log):
    """Its standard input and output are ours to talk; what it prints besides goes to the log."""
    path = os.pathsep.join(filter(None, (HERE, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen([sys.executable, "-m", "engines." + module, *words], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=log, text=True,
                            env={**SPIN, **os.environ, "PYTHONPATH": path})


class Worker:
    """The process of one engine, and what it has said."""

    def __init__(self, name, job, log):
        self.process = start("serve", name, json.dumps(job), log=log)
        self.result = {}
        self.first = self.hear()
        self.result["seconds"] = []

    def hear(self):
        said = self.process.stdout.readline()
        said = json.loads(said) if said else {"error": "its process ended with %s" % self.process.wait()}
        seconds = said.pop("seconds", None)
        self.result.update(said)
        return seconds

    def works(self):
        return "error" not in self.result

    def turn(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        seconds = self.hear()
        if self.works():
            self.result["seconds"].append(seconds)
        else:
            self.result["seconds"] = []

    def end(self):
        """What it has said in all."""
        self.process.stdin.close()
        if self.works():
            self.hear()
        self.process.wait()
        return self.result


def engine_of(name):
    return importlib.import_module("engines." + name)


def find_engines(without):
    """The names of those that can run here, and for each of the others why it is left out."""
    there, notes = [], []
    for name in ENGINES:
        engine = engine_of(name)
        lacks = ["%s is not installed" % module for module in engine.MODULES
                 if not importlib.util.find_spec(module)]
        lacks += ["there is no %s" % program for program in engine.PROGRAMS if not shutil.which(program)]
        lacks += ["it is not asked for"] * (name in without)
        if lacks:
            notes.append("%s is left out: %s" % (engine.NAME, lacks[0]))
        else:
            there.append(name)
    return there, notes


def prepare(job, net, names, log):
    """Makes the weights, the input, and what the engines take from PyTorch; {what: why not} of the rest."""
    import numpy
    libgan.make_weights(job, net.text, job["weights"])
    h, w, c = net.takes
    numpy.save(job["input"], numpy.random.default_rng(2).standard_normal((job["batch"], c, h, w), numpy.float32))
    if names == ["libgan"]:
        return {}
    wanted = sorted({engine_of(name).EXPORT for name in names} - {""})
    process = start("export", json.dumps(job), "reference", *wanted, log=log)
    said, _ = process.communicate()
    failed = json.loads(said) if said else {"reference": "its process ended with %s" % process.returncode}
    if "reference" in failed:
        sys.exit("PyTorch makes no reference: %s" % failed["reference"])
    return failed


def load_engines(names, job, failed, log):
    """{the name of an engine, libgan twice: its worker}, or None if a round would take too long."""
    ours = Worker("libgan", job, log)
    if ours.works() and ours.first * (len(names) + 1) > LONGEST_ROUND:
        ours.end()
        return None
    workers = {report.OURS: ours, report.AGAIN: Worker("libgan", job, log)}
    for name in names[1:]:
        if engine_of(name).EXPORT not in failed:
            workers[engine_of(name).NAME] = Worker(name, job, log)
    return workers


def take_rounds(workers, rounds):
    keys = list(workers)
    for i in range(rounds):
        for key in keys[i % len(keys):] + keys[:i % len(keys)]:
            if workers[key].works():
                workers[key].turn()
                time.sleep(PAUSE)


def measure(names, job, failed, rounds, log):
    """{an engine's name: what was measured}, or None."""
    workers = load_engines(names, job, failed, log)
    if workers is None:
        return None
    take_rounds(workers, rounds)
    made = {key: worker.end() for key, worker in workers.items()}
    made.update((engine_of(name).NAME, {"error": failed[engine_of(name).EXPORT]}) for name in names
                if engine_of(name).EXPORT in failed)
    return made


class Results:
    """The rows so far, in a file of JSON if there is to be one: a run that was interrupted goes on there."""

    def __init__(self, path, identity):
        self.path, self.value = path, {"identity": identity, "commit": cache.commit(), "rows": [], "long": []}
        found = cache.read_json(path) if path else None
        if found and found.get("identity") == identity:
            self.value = found

    def find(self, key):
        return any([row["case"], row["batch"], row["threads"]] == key for row in self.value["rows"]) or \
            key in self.value["long"]

    def add(self, key, engines):
        if engines is None:
            self.value["long"].append(key)
        else:
            self.value["rows"].append({"case": key[0], "net": nets.NETS[key[0]].title, "batch": key[1],
                                       "threads": key[2], "engines": engines})
        if self.path:
            cache.write_json(self.path, self.value)

    def notes(self):
        return ["%s, batch=%d threads=%d is left out: a round of libgan alone would take more than %d s" % (
            nets.NETS[case].title, batch, threads, LONGEST_ROUND) for case, batch, threads in self.value["long"]]


def measure_net(case, batch, a, results, folder):
    """All numbers of threads."""
    left = [threads for threads in a.threads if not results.find([case, batch, threads])]
    if not left:
        return
    job = {"library": a.library, "filter": a.filter, "batch": batch, "threads": left[0]}
    job.update((what, os.path.join(folder, what + end)) for what, end in (
        ("weights", ".safetensors"), ("input", ".npy"), ("reference", ".npy"), ("onnx", ".onnx"), ("ncnn", "")))
    with open(os.path.join(folder, "log"), "w+") as log:
        failed = prepare(job, nets.NETS[case], a.engines, log)
        for threads in left:
            engines = measure(a.engines, {**job, "threads": threads}, failed, a.rounds, log)
            results.add([case, batch, threads], engines)
            tell_row(results, engines)
        if a.log:
            log.seek(0)
            tell(log.read())


def tell_row(results, engines):
    if engines is None:
        tell(results.notes()[-1])
        return
    row = results.value["rows"][-1]
    tell("%s, batch=%d threads=%d: %s" % (row["net"], row["batch"], row["threads"], "; ".join(
        "%s %s" % (name, report.cell(row, name)) for name in row["engines"])))
    for fault in report.faults(row):
        tell("  " + fault)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", help="the folder of a build")
    parser.add_argument("--case", nargs="+", choices=nets.NETS, default=list(nets.NETS))
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 16, 64])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--filter", choices=["small", "large"], default="small", help="of libgan's context")
    parser.add_argument("--without", nargs="+", choices=ENGINES[1:], default=[], metavar="ENGINE",
                        help="one of " + " ".join(ENGINES[1:]))
    parser.add_argument("--markdown", metavar="FILE", help="- or none: standard output")
    parser.add_argument("--json", metavar="FILE", help="a run that was interrupted goes on there")
    parser.add_argument("--log", action="store_true", help="prints what the engines said")
    a = parser.parse_args()
    a.library = rows.program(a.build, "libgan.so", "libgan.dylib", "gan.dll", "libgan.dll")
    a.engines, a.notes = find_engines(a.without)
    if "libgan" not in a.engines:
        sys.exit(a.notes[0])
    return a


def main():
    a = read_arguments()
    for note in a.notes:
        tell(note)
    results = Results(a.json, {"library": cache.checksum(a.library), "machine": cache.machine(),
                               "filter": a.filter, "rounds": a.rounds, "engines": a.engines})
    for case in a.case:
        for batch in a.batch:
            with tempfile.TemporaryDirectory() as folder:
                measure_net(case, batch, a, results, folder)
    faults = [fault for row in results.value["rows"] for fault in report.faults(row)]
    text = report.markdown(results.value["rows"], a.notes + results.notes() + faults)
    text = "Measured on %s, filter=%s, commit %s.\n\n%s" % (
        cache.machine(), a.filter, results.value["commit"], text)
    if a.markdown in (None, "-"):
        print(text, end="")
    else:
        with open(a.markdown, "w", encoding="utf-8") as file:
            file.write(text)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
