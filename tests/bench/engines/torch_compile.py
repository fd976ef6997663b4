"""torch.compile, weights frozen: the better one of two layouts. It compiles with a compiler for C++."""
import os

from . import pytorch

NAME, MODULES, PROGRAMS, EXPORT = "torch.compile", pytorch.MODULES, (os.environ.get("CXX", "g++"),), ""


def load(job):
    import torch
    return pytorch.load_layouts(job, lambda net, x: torch.compile(net, options={"freezing": True}))
