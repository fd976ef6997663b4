"""The process of one engine, which lives through all rounds of one network, batch and number of threads:

    python -m engines.serve ENGINE JOB

loads the network, runs it once, and says in a line of JSON what was chosen, how far its outputs are from the
reference and how long the run took. Then it sleeps until a line comes in, and answers each with the time of
one turn; at the end of the input with the peak of its memory. A failure is a line with `error`."""
import importlib
import json
import os
import resource
import statistics
import sys
import time
import traceback

TURN = 0.15  # seconds


def take_standard_output():
    """The function that answers there in lines of JSON; whatever else is printed is an error's text."""
    stream = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(value):
        print(json.dumps(value), file=stream, flush=True)

    return answer


def one_line(failure):
    lines = str(failure).strip().splitlines()
    return "%s: %s" % (type(failure).__name__, lines[0][:200]) if lines else type(failure).__name__


def compared(batch):
    """The pictures whose outputs are compared: the first and the last."""
    return sorted({0, batch - 1})


def difference(made, reference):
    """The largest, of the largest output."""
    import numpy
    if made.shape != reference.shape:
        raise ValueError("outputs have the shape %s, not %s" % (made.shape, reference.shape))
    return float(numpy.abs(made - reference).max() / numpy.abs(reference).max())


def time_once(run):
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def take_turn(run):
    """The median of so many calls as fill a turn. The first one finds cold caches and does not count,
    unless it is so long that this does not matter."""
    first = time_once(run)
    if first > 0.5:
        return first
    taken = []
    while sum(taken) < TURN:
        taken.append(time_once(run))
    return statistics.median(taken)


def memory_peak():
    """KiB. The other figure counts what the process was forked from, too."""
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def serve(name, job, answer):
    import numpy
    run, output, way = importlib.import_module("engines." + name).load(job)
    seconds = time_once(run)
    made = output()[compared(job["batch"])]
    far = difference(made, numpy.load(job["reference"])) if os.path.exists(job["reference"]) else None
    answer({"way": way, "seconds": seconds, "difference": far})
    for _ in sys.stdin:
        answer({"seconds": take_turn(run)})
    answer({"memory": memory_peak()})


def main():
    answer = take_standard_output()
    try:
        serve(sys.argv[1], json.loads(sys.argv[2]), answer)
    except Exception as failure:
        traceback.print_exc()
        answer({"error": one_line(failure)})
        sys.exit(1)


if __name__ == "__main__":
    main()
