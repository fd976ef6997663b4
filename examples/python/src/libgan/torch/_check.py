"""That a network and a model give the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from .. import errors
from ..model import Model

# Two right computations of one function differ by no more than what comes of inner values that are
# off by this share of themselves, some float32 roundings.
_ROUNDING = 1e-5


class NotTaken(errors.UnsupportedError):
    """PyTorch refuses what goes into a layer."""


@contextmanager
def taking(what: str, given: Sequence[torch.Tensor], advice: str = "") -> Iterator[None]:
    """Errors of PyTorch meanwhile are told with the name of what did not take its inputs."""
    try:
        yield
    except errors.Error:
        raise
    except Exception as fault:
        sizes = ", ".join(str(tuple(x.shape[1:])) for x in given)
        raise NotTaken(f"{what} does not take {sizes}{advice} ({fault})") from fault


def compare(
    module: nn.Module, model: Model, inputs: Sequence[torch.Tensor], count: int = 3
) -> None:
    """That both give the same for `count` samples of the inputs' sizes: others than the module was
    read with."""
    given = numbers_like(inputs, count)
    try:
        found = outputs(model, map(channels_last, given))
    except errors.ArgumentError:  # numbers of classes are wanted in pictures
        given = numbers_like(inputs, count, whole=True)
        found = outputs(model, map(channels_last, given))
    with taking("module: it", given, ": give the shape of a sample"):
        wanted = outputs(module, given)
        with shaken(module):
            moved = outputs(module, given)
    for a, b, c in zip(wanted, found, moved):
        y = channels_first(torch.from_numpy(b.numpy()))
        # Where the true value is about 0, as the mean of what was normalised, all that is seen is
        # rounding: it is no fault as long as rounding inside explains it.
        allowed = 1e-3 * float(a.abs().max()) + float((c - a).abs().max())
        if a.numel() != y.numel() or not torch.allclose(
            a.float().reshape(y.shape), y, rtol=1e-3, atol=allowed
        ):
            raise errors.UnsupportedError("module: its forward does more than could be read of it")


def outputs(network: Any, given: Any) -> list[Any]:
    made = network(*given)
    return list(made) if isinstance(made, (tuple, list)) else [made]


def channels_last(x: torch.Tensor) -> torch.Tensor:
    return x.permute(0, 2, 3, 1) if x.dim() == 4 else x


def channels_first(x: torch.Tensor) -> torch.Tensor:
    return x.permute(0, 3, 1, 2) if x.dim() == 4 else x


def numbers_like(
    inputs: Sequence[torch.Tensor], count: int, whole: bool = False
) -> list[torch.Tensor]:
    """Samples; single numbers may be those of classes, of which there are two at least."""
    made = torch.Generator().manual_seed(1)
    return [
        torch.randint(0, 2, (count, *x.shape[1:]), generator=made).to(x.dtype)
        if whole or x[0].numel() == 1
        else torch.randn(count, *x.shape[1:], generator=made)
        for x in inputs
    ]


@contextmanager
def shaken(module: nn.Module) -> Iterator[None]:
    """What the module's layers give is off by _ROUNDING of itself meanwhile; whole numbers are
    exact."""
    made = torch.Generator().manual_seed(2)

    def shake(m: nn.Module, given: Any, y: Any) -> Any:
        if not isinstance(y, torch.Tensor) or not y.is_floating_point() or y.equal(y.round()):
            return None
        return y * (1 + _ROUNDING * torch.randn(y.shape, generator=made))

    hooks = [m.register_forward_hook(shake) for m in module.modules()]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
