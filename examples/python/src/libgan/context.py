"""The context, in which everything else is made, and what stands at the package's top."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from . import _abi, catalog, data, errors, runner, trainer
from ._handle import Closable, Root, bytes_of, lasting, of_root, path_of, text_of
from ._interrupt import Deferred
from ._library import lib
from .data import Dataset
from .metric import Metric
from .model import Layer, Model, parts_of
from .optimizer import Optimizer
from .recipe import Recipe
from .runner import Runner
from .tape import Tape
from .tensor import Tensor, new, tensor_of
from .trainer import Trainer

_LEVELS = {
    _abi.GAN_LOG_ERROR: "ERROR",
    _abi.GAN_LOG_WARNING: "WARNING",
    _abi.GAN_LOG_INFO: "INFO",
    _abi.GAN_LOG_DEBUG: "DEBUG",
}


@dataclass(frozen=True)
class Span:
    """A piece of work that has ended: see gan_span in context.h."""

    model: int | None  # Model.handle of whose layer it is
    place: str
    kind: str
    work: str  # "forward", "backward", "weights", ...
    seconds: float
    products: float


OnSpan = Callable[[Span], Any]


class Context(Closable):
    """Threads, seed and precision of everything that is made in it: Context(threads=2, seed=7) or
    Context("threads=2 seed=7"); help(libgan.kinds.context) has all options.

    Two contexts share nothing. One serves one thread at a time; several threads have one each.
    Warnings of the library go to logging's "libgan". on_span(span) is told each piece of work that
    has ended, on the thread that made the call."""

    __slots__ = ()
    _noun = "context"

    def __init__(self, spec: str = "", on_span: OnSpan | None = None, **options: Any) -> None:
        text = bytes_of(catalog.describe("context", spec, options))
        host, number = _host(on_span)
        out, room = ctypes.c_void_p(), ctypes.create_string_buffer(1024)
        arguments = (text, ctypes.byref(host), room, len(room))
        status = lib.gan_context_create(ctypes.byref(out), *arguments)
        if status:
            _hosts.pop(number, None)
            raise errors.of_status(status, room.value.decode("utf-8", "replace"))
        self._begin(Root(out.value), out.value)

    @property
    def text(self) -> str:
        """The description spelled out, with what was decided."""
        return text_of(lib.gan_context_text(self.handle))

    @property
    def cpu(self) -> str:
        """Whose kernels serve: "generic", "avx2", "avx512"."""
        return text_of(lib.gan_context_cpu(self.handle))

    def __enter__(self) -> Context:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it: nothing more can be made in it. What was made lives on."""
        self.close()

    def _root(self) -> Root:
        if self._pointer is None:
            self._refuse()
        return self.root

    # ---- arrays ----

    def tensor(self, array: Any) -> Tensor:
        """A tensor that shares an array's memory, where its type and strides allow."""
        return tensor_of(self._root(), array, hold=True)

    def empty(self, *shape: int, dtype: Any = "float32") -> Tensor:
        """A new tensor of zeros."""
        return new(self._root(), dtype, shape)

    def load_tensor(self, path: Any) -> Tensor:
        """From an NPY file."""
        root = self._root()
        return Tensor._make(root, lib.gan_tensor_load, root.pointer, path_of(path))

    # ---- networks ----

    def model(self, text: str | None = None, **parts: Model) -> Model:
        """A network of its text: `part NAME` places parts[NAME], whose weights are shared. Without
        text an empty one, for Model.add."""
        root = self._root()
        if text is None:
            return Model._make(root, lib.gan_model_create, root.pointer)
        return Model.parse(root, text, parts)

    def layer(self, statement: str, **options: Any) -> Layer:
        """One layer: "conv2d 64 kernel=4"."""
        root = self._root()
        text = bytes_of(catalog.describe("layer", statement, options))
        return Layer._make(root, lib.gan_layer_create, root.pointer, text)

    def load(self, source: Any, **parts: Model) -> Model:
        """A model of a safetensors file that libgan wrote, by path or as bytes. `parts` are bound
        in the place of those in the file."""
        root = self._root()
        if isinstance(source, (bytes, bytearray, memoryview)):
            if parts:
                raise TypeError("load: parts go with a file, not with bytes")
            given = bytes(source)
            return Model._make(root, lib.gan_model_load_memory, root.pointer, given, len(given))
        path = path_of(source)
        if not parts:
            return Model._make(root, lib.gan_model_load, root.pointer, path)
        return Model._make(root, lib.gan_model_load_parts, root.pointer, path, *parts_of(parts))

    def runner(self, model: Model, spec: str = "", **options: Any) -> Runner:
        """Runs a model, of this or of another context, for at most batch= samples."""
        if not isinstance(model, Model):
            raise TypeError(f"runner: a Model is wanted, not a {type(model).__name__}")
        return runner.create(self._root(), model, spec, options)

    def tape(self) -> Tape:
        """A tape, to write an objective on."""
        root = self._root()
        return Tape._make(root, lib.gan_tape_create, root.pointer)

    def optimizer(
        self, spec: str, models: Model | Sequence[Model] = (), **options: Any
    ) -> Optimizer:
        """An optimiser of these models: libgan.kinds.optimizer lists them."""
        root = self._root()
        text = bytes_of(catalog.describe("optimizer", spec, options))
        made = Optimizer._make(root, lib.gan_optimizer_create, root.pointer, text)
        return made.add(*([models] if isinstance(models, Model) else models))

    # ---- training ----

    def dataset(self, source: Any = None, **options: Any) -> Dataset:
        """A data set: of a description, dataset("KIND path=...", size=64), libgan.kinds.data lists
        them; of arrays, dataset(image=x, label=y), which are shared, with the examples along
        dimension 0; or of a sequence of examples, a Dataset of torch for instance: see
        libgan.data.of_sequence, whose `transform` and `layout` are options then."""
        return data.create(self._root(), source, options)

    def trainer(
        self, spec: str, *, optimizers: Mapping[str, str] | None = None, **named: Any
    ) -> Trainer:
        """A trainer by its kind's name, with options, models by role and data by feed as keywords:

            ctx.trainer("KIND", average=0.99, generator=g, discriminator=d, real=data)

        help(libgan.kinds.KIND) has them all. `optimizers` describes those of groups, where the
        reference setting is not wanted. A wrong keyword is a TypeError with the nearest name."""
        return trainer.create(self._root(), spec, optimizers or {}, named)

    def load_trainer(self, source: Any) -> Trainer:
        """A trainer as it was saved, by path or as bytes; set its data again."""
        root = self._root()
        if isinstance(source, (bytes, bytearray, memoryview)):
            given = bytes(source)
            return Trainer._make(root, lib.gan_trainer_load_memory, root.pointer, given, len(given))
        return Trainer._make(root, lib.gan_trainer_load, root.pointer, path_of(source))

    def recipe(self, path: Any, **settings: Any) -> Recipe:
        """A recipe of a file, with options set: run__steps=100 is run.steps."""
        made = Recipe.load(self._root(), path)
        return made.set(**settings) if settings else made

    def parse_recipe(self, text: str, folder: Any = None) -> Recipe:
        """A recipe of its text; its paths are relative to `folder`, else to the working
        directory."""
        return Recipe.parse(self._root(), text, folder)

    # ---- figures ----

    def metric(self, spec: str, **options: Any) -> Metric:
        """A figure of samples: libgan.kinds.metric lists them."""
        root = self._root()
        text = bytes_of(catalog.describe("metric", spec, options))
        return Metric._make(root, lib.gan_metric_create, root.pointer, text)

    def judge(
        self, examples: Dataset, heldout: Dataset | None = None, spec: str = "", **options: Any
    ) -> Model:
        """Trains a small classifier of labelled pictures, whose outputs "features" and "logits" are
        what metrics take."""
        root = self._root()
        own = of_root(root, Dataset, examples, "judge")
        other = None if heldout is None else of_root(root, Dataset, heldout, "judge").handle
        text = bytes_of(catalog.describe("judge", spec, options))
        arguments = (root.pointer, text, own.handle, other)
        with Deferred():
            return Model._make(root, lib.gan_judge_train, *arguments)

    def judge_examples(self, examples: Dataset) -> str:
        """The note "examples" that a judge of this data set would have."""
        own = of_root(self._root(), Dataset, examples, "judge")
        room = ctypes.create_string_buffer(64)
        with Deferred():
            self.root.check(lib.gan_judge_examples(own.handle, room, len(room)))
        return room.value.decode()

    def __repr__(self) -> str:
        return f"<libgan.Context: {self.text}>" if self._pointer else "<libgan.Context: closed>"


# ---- the host of the library: its log, and whoever measures ----

_hosts: dict[int, OnSpan | None] = {}
_numbers = itertools.count(1)


def _write(user: int | None, level: int, line: bytes) -> None:
    import logging

    kind = getattr(logging, _LEVELS.get(level, "WARNING"))
    logging.getLogger("libgan").log(kind, "%s", line.decode("utf-8", "replace"))


def _measure(user: int | None, pointer: Any) -> None:
    on_span = _hosts.get(user or 0)
    if on_span is not None:
        span = pointer.contents
        texts = (text_of(span.place), text_of(span.kind), text_of(getattr(span, "pass")))
        on_span(Span(span.model, *texts, span.seconds, span.products))


def _release(user: int | None, hosts: dict[int, OnSpan | None] = _hosts) -> None:
    hosts.pop(user or 0, None)


_types: dict[str, Any] = {name: kind for name, kind, *_ in _abi.gan_host._fields_}
_write_function = lasting(_types["log"](_write))
_measure_function = lasting(_types["span"](_measure))
_release_function = lasting(_types["release"](_release))


def _host(on_span: OnSpan | None) -> tuple[_abi.gan_host, int]:
    number = next(_numbers)
    _hosts[number] = on_span
    host = _abi.gan_host(size=ctypes.sizeof(_abi.gan_host), user=number)
    host.log, host.release = _write_function, _release_function
    if on_span is not None:
        host.span = _measure_function
    return host, number


# ---- at the top of the package ----


def load(source: Any, context: Context | None = None) -> Model:
    """A model of a safetensors file that libgan wrote, in a context of its own if none is given."""
    return (context or Context()).load(source)


def loads(data: bytes, context: Context | None = None) -> Model:
    """The same from the bytes of a file."""
    return (context or Context()).load(bytes(data))


def load_recipe(path: Any, **settings: Any) -> Recipe:
    """A recipe of a file, with options set: run__steps=100. Its trainer() has a context of the
    recipe's description."""
    return Context().recipe(path, **settings)
