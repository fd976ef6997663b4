"""Trainers: algorithms over models, step by step or at a stretch."""

from __future__ import annotations

import array
import contextlib
import ctypes
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from . import _abi, catalog, data, image
from ._bar import bar as progress_bar
from ._handle import Closable, Root, bytes_of, integer, of_root, path_of, text_of
from ._interrupt import Deferred
from ._library import lib
from .catalog import Member
from .data import Dataset
from .model import Model
from .tensor import Array, Batch, Tensor, tensor_of

Report = dict[str, float]
OnStep = Callable[["Trainer"], Any]


class Trainer(Closable):
    """Made by Context.trainer. What it has names for, roles, feeds, groups of optimisers, values,
    routes and sheets, is in `members`.

    A step raises DivergedError where a loss or gradient is not finite; after any error everything
    is as before that step."""

    __slots__ = ("_names", "_feeds", "_values", "_log")
    _noun = "trainer"

    def _begin(self, root: Root, pointer: int | None) -> None:
        super()._begin(root, pointer)
        count = lib.gan_trainer_value_count(pointer)
        names = [text_of(lib.gan_trainer_value_name(pointer, i)) for i in range(count)]
        self._names = ("step", *names)
        self._values = (ctypes.c_double * count)()
        self._feeds: set[str] | None = None
        self._log = array.array("d")

    # ---- what it is made of ----

    @property
    def members(self) -> list[Member]:
        """All names it has, in order: type, name and a line of help of each."""
        found = []
        for i in range(lib.gan_trainer_member_count(self.handle)):
            fields = (
                lib.gan_trainer_member(self.handle, i, f) for f in (b"type", b"name", b"help")
            )
            found.append(Member(*map(text_of, fields)))
        return found

    def names(self, type: str) -> list[str]:
        """Of its members of a type: "role", "feed", "group", "value", "route", "sheet", ..."""
        return [member.name for member in self.members if member.type == type]

    @property
    def text(self) -> str:
        """The description spelled out."""
        return text_of(lib.gan_trainer_text(self.handle))

    def set(self, **named: Any) -> Trainer:
        """Sets models by role and data sets by feed: a Model or a network's text; a Dataset, or
        what Context.dataset makes one of."""
        roles, feeds = self.names("role"), self.names("feed")
        for name, value in named.items():
            if name in roles and isinstance(value, (Model, str)):
                self.set_model(name, value)
            elif name in feeds:
                self.set_data(name, value)
            elif name in roles:
                raise TypeError(f"{name}: a Model or a text, not a {type(value).__name__}")
            else:
                names = sorted({*roles, *feeds})
                raise TypeError(catalog.unknown(self._kind(), "name", name, names))
        return self

    def _kind(self) -> str:
        return (self.text.split() or ["trainer"])[0]

    def set_model(self, role: str, model: Any) -> None:
        """In the middle of a training its optimiser and average begin anew."""
        own = Model.parse(self.root, model, {}) if isinstance(model, str) else model
        own = of_root(self.root, Model, own, role)
        self.root.check(lib.gan_trainer_set_model(self.handle, bytes_of(role), own.handle))

    def set_data(self, feed: str, source: Any) -> None:
        """A Dataset, or what Context.dataset makes one of."""
        own = source if isinstance(source, Dataset) else data.create(self.root, source, {})
        own = of_root(self.root, Dataset, own, feed)
        self.root.check(lib.gan_trainer_set_data(self.handle, bytes_of(feed), own.handle))

    def set_optimizer(self, group: str, spec: str, **options: Any) -> None:
        """The optimiser of a group, in place of the trainer's reference setting."""
        text = bytes_of(catalog.describe("optimizer", spec, options))
        self.root.check(lib.gan_trainer_set_optimizer(self.handle, bytes_of(group), text))

    def feed(self, feed: str, batch: Batch | None) -> None:
        """The batch that the next step uses for this feed, or for one field of it, "real.label":
        pictures (N, H, W, C), float32 in [-1, 1] or uint8; other fields (N, C) or (N). None takes
        it back."""
        tensor = None if batch is None else tensor_of(self.root, batch, hold=True)
        handle = None if tensor is None else tensor.handle
        self.root.check(lib.gan_trainer_feed(self.handle, bytes_of(feed), handle))

    def model(self, role: str, averaged: bool = False) -> Model | None:
        """The model of a role, or its moving average; None where there is none."""
        flags = _abi.GAN_MODEL_AVERAGED * bool(averaged)
        found = lib.gan_trainer_model(self.handle, bytes_of(role), flags)
        return Model._borrow(self.root, found)

    def check(self) -> None:
        """Finds what the first step would refuse, and makes the memory that it needs."""
        self.root.check(lib.gan_trainer_check(self.handle))

    def memory(self) -> int:
        """Bytes that the training holds at its largest."""
        out = ctypes.c_int64()
        self.root.check(lib.gan_trainer_memory(self.handle, ctypes.byref(out)))
        return out.value

    # ---- steps ----

    def step(self, **feeds: Any) -> Report:
        """One step, and what it measured, by name. `feeds` are batches, real=x; of several fields
        real={"image": x, "label": y}, or **{"real.label": y}. A feed that has a data set needs
        none."""
        fed = self._batches(feeds) if feeds else {}
        try:
            for name, batch in fed.items():
                self.feed(name, batch)
            with Deferred():
                status = lib.gan_trainer_step(self.handle)
                if status == 0:
                    self._note()
            self.root.check(status)
        except BaseException:
            for name in fed:
                lib.gan_trainer_feed(self.handle, bytes_of(name), None)
            raise
        return self.report

    def _batches(self, feeds: Mapping[str, Any]) -> dict[str, Any]:
        """The batches of a step by the names of feeds or of their fields."""
        flat: dict[str, Any] = {}
        for name, batch in feeds.items():
            if isinstance(batch, Mapping):
                flat.update({f"{name}.{field}": value for field, value in batch.items()})
            else:
                flat[name] = batch
        if self._feeds is None:
            self._feeds = {name.split(".")[0] for name in self.names("feed")}
        for name in flat:
            if name.split(".")[0] not in self._feeds:
                raise TypeError(catalog.unknown(self._kind(), "feed", name, self._feeds))
        return flat

    def _note(self) -> None:
        """Into the history: what the last step measured."""
        lib.gan_trainer_values(self.handle, self._values, len(self._values))
        self._log.append(lib.gan_trainer_steps(self.handle))
        self._log.frombytes(bytes(self._values))

    @property
    def report(self) -> Report:
        """What the last step measured, by name, and its number as "step"; NaN before the first."""
        values = self._values
        self.root.check(lib.gan_trainer_values(self.handle, values, len(values)))
        return dict(zip(self._names, (lib.gan_trainer_steps(self.handle), *values)))

    @property
    def history(self) -> dict[str, Array]:
        """The reports of all steps made through this object as columns: pandas.DataFrame takes
        them."""
        width = len(self._names)
        table = np.frombuffer(self._log, np.float64).reshape(-1, width).copy()
        columns: dict[str, Array] = {name: table[:, i] for i, name in enumerate(self._names)}
        columns["step"] = columns["step"].astype(np.int64)
        return columns

    def clear_history(self) -> None:
        self._log = array.array("d")

    @property
    def steps_made(self) -> int:
        """Since the beginning, resumed ones included."""
        return lib.gan_trainer_steps(self.handle)

    def steps(self, count: int, bar: bool | None = None) -> Iterator[Report]:
        """for report in trainer.steps(1000): one step each, with a bar, tqdm's where that is
        installed, where somebody looks; `bar` True or False decides."""
        progress = progress_bar(count, bar)
        try:
            for _ in range(count):
                report = self.step()
                if progress is not None:
                    shown = {k: f"{v:.4g}" for k, v in report.items() if k.startswith("loss.")}
                    progress.set_postfix(shown, refresh=False)
                    progress.update()
                yield report
        finally:
            if progress is not None:
                progress.close()

    def run(self, count: int, on_step: OnStep | None = None) -> int:
        """`count` steps in one call of the library; how many were made. on_step(trainer) is called
        after each; True stops, an exception stops and comes out. So does Ctrl-C, after the step
        that is under way."""
        before, count = self.steps_made, integer(count)
        raised: list[BaseException] = []
        stopped: list[bool] = []
        with Deferred() as interrupt:

            def after(user: Any, trainer: Any) -> int:
                try:
                    self._note()
                    if on_step is not None and on_step(self):
                        stopped.append(True)
                except BaseException as fault:
                    raised.append(fault)
                    return 1
                return int(interrupt.noted or bool(stopped))

            function = _abi.gan_trainer_function(after)
            while True:
                left = count - (self.steps_made - before)
                status = lib.gan_trainer_run(self.handle, left, function, None)
                if raised:
                    raise raised[0]
                if not interrupt.noted or status not in (0, _abi.GAN_E_CANCELLED):
                    break
                interrupt.serve()
        if not stopped:
            self.root.check(status)
        return self.steps_made - before

    @property
    def warnings(self) -> dict[str, str]:
        """What the steps so far have shown to go wrong, by name, while it stands."""
        found = {}
        for i in range(lib.gan_trainer_warning_count(self.handle)):
            name = text_of(lib.gan_trainer_warning(self.handle, i, b"name"))
            found[name] = text_of(lib.gan_trainer_warning(self.handle, i, b"text"))
        return found

    # ---- what it makes ----

    @contextlib.contextmanager
    def _refreshing(self) -> Iterator[None]:
        """A call that refreshes the averages. What a data set raises in it is no failure of the
        call: the library warns that statistics were not estimated, and this is why."""
        before = self.root.raised
        with Deferred():
            yield
        raised = self.root.raised
        if raised is not None and raised is not before:
            import logging

            logging.getLogger("libgan").warning("a data set raised %r", raised, exc_info=raised)

    def refresh(self) -> None:
        """Estimates the batch statistics of the averaged models afresh, as saving does."""
        with self._refreshing():
            self.root.check(lib.gan_trainer_refresh(self.handle))

    def route(self, *spaces: str, averaged: bool = True) -> Model:
        """The network of a way, route("x", "y") or route("x > y"), by the averages where the
        trainer keeps them. It has the trainer's own weights and follows them; Model.copy makes one
        that does not."""
        flags = _abi.GAN_MODEL_AVERAGED * bool(averaged)
        way = bytes_of(" > ".join(spaces))
        return Model._make(self.root, lib.gan_trainer_route, self.handle, way, flags)

    def show(self, space: str, count: int = 64, averaged: bool = True) -> tuple[Tensor, int]:
        """`count` examples from one of the spaces names("sheet"), and how many pictures of each lie
        side by side: (count * columns, H, W, C) in uint8."""
        flags = _abi.GAN_MODEL_AVERAGED * bool(averaged)
        out, columns = ctypes.c_void_p(), ctypes.c_int64()
        arguments = (ctypes.byref(out), ctypes.byref(columns), self.handle)
        with Deferred():
            status = lib.gan_trainer_show(*arguments, bytes_of(space), integer(count), flags)
            self.root.check(status)
        return Tensor._own(self.root, out.value), columns.value

    def sheet(self, space: str | None = None, count: int = 64, averaged: bool = True) -> Tensor:
        """The same as one picture, which a notebook shows, and Tensor.pil and libgan.image.save
        take; of the first space that there is, if none is named."""
        names = self.names("sheet") if space is None else [space]
        if not names:
            raise ValueError(f"{self._kind()}: there is nothing to be shown on a sheet")
        pictures, columns = self.show(names[0], count, averaged)
        examples = max(pictures.shape[0] // max(columns, 1), 1)
        side = math.sqrt(examples * columns) / max(columns, 1)
        wide = 0 if columns == 1 else columns * max(1, int(side + 0.5))
        return image.sheet(pictures, wide)

    def sample(self, count: int, steps: int = 0, seed: int = 0, averaged: bool = True) -> Tensor:
        """Samples of a trainer whose samples no route makes, (count, H, W, C) in float32, by
        `steps` steps of a chain each; 0: as many as in the training."""
        flags = _abi.GAN_MODEL_AVERAGED * bool(averaged)
        arguments = (self.handle, *map(integer, (count, steps, seed)), flags)
        return Tensor._make(self.root, lib.gan_trainer_sample, *arguments)

    # ---- files ----

    def save(self, path: Any) -> None:
        """Everything in one file: Context.load_trainer goes on from it, to the same bits. Data sets
        are attached again. One that raises costs the averages' own batch statistics, and a warning,
        not the file."""
        with self._refreshing():
            self.root.check(lib.gan_trainer_save(self.handle, path_of(path)))

    def saves(self) -> bytes:
        """The bytes of that file."""
        with self._refreshing():
            made = Tensor._make(self.root, lib.gan_trainer_save_memory, self.handle)
        return made.numpy().tobytes()

    def __repr__(self) -> str:
        return f"<libgan.Trainer: {self.text}, {self.steps_made} steps>"


def create(root: Root, spec: str, optimizers: Mapping[str, str], named: dict[str, Any]) -> Trainer:
    """A trainer; of `named`, what its kind has as options describes it, the rest is set on it."""
    kind = (spec.split() or [""])[0]
    known: set[str] = set()
    options: dict[str, Any] = {}
    if kind in catalog.groups()["trainer"]:
        described = catalog.kind_of("trainer", kind)
        known = {option.name for option in described.options}
        # An option and a feed may have one name: what is told as text or number is the option.
        both = known & {member.name for member in described.members}
        plain = (str, bool, int, float, type(None))
        options = {
            name: value
            for name, value in named.items()
            if name in known and (name not in both or isinstance(value, plain))
        }
    text = bytes_of(catalog.describe("trainer", spec, options))
    made = Trainer._make(root, lib.gan_trainer_create, root.pointer, text)
    rest = {name: value for name, value in named.items() if name not in options}
    known_names = {*made.names("role"), *made.names("feed")}
    for name in rest:
        if name not in known_names:
            raise TypeError(catalog.unknown(kind, "keyword", name, sorted(known_names | known)))
    made.set(**rest)
    for group, rule in optimizers.items():
        made.set_optimizer(group, rule)
    return made


__all__ = ["Trainer", "Report"]
