"""Times gan bench's training cases beside PyTorch, in alternation, with equal nets, batches, losses and threads.

    python compare_torch.py BUILD/gan [--threads 2] [--rounds 9] [--case train.mlp ...]

Peak memory is that of the whole processes, libgan / PyTorch. PyTorch runs in its own process, which stays alive and
waits while the other works, and so does each of libgan's measurements: A B A B. For each net PyTorch is taken at its
best of {NCHW, channels_last} x {eager, compiled (with --compile)}, with fused Adam. Both sides must have as many
weights; how many operations of convolutions and products each makes in a step is printed, libgan's first. Printed is
the ratio PyTorch / libgan of the medians (above 1: libgan is faster), its spread over the pairs, and an A / A row: the
same of libgan against itself, which shows the noise.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time


CASES = ("mlp", "dcgan28", "single28", "dcgan64", "wgan_gp28", "r1_28", "dragan28", "relativistic28", "pack28",
         "augment28", "langevin28", "cgan28", "vae28", "autoencoder28", "vaegan64",
         "cyclegan128", "translate128", "discogan64", "dualgan256", "cogan28", "unit64", "combogan64", "hinge64")


def time_steps(step, count):
    t = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - t) / count


def operations_of(step):
    """Floating-point operations of convolutions and products in a step."""
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import flop_registry

    class Counter(TorchDispatchMode):
        total = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            made = function(*args, **(kwargs or {}))
            count = flop_registry.get(function._overloadpacket)
            self.total += count(*args, **(kwargs or {}), out_val=made) if count else 0
            return made

    with Counter() as counter:
        step()
    return counter.total


def serve(name, threads, compile):
    """The PyTorch side: for each line on standard input, one timed round of its best way."""
    import resource
    import torch
    import torch_domains
    import torch_noise
    from torch_ways import Way
    torch.set_num_threads(threads)
    make_step = (torch_noise.STEPS | torch_domains.STEPS)[name.removeprefix("train.")]
    best = None
    for compiled in (False, True) if compile else (False,):
        for channels_last in (False, True):
            way = Way(channels_last, compiled)
            step = make_step(way)
            time_steps(step, 3)
            seconds = statistics.median(time_steps(step, 1) for _ in range(5))
            if not best or seconds < best[0]:
                best = seconds, way, step
    seconds, way, step = best
    repeats = max(1, int(0.1 / seconds))
    print(json.dumps({"layout": way.name, "weights": way.weights(),
                      "operations": 0 if way.compiled else operations_of(step)}), flush=True)
    for _ in sys.stdin:
        step()
        seconds = time_steps(step, repeats)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(seconds, peak, flush=True)


def measure_gan(gan, name, threads, filter):
    child = subprocess.Popen([gan, "bench", "--json", "--case", name, "--threads", str(threads), "--rounds", "3",
                              "--filter", filter],
                             stdout=subprocess.PIPE, text=True)
    line = child.stdout.readlines()[-1]
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    if status:
        sys.exit(f"{gan} bench --case {name} failed")
    return json.loads(line) | {"memory": usage.ru_maxrss}


def compare(gan, name, threads, rounds, compile, filter="small"):
    command = [sys.executable, __file__, gan, "--serve", name, "--threads", str(threads)]
    child = subprocess.Popen(command + ["--compile"] * compile, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    torch_side = json.loads(child.stdout.readline())
    ours, again, theirs, share = [], [], [], []
    memory = [0, 0]
    for _ in range(rounds):
        a = measure_gan(gan, name, threads, filter)
        child.stdin.write("\n")
        child.stdin.flush()
        seconds, peak = child.stdout.readline().split()
        theirs.append(float(seconds))
        memory = [max(memory[0], a["memory"]), max(memory[1], int(peak))]
        b = measure_gan(gan, name, threads, filter)
        ours.append(a["seconds"])
        again.append(b["seconds"])
        share.append(a["share_of_peak"])
    child.stdin.close()
    child.wait()
    if a["weights"] != torch_side["weights"]:
        sys.exit(f"{name}: libgan trains {a['weights']} weights, PyTorch {torch_side['weights']}")
    ratios = sorted(t / o for t, o in zip(theirs, ours))
    noise = sorted(a / o for a, o in zip(again, ours))
    row = {"case": name, "threads": threads, "layout": torch_side["layout"], "libgan_ms": 1e3 * statistics.median(ours),
           "torch_ms": 1e3 * statistics.median(theirs),
           "ratio": statistics.median(theirs) / statistics.median(ours),
           "spread": [ratios[0], ratios[-1]], "self": statistics.median(noise),
           "self_spread": [noise[0], noise[-1]], "share_of_peak": statistics.median(share), "memory_kib": memory,
           "operations": [a["operations"], torch_side["operations"]], "weights": a["weights"]}
    print(f"{name:14} {threads} threads  libgan {row['libgan_ms']:8.2f} ms  PyTorch {row['torch_ms']:8.2f} ms ({row['layout']})"
          f"  ratio {row['ratio']:.2f} [{ratios[0]:.2f} .. {ratios[-1]:.2f}]"
          f"  A/A {row['self']:.2f} [{noise[0]:.2f} .. {noise[-1]:.2f}]"
          f"  {100 * row['share_of_peak']:.0f} % of peak"
          f"  memory {memory[0] / 1024:.0f} / {memory[1] / 1024:.0f} MiB"
          f"  {a['operations'] / 1e9:.2f} / {torch_side['operations'] / 1e9:.2f} G operations", flush=True)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gan", help="the gan command")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--case", action="append")
    parser.add_argument("--filter", choices=["small", "large"], default="small", help="of libgan's context")
    parser.add_argument("--compile", action="store_true", help="PyTorch may compile its networks too")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON as well")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.serve:
        return serve(a.serve, a.threads, a.compile)
    for name in a.case or ["train." + name for name in CASES]:
        row = compare(a.gan, name, a.threads, a.rounds, a.compile, a.filter)
        if a.json:
            print(json.dumps(row))


if __name__ == "__main__":
    main()
