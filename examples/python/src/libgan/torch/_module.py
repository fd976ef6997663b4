"""A model as an nn.Module: PyTorch has its parameters, libgan computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import nn

from ..context import Context
from ..model import Model
from ._engine import Engine, Picture
from ._graph import apply


def _uncompiled(module: Module) -> Any:
    """The module's computation as one opaque call. Only a compiler needs it: what makes it so takes
    seconds to import."""
    disable: Any = torch.compiler.disable
    return disable(module._forward)


class Place(nn.Module):
    """What has the parameters of one layer, or of a block; computes nothing itself."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._text = text

    def extra_repr(self) -> str:
        return self._text


class Module(nn.Module):
    """A model, or the text of one, as an nn.Module in PyTorch's graphs: gradients come out to
    inputs and to parameters, and second derivatives over inputs (gradient penalties) through layers
    that gan_tape_tangent serves.

    Parameters and buffers are PyTorch's, with its names and layouts, and start as the model's: the
    module works on a copy, in the model's context, to which whatever was changed is copied before
    each forward, however it was changed. Weights that the model shares with others are not shared
    any more; assign one nn.Parameter to both modules for that. Mode, requires_grad and no_grad mean
    what they mean to any module. Dropout and noise draw from the context's seed.

    Inputs are on the CPU: pictures (N, C, H, W), or (N, H, W, C) with layout="NHWC"; vectors (N, C)
    or 1x1 pictures; class numbers (N); integers of uint8 are pictures in [0, 255]. All is computed
    in float32: other floats are converted, and their gradients back. A channels_last tensor and a
    vector go in without a copy. Outputs are float32, what is a vector (N, C); pictures are
    channels_last if the first input is, and several a tuple.

    Each forward that is part of a graph has a tape, which ends with the backward that frees the
    graph, or with the graph; its backward is that of the numbers the forward has had, whatever was
    changed since."""

    def __init__(self, model: Model | str, layout: str = "NCHW") -> None:
        super().__init__()
        if isinstance(model, str):
            model = Context().model(model)
        elif isinstance(model, Model):
            model = model.copy()
        else:
            raise TypeError(f"Module: a Model or a text is wanted, not a {type(model).__name__}")
        if layout not in ("NCHW", "NHWC"):
            raise ValueError(f"Module: layout is NCHW or NHWC, not {layout!r}")
        self.layout = layout
        self._engine = Engine(model)
        for name in self._engine.names:
            self._place(name, torch.from_numpy(model.read(name)))

    def _place(self, name: str, value: torch.Tensor) -> None:
        *path, leaf = name.split(".")
        owner: nn.Module = self
        # add_module would refuse a label such as "train".
        for i, label in enumerate(path):
            if label not in owner._modules:
                owner._modules[label] = Place(self._engine.layer_text(".".join(path[: i + 1])))
            owner = cast(nn.Module, owner._modules[label])
        if self._engine.model.is_trained(name):
            owner.register_parameter(leaf, nn.Parameter(value))
        else:
            owner.register_buffer(leaf, value)

    def _values(self, names: Sequence[str]) -> list[torch.Tensor]:
        """Found anew each time: parametrisations, functional_call and assignments change them."""
        found = []
        for name in names:
            *path, leaf = name.split(".")
            owner: nn.Module = self
            for label in path:
                owner = cast(nn.Module, owner._modules[label])
            value = getattr(owner, leaf)
            if not isinstance(value, torch.Tensor):
                raise TypeError(f"{name}: a tensor is wanted, not a {type(value).__name__}")
            found.append(value)
        return found

    def _forward(self, *inputs: Any, **named: Any) -> Any:
        engine = self._engine
        ports = engine.model.ports
        given = ports.ordered(inputs, named)
        names = [name or f"input {i}" for i, name in enumerate(ports.input_names)]
        tensors = [on_cpu(torch.as_tensor(x), name) for x, name in zip(given, names)]
        weights = served(self._values(engine.trained), engine.trained)
        buffers = self._values(engine.buffers)
        picture = Picture.of(self.layout, tensors)
        with engine.lock:
            engine.take(engine.trained, weights)
            engine.take(engine.buffers, served(buffers, engine.buffers))
            outputs = apply(engine, picture, self.training, tensors, weights)
            if self.training:
                engine.give(buffers)
        return outputs[0] if len(outputs) == 1 else outputs

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The outputs of a batch; inputs by position or by name."""
        if torch.compiler.is_compiling():
            return _uncompiled(self)(*inputs, **named)
        return self._forward(*inputs, **named)

    def to_model(self) -> Model:
        """A new model with the numbers of now: to save it, to train it further by libgan. Its
        state_dict() goes back with load_state_dict, once its arrays are tensors."""
        engine = self._engine
        with engine.lock:
            for names in (engine.trained, engine.buffers):
                engine.take(names, served(self._values(names), names))
            return engine.model.copy()

    def extra_repr(self) -> str:
        return self._engine.model.text.rstrip()


def served(values: Sequence[torch.Tensor], names: Sequence[str]) -> list[torch.Tensor]:
    """As the library takes them."""
    return [on_cpu(value, name) for value, name in zip(values, names)]


def on_cpu(value: torch.Tensor, name: str) -> torch.Tensor:
    """The tensor, as float32 if it is of another float."""
    if value.device.type != "cpu":
        raise ValueError(f"{name}: it is on {value.device}, and libgan computes on the CPU")
    if value.is_floating_point() and value.dtype != torch.float32:
        return value.float()
    return value
