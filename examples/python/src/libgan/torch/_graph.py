"""A forward as a node of PyTorch's graph, its backward as another one."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.autograd.graph import saved_tensors_hooks

from ._engine import Engine, Picture, Record

Tensors = tuple[torch.Tensor, ...]


def apply(
    engine: Engine,
    picture: Picture,
    training: bool,
    inputs: Sequence[torch.Tensor],
    weights: Sequence[torch.Tensor],
) -> Tensors:
    """The outputs, as part of a graph where one is made."""
    wanted = [x.requires_grad for x in (*inputs, *weights)]
    if torch.is_grad_enabled() and any(wanted):
        taught = any(wanted[len(inputs) :])
        mode = ("training" if taught else "training frozen") if training else "evaluation"
        call = Call(Record(engine, picture), mode=mode)
        return cast(Tensors, call.made(Forward, *inputs, *weights))
    if training:
        return Record(engine, picture).run(inputs, [False] * len(inputs), "training frozen")
    made = engine.model(*(picture.taken(x) for x in inputs))
    return tuple(brought(picture, y) for y in (made if isinstance(made, tuple) else (made,)))


def brought(picture: Picture, value: Any) -> torch.Tensor:
    """An output of the library's as PyTorch is to have it."""
    y = torch.from_numpy(value.numpy())
    if y.dim() != 4 or picture.layout == "NHWC":
        return y
    order = torch.channels_last if picture.channels_last else torch.contiguous_format
    return y.permute(0, 3, 1, 2).contiguous(memory_format=order)


class Kept(NamedTuple):
    """What a node keeps for one tensor until the graph is freed: and so the record lives as long.
    PyTorch tells nobody that it frees a graph, but it lets go of this."""

    record: Record
    tensor: torch.Tensor


def unpack(kept: Kept) -> torch.Tensor:
    return kept.tensor


class Call:
    """What a node is told of a forward, besides tensors: it keeps no record alive itself."""

    def __init__(self, record: Record, wanted: Sequence[bool] = (), mode: str = "") -> None:
        self.record, self.wanted, self.mode = record, wanted, mode

    def made(self, function: type[Function], *tensors: torch.Tensor | None) -> Any:
        """The node, which lets go of the record when its graph is freed."""
        with saved_tensors_hooks(lambda x: Kept(self.record, x), unpack):
            node: Any = function  # not all versions of PyTorch say what apply takes
            return node.apply(self, *tensors)


class Forward(Function):
    """Outputs of inputs and parameters."""

    @staticmethod
    def forward(ctx: Any, call: Call, *tensors: torch.Tensor) -> Tensors:
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*tensors)
        ctx.record = weakref.ref(call.record)
        ctx.wanted = ctx.needs_input_grad[1:]
        count = len(call.record.engine.model.ports.input_names)
        return call.record.run(tensors[:count], ctx.wanted, call.mode)

    @staticmethod
    def backward(ctx: Any, *seeds: torch.Tensor | None) -> Any:
        tensors = ctx.saved_tensors  # an error, and PyTorch's, if the graph was freed
        record = ctx.record()
        if not torch.is_grad_enabled():
            return None, *record.gradients(seeds, ctx.wanted)
        return None, *Call(record, ctx.wanted).made(Backward, *tensors, *seeds)


class Backward(Function):
    """Gradients of inputs, parameters and dL/d(outputs), where those are to be differentiated."""

    @staticmethod
    def forward(ctx: Any, call: Call, *tensors: torch.Tensor | None) -> Any:
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*tensors)
        ctx.record = weakref.ref(call.record)
        ctx.first = call.wanted
        return tuple(call.record.gradients(tensors[len(call.wanted) :], call.wanted))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *directions: torch.Tensor | None) -> Any:
        record, count = ctx.record, len(ctx.first)
        seeds = ctx.saved_tensors[count:]
        inputs = len(record().sources)
        if any(v is not None for v in directions[inputs:]):
            raise NotImplementedError(
                "libgan.torch: gradients of inputs are differentiated once more, "
                "those of parameters are not"
            )
        moved, found = record().second(
            seeds, directions[:inputs], ctx.needs_input_grad[1 : count + 1]
        )
        return None, *found, *moved
