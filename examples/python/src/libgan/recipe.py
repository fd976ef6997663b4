"""Recipes: a training as one text; and the gan command, which runs one in a folder."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _abi, catalog, errors
from ._handle import Closable, Root, bytes_of, path_of, text_of
from ._library import command, lib
from .data import Dataset
from .tensor import Array
from .trainer import Trainer

if TYPE_CHECKING:
    from .context import Context
    from .model import Model


Settings = Mapping[str, Any] | None


class Recipe(Closable):
    """Made by Context.recipe or libgan.load_recipe."""

    __slots__ = ("context",)
    _noun = "recipe"
    context: Context

    @classmethod
    def load(cls, root: Root, path: Any) -> Recipe:
        return cls._make(root, lib.gan_recipe_load, root.pointer, path_of(path))

    @classmethod
    def parse(cls, root: Root, text: str, folder: Any = None) -> Recipe:
        where = None if folder is None else path_of(folder)
        return cls._make(root, lib.gan_recipe_parse, root.pointer, bytes_of(text), where)

    def set(self, settings: Settings = None, **named: Any) -> Recipe:
        """Overrides options, all or none: set(run__steps=100), set({"run.steps": 100}), paths
        relative to the working directory."""
        return self._set(settings, named, 0)

    def change(self, settings: Settings = None, **named: Any) -> Recipe:
        """The same, and where a checkpoint is resumed these options may differ from the saved."""
        return self._set(settings, named, _abi.GAN_RECIPE_CHANGE)

    def _set(self, settings: Settings, named: Mapping[str, Any], how: int) -> Recipe:
        pairs = settings_of(settings, named)
        count = len(pairs)
        names = (ctypes.c_char_p * count)(*[bytes_of(name) for name in pairs])
        values = (ctypes.c_char_p * count)(*[bytes_of(value) for value in pairs.values()])
        self.root.check(lib.gan_recipe_set_all(self.handle, names, values, count, how))
        return self

    def __getitem__(self, path: str) -> str:
        """One option as text, recipe["run.steps"]; what was left open has the value that it
        takes."""
        size = 256
        while True:
            room = ctypes.create_string_buffer(size)
            status = lib.gan_recipe_option(self.handle, bytes_of(path), room, size)
            if status != _abi.GAN_E_ARGUMENT or size >= 1 << 20:
                self.root.check(status)
                return room.value.decode()
            size *= 16

    @property
    def text(self) -> str:
        """The whole recipe, overrides applied, every option spelled out, paths absolute."""
        return text_of(lib.gan_recipe_text(self.handle))

    @property
    def context_text(self) -> str:
        """The [context] section as a description."""
        return text_of(lib.gan_recipe_context(self.handle))

    def trainer(self, checkpoint: Any = None, context: Context | None = None) -> Trainer:
        """The trainer with its models, data sets and optimisers, anew or from a checkpoint; in a
        context of the recipe's own description, if none is given."""
        chosen = self._context() if context is None else context
        where = None if checkpoint is None else path_of(checkpoint)
        arguments = (self.handle, chosen.handle, where)
        return Trainer._make(chosen.root, lib.gan_recipe_trainer, *arguments)

    def _context(self) -> Context:
        from .context import Context

        return Context(self.context_text)

    def dataset(self, feed: str, context: Context | None = None) -> Dataset:
        """The data set of a feed as the recipe has it now."""
        root = self.root if context is None else context.root
        arguments = (self.handle, root.pointer, bytes_of(feed))
        return Dataset._make(root, lib.gan_recipe_dataset, *arguments)

    @property
    def steps(self) -> int:
        """How many the whole training has."""
        return int(self["run.steps"])

    def __repr__(self) -> str:
        return f"<libgan.Recipe\n{self.text.rstrip()}>"


def settings_of(settings: Settings, named: Mapping[str, Any]) -> dict[str, str]:
    """{"run.steps": "100"} of run__steps=100. What names several values, data__real=(...), is
    text."""
    pairs = dict(settings or {})
    pairs.update({name.replace("__", "."): value for name, value in named.items()})
    return {name: _setting(value) for name, value in pairs.items()}


def _setting(value: Any) -> str:
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    return catalog.word(value)


# ---- the command ----


class Run:
    """The folder of a training that the gan command made."""

    def __init__(self, folder: Any) -> None:
        from pathlib import Path

        self.folder = Path(folder)
        if not (self.folder / "run.recipe").is_file():
            raise FileNotFoundError(f"{self.folder} is no run: it has no run.recipe")

    @property
    def history(self) -> dict[str, Array]:
        """The log as columns: pandas.DataFrame takes them. NaN where a line lacks a number."""
        import json

        with open(self.folder / "log.jsonl", encoding="utf-8") as stream:
            rows = [json.loads(line) for line in stream if line.strip()]
        numbers = (int, float)
        names = [name for row in rows for name, value in row.items() if isinstance(value, numbers)]
        return {
            name: np.array([row.get(name, np.nan) for row in rows], np.float64)
            for name in dict.fromkeys(names)
        }

    def models(self) -> list[str]:
        """The networks that the run is for."""
        files = sorted(self.folder.glob("*.safetensors"))
        kept = [path.stem for path in files if not path.stem.startswith(("checkpoint", "before-"))]
        return [name for name in kept if not name.endswith("-best")]

    def model(self, name: str, context: Context | None = None) -> Model:
        """One of them."""
        from .context import load

        return load(self.folder / f"{name}.safetensors", context)

    def trainer(self) -> Trainer:
        """The training as it stands, to go on with in this program."""
        from .context import Context

        recipe = Context().recipe(self.folder / "run.recipe")
        return recipe.trainer(self.folder / "checkpoint.safetensors")

    def _repr_png_(self) -> bytes | None:
        path = self.folder / "sheet.png"
        return path.read_bytes() if path.is_file() else None

    def __repr__(self) -> str:
        return f"<libgan.Run: {self.folder}>"


_BY_CODE = {
    2: errors.TextError,
    3: errors.FormatError,
    4: errors.FileError,
    5: errors.DivergedError,
}


def train(recipe: Any, out: Any, settings: Settings = None, **named: Any) -> Run:
    """Runs `gan train RECIPE --out OUT --set run.steps=100` for train(recipe, out, run__steps=100):
    progress on standard error, sheets, checkpoints; again, and it resumes. Ctrl-C saves and ends
    it, as KeyboardInterrupt."""
    words = ["train", os.fspath(recipe), "--out", os.fspath(out)]
    for name, value in settings_of(settings, named).items():
        words += ["--set", f"{name}={value}"]
    code = run_command(words)
    if code == 130:
        raise KeyboardInterrupt
    if code:
        raise _BY_CODE.get(code, errors.Error)(
            f"gan {' '.join(words)}: exit code {code}, see above"
        )
    return Run(out)


def run_command(words: list[str]) -> int:
    """Runs the gan command with these words; its exit code, 130 after Ctrl-C."""
    import signal
    import subprocess

    process = subprocess.Popen([command(), *words])
    stopped = False
    while True:
        try:
            code = process.wait()
            return 130 if stopped else code
        except KeyboardInterrupt:
            # A terminal has sent it to the command as well, which ends by itself.
            if not stopped and not sys.stdin.isatty():
                process.send_signal(signal.SIGINT)
            stopped = True
