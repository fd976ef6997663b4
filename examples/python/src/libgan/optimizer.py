"""Optimisers: change the parameters of models along their gradients."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from ._handle import Closable, Root, bytes_of, integer, of_root, text_of
from ._library import lib
from .model import Model, detached
from .tensor import Array, tensor_of, wrap


class Optimizer(Closable):
    """Made by Context.optimizer."""

    __slots__ = ("_models",)
    _noun = "optimizer"

    def _begin(self, root: Root, pointer: int | None) -> None:
        super()._begin(root, pointer)
        self._models: list[Model] = []

    def add(self, *models: Model) -> Optimizer:
        """Adds the parameters of models."""
        for model in models:
            own = of_root(self.root, Model, model, "optimizer")
            self.root.check(lib.gan_optimizer_add(self.handle, own.handle))
            self._models.append(own)
        return self

    def step(self) -> None:
        """One update from the gradients as they are. DivergedError, and nothing changed, if a
        gradient or a new weight is not finite."""
        self.root.check(lib.gan_optimizer_step(self.handle))

    def zero(self) -> None:
        """Sets the gradients to zero."""
        self.root.check(lib.gan_optimizer_zero(self.handle))

    def _number(self, function: Any) -> float:
        out = ctypes.c_double()
        self.root.check(function(self.handle, ctypes.byref(out)))
        return out.value

    @property
    def norm(self) -> float:
        """Of the whole gradient of the last step, before clipping."""
        return self._number(lib.gan_optimizer_norm)

    @property
    def rate(self) -> float:
        """What the next step uses, schedule included. Setting it changes lr=, which the schedule
        multiplies."""
        return self._number(lib.gan_optimizer_rate)

    @rate.setter
    def rate(self, rate: float) -> None:
        self.root.check(lib.gan_optimizer_set_rate(self.handle, float(rate)))

    @property
    def steps(self) -> int:
        """Updates made. Setting it sets the count of every parameter."""
        return lib.gan_optimizer_steps(self.handle)

    @steps.setter
    def steps(self, count: int) -> None:
        self.root.check(lib.gan_optimizer_set_steps(self.handle, integer(count)))

    @property
    def text(self) -> str:
        """The description spelled out."""
        return text_of(lib.gan_optimizer_text(self.handle))

    def moments(self) -> list[str]:
        """The names of the moments that each parameter has: PyTorch's."""
        count = lib.gan_optimizer_moment_count(self.handle)
        return [text_of(lib.gan_optimizer_moment_name(self.handle, i)) for i in range(count)]

    def read(self, model: Model, name: str, moment: str) -> Array:
        """A copy of one moment of a parameter, in PyTorch's layout."""
        own = of_root(self.root, Model, model, "optimizer")
        array = np.empty(own.shape(name), np.float32)
        tensor = wrap(self.root, array, hold=False)
        names = (bytes_of(name), bytes_of(moment))
        status = lib.gan_optimizer_read(self.handle, own.handle, *names, tensor.handle)
        self.root.check(status)
        return array

    def write(self, model: Model, name: str, moment: str, value: Any) -> None:
        """Sets one moment of a parameter."""
        own = of_root(self.root, Model, model, "optimizer")
        tensor = tensor_of(self.root, detached(value))
        names = (bytes_of(name), bytes_of(moment))
        status = lib.gan_optimizer_write(self.handle, own.handle, *names, tensor.handle)
        self.root.check(status)

    def parameter_steps(self, model: Model, name: str) -> int:
        """Updates that one parameter has seen."""
        own = of_root(self.root, Model, model, "optimizer")
        out = ctypes.c_int64()
        arguments = (own.handle, bytes_of(name), ctypes.byref(out))
        self.root.check(lib.gan_optimizer_parameter_steps(self.handle, *arguments))
        return out.value

    def set_parameter_steps(self, model: Model, name: str, steps: int) -> None:
        own = of_root(self.root, Model, model, "optimizer")
        arguments = (own.handle, bytes_of(name), integer(steps))
        self.root.check(lib.gan_optimizer_set_parameter_steps(self.handle, *arguments))

    def state_dict(self) -> dict[str, Any]:
        """All that a step starts from besides weights and gradients: {"steps": ..., "models":
        [...]}, for each model, in the order they were added, {parameter: {"step": ..., moment:
        array}}. Its form is libgan's own."""
        return {"steps": self.steps, "models": [self._state(model) for model in self._models]}

    def _state(self, model: Model) -> dict[str, dict[str, Any]]:
        state: dict[str, dict[str, Any]] = {}
        for name in filter(model.is_trained, model.parameters()):
            state[name] = {"step": self.parameter_steps(model, name)}
            state[name].update(
                {moment: self.read(model, name, moment) for moment in self.moments()}
            )
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on where state_dict was taken, to the same bits, with as many models of the same
        parameters."""
        if len(state["models"]) != len(self._models):
            raise ValueError(f"{len(state['models'])} models' state for {len(self._models)} models")
        self.steps = state["steps"]  # and every parameter's count, which those below correct
        for model, values in zip(self._models, state["models"]):
            for name, each in values.items():
                self.set_parameter_steps(model, name, each["step"])
                for moment in self.moments():
                    self.write(model, name, moment, each[moment])

    def __repr__(self) -> str:
        return f"<libgan.Optimizer: {self.text}>"
