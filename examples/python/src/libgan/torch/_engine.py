"""The library's side of a module: the model, and a tape for each forward in a graph."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from .. import errors
from .._handle import Root
from .._library import lib
from ..model import Model
from ..tape import Tape, Value
from ..tensor import output_of

# Tapes that wait for the next forward, with their plans and memory.
_KEPT_TAPES = 4

# A context serves one thread at a time: here the others wait for it.
_locks: weakref.WeakKeyDictionary[Root, threading.RLock] = weakref.WeakKeyDictionary()
_of_locks = threading.Lock()


def lock_of(root: Root) -> threading.RLock:
    with _of_locks:
        return _locks.setdefault(root, threading.RLock())


class Picture(NamedTuple):
    """How PyTorch has pictures, and wants them back."""

    layout: str
    channels_last: bool

    @staticmethod
    def of(layout: str, inputs: Sequence[torch.Tensor]) -> Picture:
        first = next((x for x in inputs if x.dim() == 4), None)
        last = (
            layout == "NCHW"
            and first is not None
            and not first.is_contiguous()
            and first.is_contiguous(memory_format=torch.channels_last)
        )
        return Picture(layout, last)

    def taken(self, x: torch.Tensor) -> torch.Tensor:
        """As the library has it: N, H, W, C, the same memory."""
        x = x.detach().resolve_neg()
        return x.permute(0, 2, 3, 1) if self.layout == "NCHW" and x.dim() == 4 else x

    def room(self, shape: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Memory for N, H, W, C: as PyTorch is to have it, and as the library sees it."""
        if self.layout == "NHWC":
            made = torch.empty(tuple(shape))
            return made, made
        count, height, width, channels = shape
        order = torch.channels_last if self.channels_last else torch.contiguous_format
        made = torch.empty((count, channels, height, width), memory_format=order)
        return made, made.permute(0, 2, 3, 1)


class Engine:
    """The model of one module; its numbers are those that PyTorch had at the last forward. A model
    that graphs still need is not changed: what comes has a copy."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.lock = lock_of(model.root)
        self.names = model.parameters()
        self.trained = [name for name in self.names if model.is_trained(name)]
        self.buffers = [name for name in self.names if name not in set(self.trained)]
        self._written: dict[str, torch.Tensor] = {}
        self._tapes: list[Tape] = []
        self._records: weakref.WeakSet[Record] = weakref.WeakSet()  # of this model

    def __reduce__(self) -> tuple[Any, ...]:
        return Engine, (self.model,)

    def layer_text(self, path: str) -> str:
        """The statement of a layer; "" for a block."""
        try:
            return self.model.layer(path).text
        except KeyError:
            return ""

    def take(self, names: Sequence[str], values: Sequence[torch.Tensor]) -> None:
        """Copies what differs from what was there last. A tensor's version does not tell: p.data
        and arrays that share the memory change without it."""
        for name, value in zip(names, values):
            value = value.detach()
            written = self._written.get(name)
            if written is None or not torch.equal(written, value):
                self._leave_to_graphs()
                self.model.write(name, value)
                self._written[name] = value.clone()

    def _leave_to_graphs(self) -> None:
        if self._records:
            self.model = self.model.copy()
            self._records = weakref.WeakSet()

    def note(self, record: Record) -> None:
        self._records.add(record)

    def give(self, buffers: Sequence[torch.Tensor]) -> None:
        """Copies out the buffers that a forward has changed."""
        for name, buffer in zip(self.buffers, buffers):
            value = torch.from_numpy(self.model.read(name))
            if not torch.equal(self._written[name], value):
                with torch.no_grad():
                    buffer.copy_(value)
                self._written[name] = value

    def tape(self) -> Tape:
        """A tape without values; where it goes when its values are not needed: give_back."""
        if self._tapes:
            return self._tapes.pop()
        return Tape._make(self.model.root, lib.gan_tape_create, self.model.root.pointer)

    def give_back(self, tape: Tape) -> None:
        """May be called at any time, by whoever drops a graph; what cannot wait for the next
        forward is let go."""
        if not self.lock.acquire(blocking=False):
            return
        try:
            if len(self._tapes) < _KEPT_TAPES:
                tape.reset()
                self._tapes.append(tape)
        except errors.Error:
            pass
        finally:
            self.lock.release()


def version(x: torch.Tensor) -> int:
    return 0 if x.is_inference() else x._version


class Record:
    """One forward on a tape. Of an input that wants a gradient `inputs` has a slice of the whole,
    made of the value in `sources`: so second derivatives reach it."""

    def __init__(self, engine: Engine, picture: Picture) -> None:
        self.engine, self.picture = engine, picture
        self.model = engine.model
        engine.note(self)
        self.tape = engine.tape()
        self.sources: list[Value] = []
        self.inputs: list[Value] = []
        self.outputs: tuple[Value, ...] = ()
        self._given: list[tuple[torch.Tensor, int]] = []

    def __del__(self) -> None:
        tape = getattr(self, "tape", None)
        if tape is not None:
            self.engine.give_back(tape)

    def run(
        self, tensors: Sequence[torch.Tensor], wanted: Sequence[bool], mode: str
    ) -> tuple[torch.Tensor, ...]:
        """The outputs, in new memory."""
        for x, gradient in zip(tensors, wanted):
            source = self.tape.input(self.picture.taken(x), gradient=gradient)
            self.sources.append(source)
            self.inputs.append(source[:] if gradient else source)
            self._given.append((x.detach(), version(x)))
        made = self.tape.apply(self.model, *self.inputs, mode=mode)
        self.outputs = made if isinstance(made, tuple) else (made,)
        flat = [shape[:2] == (1, 1) for shape in self.model.ports.output_shapes]
        values = [self._copied(lib.gan_tape_value, value) for value in self.outputs]
        return tuple(y.flatten(1) if f else y for y, f in zip(values, flat))

    def _copied(self, function: Callable[..., int], value: Value) -> torch.Tensor:
        made, seen = self.picture.room(value.shape)
        tensor = output_of(self.tape.root, seen)
        self.tape.root.check(function(self.tape.handle, value.number, tensor.handle))
        return made

    def _seed(self, y: Value, seed: torch.Tensor) -> torch.Tensor:
        """dL/dy as N, H, W, C."""
        seed = self.picture.taken(seed)
        return seed if seed.dim() == 4 else seed.reshape(y.shape)

    def _backward(self, pairs: Sequence[tuple[Value, torch.Tensor]], teaches: bool) -> None:
        if any(version(x) != before for x, before in self._given):
            raise errors.StateError(
                "an input was modified in place after the forward that is differentiated"
            )
        if teaches:
            self.model.zero_gradients()
        values = [value for value, _ in pairs]
        seeds = [self._seed(value, seed) for value, seed in pairs]
        self.tape.backward(values, seeds, [self.model] if teaches else [])

    def _found(self, wanted: Sequence[bool]) -> list[torch.Tensor | None]:
        """What the last backward has found, to inputs and to parameters."""
        count = len(self.sources)
        found: list[torch.Tensor | None] = []
        for source, (x, _), wants in zip(self.sources, self._given, wanted):
            found.append(self._gradient(source, x.shape) if wants else None)
        for name, wants in zip(self.engine.trained, wanted[count:]):
            gradient = self.model.read(name, gradient=True) if wants else None
            found.append(None if gradient is None else torch.from_numpy(gradient))
        return found

    def _gradient(self, source: Value, shape: torch.Size) -> torch.Tensor | None:
        try:
            return self._copied(lib.gan_tape_gradient, source).reshape(shape)
        except errors.StateError:  # nothing depends on it
            return None

    def gradients(
        self, seeds: Sequence[torch.Tensor | None], wanted: Sequence[bool]
    ) -> list[torch.Tensor | None]:
        """dL/d(inputs, parameters), of those wanted, from dL/d(outputs)."""
        pairs = [(y, seed) for y, seed in zip(self.outputs, seeds) if seed is not None]
        if not pairs:
            return [None] * len(wanted)
        with self.engine.lock:
            self._backward(pairs, any(wanted[len(self.sources) :]))
            return self._found(wanted)

    def second(
        self,
        seeds: Sequence[torch.Tensor | None],
        directions: Sequence[torch.Tensor | None],
        wanted: Sequence[bool],
    ) -> tuple[list[torch.Tensor | None], list[torch.Tensor | None]]:
        """Backwards through `gradients` from dL/d(gradients of inputs) = directions: to the seeds,
        and to inputs and parameters. By seed * J direction = (J' seed) * direction, J the
        derivative of outputs over inputs."""
        with self.engine.lock:
            pairs: list[tuple[Value, torch.Tensor]] = []
            moved: list[torch.Tensor | None] = []
            for y, seed in zip(self.outputs, seeds):
                along = self._along(y, directions) if seed is not None else None
                moved.append(None if along is None or seed is None else self._shaped(along, seed))
                if along is not None and seed is not None:
                    pairs.append((along, seed))
            if not pairs:
                return moved, [None] * len(wanted)
            self._backward(pairs, any(wanted[len(self.sources) :]))
            return moved, self._found(wanted)

    def _along(self, y: Value, directions: Sequence[torch.Tensor | None]) -> Value | None:
        """How an output moves if the inputs move so."""
        sum_: Value | None = None
        for x, direction in zip(self.inputs, directions):
            if direction is None:
                continue
            way = self.tape.input(self._seed(x, direction))
            try:
                tangent = self.tape.tangent(y, x, way)
            except errors.ArgumentError:  # y does not follow from x
                continue
            sum_ = tangent if sum_ is None else sum_ + tangent
        return sum_

    def _shaped(self, value: Value, like: torch.Tensor) -> torch.Tensor:
        return self._copied(lib.gan_tape_value, value).reshape(like.shape)
