"""torch.compile, weights frozen: the better one of two layouts."""
import os
import shutil

from . import pytorch

NAME, MODULES = "torch.compile", pytorch.MODULES


def missing():
    """It compiles with a compiler for C++."""
    compiler = os.environ.get("CXX", "g++")
    return "" if shutil.which(compiler) else "there is no %s" % compiler


def load(job):
    import torch
    return pytorch.load_layouts(job, lambda net, x: torch.compile(net, options={"freezing": True}))
