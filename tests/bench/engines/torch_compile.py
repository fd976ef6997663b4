"""torch.compile, with weights frozen or not, in the better one of two layouts. It needs a compiler for C++."""
import os

from . import pytorch

NAME, MODULES, PROGRAMS, EXPORT = "torch.compile", pytorch.MODULES, (os.environ.get("CXX", "g++"),), ""


def compile_network(**options):
    import torch

    def make(net, x):
        torch.compiler.reset()  # what an earlier way compiled is not looked through
        return torch.compile(net, options=options)

    return make


def load(job):
    return pytorch.load_best(job, {"": compile_network(), " frozen": compile_network(freezing=True)})
