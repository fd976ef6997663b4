"""PyTorch, eager: the better one of its two layouts. Also the same network for the engines that take it from
here, and what it makes in double, which all are compared with."""
import os
import statistics
import sys
import time

NAME, MODULES, PROGRAMS, EXPORT = "PyTorch", ("torch", "safetensors", "numpy"), (), ""

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "figures"))


def network(job):
    """The network of the text in libgan's file, with the file's weights, for one input and one output."""
    import torch
    import torch_net
    from safetensors import safe_open

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            with safe_open(job["weights"], "pt") as file:
                self.net = torch_net.Network(file.metadata()["gan.text"])
                self.net.load({name: file.get_tensor(name) for name in file.keys()})

        def forward(self, x):
            return self.net(x)[0]

    return Net().eval()


def pictures(job):
    import numpy
    import torch
    return torch.from_numpy(numpy.load(job["input"]))


def seconds_of(run):
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def short_time(run):
    """Of one run, from a short measurement."""
    run()
    first = seconds_of(run)
    return statistics.median([first] + [seconds_of(run) for _ in range(4)]) if first < 1 else first


def load_best(job, makers):
    """load() of the fastest of what these functions make of the network, {a word: function}, in each layout."""
    import torch
    torch.set_num_threads(job["threads"])
    torch.set_num_interop_threads(1)
    made = {}

    def way(maker, layout):
        x = pictures(job).contiguous(memory_format=layout)
        net = maker(network(job).to(memory_format=layout), x)

        def run():
            with torch.inference_mode():
                made["last"] = net(x)

        return run

    ways = {name + word: (maker, layout) for word, maker in makers.items()
            for name, layout in (("NCHW", torch.contiguous_format), ("channels_last", torch.channels_last))}
    taken = {name: short_time(way(*words)) for name, words in ways.items()}  # one at a time is in memory
    best = min(taken, key=taken.get)
    return way(*ways[best]), lambda: made["last"].numpy(), best


def flat(net, x):
    """The layers one after the other, without the text's interpreter around them."""
    import torch
    return torch.export.export(net, (x,)).module()


def load(job):
    return load_best(job, {"": flat})
