"""libgan: generative adversarial networks and their kin, trained and run by a small C library.

    import libgan
    ctx = libgan.Context(threads=2, seed=7)
    g, d = ctx.model(G_TEXT), ctx.model(D_TEXT)
    t = ctx.trainer("KIND", generator=g, discriminator=d)
    for x in batches:
        report = t.step(real=x)         # arrays of NumPy, PyTorch, JAX: without a copy
    pictures = g(z)                     # np.asarray(pictures), torch.from_dlpack(pictures) share it

What can be described, and how, is asked of the library: dir(libgan.kinds), help(libgan.kinds.KIND).
The headers in include/gan say in full what each call does; libgan.lib has the C functions."""

import importlib
from typing import Any

from . import catalog, data, errors, image
from ._library import LIBRARY, command, lib
from .catalog import kinds
from .context import Context, Span, load, load_recipe, loads
from .data import Dataset
from .errors import (
    ArgumentError,
    BusyError,
    CancelledError,
    DivergedError,
    Error,
    FileError,
    FormatError,
    InternalError,
    OutOfMemoryError,
    ShapeError,
    StateError,
    TextError,
    UnsupportedError,
)
from .metric import Metric
from .model import Layer, Model
from .optimizer import Optimizer
from .recipe import Recipe, Run, train
from .runner import Runner
from .tape import Tape, Value
from .tensor import Tensor
from .trainer import Trainer

__version__ = (lib.gan_version() or b"").decode()

__all__ = [
    "ArgumentError",
    "BusyError",
    "CancelledError",
    "Context",
    "Dataset",
    "DivergedError",
    "Error",
    "FileError",
    "FormatError",
    "InternalError",
    "LIBRARY",
    "Layer",
    "Metric",
    "Model",
    "Optimizer",
    "OutOfMemoryError",
    "Recipe",
    "Run",
    "Runner",
    "ShapeError",
    "Span",
    "StateError",
    "Tape",
    "Tensor",
    "TextError",
    "Trainer",
    "UnsupportedError",
    "Value",
    "catalog",
    "command",
    "data",
    "errors",
    "image",
    "kinds",
    "lib",
    "load",
    "loads",
    "load_recipe",
    "train",
]


def __getattr__(name: str) -> Any:
    """libgan.torch is imported when it is first asked for: PyTorch takes seconds."""
    if name == "torch":
        return importlib.import_module(".torch", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
