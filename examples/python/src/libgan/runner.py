"""Runs a model in evaluation mode; after it was made the library allocates nothing."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import catalog
from ._handle import Closable, Root, bytes_of
from ._library import bare, lib
from .tensor import Batch, Tensor, Views, handles_of, zeros

if TYPE_CHECKING:
    from .model import Model, Ports

_FLOAT = np.dtype(np.float32)
Outputs = Tensor | tuple[Tensor, ...]


class Runner(Closable):
    """Made by Context.runner. runner(x) gives what model(x) gives, for at most `batch` samples.

    A runner of one context may share a model of another that nobody changes: one runner and one
    context to a thread."""

    __slots__ = ("ports", "_flat", "_shapes", "_views")
    _noun = "runner"
    ports: Ports
    _views: Views
    _shapes: list[tuple[int, ...]]
    _flat: list[bool]

    @classmethod
    def create(cls, root: Root, model: Model, spec: str) -> Runner:
        self = cls._make(root, lib.gan_runner_create, root.pointer, model.handle, bytes_of(spec))
        self.ports = model.ports
        self._views = Views()
        count = len(self.ports.output_names)
        self._shapes = [self._shape(lib.gan_runner_output_shape, i) for i in range(count)]
        # What is a vector whatever goes in comes out as one.
        self._flat = [shape[:2] == (1, 1) for shape in self.ports.output_shapes]
        return self

    def _shape(self, function: Any, index: int) -> tuple[int, ...]:
        shape = (ctypes.c_int64 * 3)()
        self.root.check(function(self.handle, index, shape))
        return tuple(shape)

    @property
    def output_shapes(self) -> list[tuple[int, ...]]:
        """H, W, C of a sample of each output."""
        return list(self._shapes)

    @property
    def input_shapes(self) -> list[tuple[int, ...]]:
        """H, W, C of a sample of each input."""
        count = len(self.ports.input_names)
        return [self._shape(lib.gan_runner_input_shape, i) for i in range(count)]

    def update(self) -> None:
        """Takes the model's weights as they are now; else the next run does so, if they changed."""
        self.root.check(lib.gan_runner_update(self.handle))

    def close(self) -> None:
        self._views.clear()
        super().close()

    def __call__(
        self, *inputs: Batch, out: Any = None, dtype: Any = None, **named: Batch
    ) -> Outputs:
        """The model of these inputs, by position or by name: pictures (N, H, W, C), vectors (N, C),
        class numbers (N); float32, or uint8 for pictures.

        The outputs are new tensors, float32 or of `dtype` ("uint8": [-1, 1] becomes 0 to 255): a
        picture (N, H, W, C), a vector (N, C); several as a tuple. Or they are written into `out`,
        an array or a sequence of them, which is returned as tensors."""
        given = [self._views.tensor_of(self.root, x) for x in self.ports.ordered(inputs, named)]
        results = self.outputs(given[0].shape[0] if given[0].ndim else 1, out, dtype)
        self.run(given, results)
        return results[0] if len(results) == 1 else tuple(results)

    def run(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
        """The same on tensors that are there."""
        status = bare.gan_runner_run(
            self.reference, handles_of(inputs), len(inputs), handles_of(outputs), len(outputs)
        )
        if status:
            self.root.fail(status)

    def outputs(self, count: int, out: Any, dtype: Any) -> list[Tensor]:
        """Where `count` samples go: new tensors, or what was given."""
        if out is None:
            kind: np.dtype[Any] = _FLOAT if dtype is None else np.dtype(dtype)
            return [zeros(self.root, kind, self.shape_of(i, count)) for i in range(len(self._flat))]
        listed = out if isinstance(out, (list, tuple)) else [out]
        return [self._views.output_of(self.root, each) for each in listed]

    def shape_of(self, index: int, count: int) -> tuple[int, ...]:
        """The shape of an output of `count` samples."""
        height, width, channels = self._shapes[index]
        return (count, channels) if self._flat[index] else (count, height, width, channels)


def create(root: Root, model: Model, spec: str, options: dict[str, Any]) -> Runner:
    """A runner by description and options."""
    return Runner.create(root, model, catalog.describe("runner", spec, options))
