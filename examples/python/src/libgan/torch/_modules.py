"""Which of the library's layers are which modules of PyTorch's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.utils import spectral_norm

from .. import catalog

Stages = list[tuple[str, nn.Module]]


@dataclass(frozen=True)
class Options:
    """The options of a statement in a canonical text: all are there."""

    values: dict[str, list[str]]

    @staticmethod
    def of(kind: str, words: Sequence[str]) -> Options:
        known = catalog.kind_of("layer", kind).options
        values: dict[str, list[str]] = {}
        places = [option for option in known if option.positional]
        for word in words:
            key, sign, value = word.partition("=")
            if sign:
                values[key] = [value]
            elif places[0].type == "shape":
                values.setdefault(places[0].name, []).append(word)
            else:
                values[places.pop(0).name] = [word]
        return Options(values)

    def text(self, name: str) -> str:
        return self.values[name][0]

    def number(self, name: str) -> float:
        return float(self.text(name))

    def whole(self, name: str) -> int:
        return int(self.text(name))

    def yes(self, name: str) -> bool:
        return self.text(name) == "yes"

    def pair(self, name: str) -> tuple[int, int]:
        sides = [int(side) for side in self.text(name).split("x")]
        return sides[0], sides[-1]

    def sides(self, name: str) -> tuple[str, tuple[int, int, int, int]]:
        """The mode of a padding, and left, right, top, bottom, as PyTorch counts them."""
        mode, _, numbers = self.text(name).rpartition(":")
        listed = [int(number) for number in numbers.split(",")]
        top, left, bottom, right = listed * 4 if len(listed) == 1 else listed
        return mode, (left, right, top, bottom)


def is_even(around: Sequence[int]) -> bool:
    left, right, top, bottom = around
    return left == right and top == bottom


def pads(mode: str, around: Any) -> nn.Module:
    made = {"reflect": nn.ReflectionPad2d, "replicate": nn.ReplicationPad2d}
    return made[mode](around) if mode else nn.ZeroPad2d(around)


def under_norm(o: Options, module: nn.Module) -> nn.Module:
    """The older form of spectral norm takes its steps in the library's order."""
    return spectral_norm(module) if o.yes("spectral") else module


def dense(o: Options, x: torch.Tensor) -> Stages:
    made = under_norm(o, nn.Linear(x[0].numel(), o.whole("features"), o.yes("bias")))
    return [("", made)] if x.dim() == 2 else [("flat", nn.Flatten()), ("", made)]


def conv(o: Options, x: torch.Tensor) -> Stages:
    mode, around = o.sides("pad")
    inside: dict[str, Any] = {"padding": (around[2], around[0]), "padding_mode": mode or "zeros"}
    made = nn.Conv2d(
        x.shape[1],
        o.whole("filters"),
        o.pair("kernel"),
        o.pair("stride"),
        dilation=o.pair("dilation"),
        groups=o.whole("groups"),
        bias=o.yes("bias"),
        **(inside if is_even(around) else {}),
    )
    before = [] if is_even(around) else [("pad", pads(mode, around))]
    return [*before, ("", under_norm(o, made))]


def conv_transpose(o: Options, x: torch.Tensor) -> Stages:
    _, (left, right, top, bottom) = o.sides("pad")
    (down, along), (rows, columns) = o.pair("stride"), o.pair("output_pad")
    before: Stages = []
    if rows >= down or columns >= along:
        # Other engines do not take so large an output_padding. A row of zeros at the end makes as
        # many more as the stride; what is too much is cut off.
        more = (-(-rows // down), -(-columns // along))
        before = [("pad", nn.ZeroPad2d((0, more[1], 0, more[0])))]
        right, bottom = right + more[1] * along - columns, bottom + more[0] * down - rows
        rows = columns = 0
    around = (left, right, top, bottom)
    made = nn.ConvTranspose2d(
        x.shape[1],
        o.whole("filters"),
        o.pair("kernel"),
        (down, along),
        (top, left) if is_even(around) else 0,
        (rows, columns),
        o.whole("groups"),
        o.yes("bias"),
        o.pair("dilation"),
    )
    cut = [] if is_even(around) else [("crop", pads("", tuple(-side for side in around)))]
    return [*before, ("", under_norm(o, made)), *cut]


def pool(o: Options, x: torch.Tensor) -> Stages:
    kernel, stride = o.pair("kernel"), o.pair("stride")
    stride = (stride[0] or kernel[0], stride[1] or kernel[1])
    _, around = o.sides("pad")
    inside = (around[2], around[0]) if is_even(around) else (0, 0)
    largest = "count_pad" not in o.values
    before: Stages = []
    if not is_even(around):
        if not largest and not o.yes("count_pad"):
            raise NotImplementedError("count_pad=no with uneven padding")
        before = [("pad", nn.ConstantPad2d(around, -torch.inf if largest else 0.0))]
    if largest:
        return [*before, ("", nn.MaxPool2d(kernel, stride, inside))]
    return [*before, ("", nn.AvgPool2d(kernel, stride, inside, False, o.yes("count_pad")))]


def upsample(o: Options, x: torch.Tensor) -> Stages:
    scale, mode = tuple(map(float, o.pair("scale"))), o.text("mode")
    corners = o.yes("align_corners") if mode == "bilinear" else None
    return [("", nn.Upsample(scale_factor=scale, mode=mode, align_corners=corners))]


def batchnorm(o: Options, x: torch.Tensor) -> Stages:
    made = nn.BatchNorm1d if x.dim() == 2 else nn.BatchNorm2d
    return [("", made(x.shape[1], o.number("eps"), o.number("momentum"), o.yes("affine")))]


def reshape(o: Options, x: torch.Tensor) -> Stages:
    sides = [-1 if word == "any" else int(word) for word in o.values["sides"]]
    flat = [("flat", nn.Flatten())] if x.dim() > 2 else []
    if len(sides) == 1:
        return [("", nn.Flatten())]
    return [*flat, ("", nn.Unflatten(1, (sides[2], sides[0], sides[1])))]


def embedding(o: Options, x: torch.Tensor) -> Stages:
    made = nn.Embedding(o.whole("count"), o.whole("size"))
    behind = [("channels", Apply(channels_first))] if x.dim() == 4 else []
    return [("numbers", Numbers()), ("", made), *behind]


def layernorm(o: Options, x: torch.Tensor) -> nn.Module:
    if o.yes("affine") or x.dim() == 2 or x[0].numel() == 1:
        return nn.LayerNorm(tuple(x.shape[1:]), o.number("eps"), o.yes("affine"))
    # That of one group is the same, and takes pictures of any size.
    return nn.GroupNorm(1, x.shape[1], o.number("eps"), affine=False)


def maker(make: Callable[[Options, torch.Tensor], nn.Module]) -> Callable[..., Stages]:
    return lambda o, x: [("", make(o, x))]


def numbers(x: torch.Tensor) -> torch.Tensor:
    """Class numbers (N), (N, 1) or (N, 1, H, W), of any type, as (N) or (N, H, W) of int64."""
    return (x[:, 0] if x.dim() > 1 else x).long()


class Numbers(nn.Module):
    """numbers(), as a module."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return numbers(x)


class Apply(nn.Module):
    """A function that PyTorch has no module for."""

    def __init__(self, function: Callable[..., torch.Tensor], *numbers: float) -> None:
        super().__init__()
        self.function, self.numbers = function, numbers

    def forward(self, *x: torch.Tensor) -> torch.Tensor:
        return self.function(*x, *self.numbers)

    def extra_repr(self) -> str:
        return ", ".join(map(str, (self.function.__name__, *self.numbers)))


def of_rank(x: torch.Tensor, rank: int) -> torch.Tensor:
    """A vector as a 1x1 picture where pictures are wanted, and the other way round."""
    if x.dim() == 2 and rank == 4:
        return x[:, :, None, None]
    return x.reshape(x.shape[:2]) if x.dim() == 4 and rank == 2 else x


def alike(values: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Vectors as 1x1 pictures where others are pictures."""
    rank = max(x.dim() for x in values)
    return [of_rank(x, rank) for x in values]


def concat(*values: torch.Tensor) -> torch.Tensor:
    """The channels of all; a 1x1 picture is repeated over the pixels of the others."""
    values = tuple(alike(values))
    if values[0].dim() == 2:
        return torch.cat(values, 1)
    height, width = (max(x.shape[side] for x in values) for side in (2, 3))
    return torch.cat([x.expand(-1, -1, height, width) for x in values], 1)


def add(*values: torch.Tensor) -> torch.Tensor:
    first, *rest = alike(values)
    for x in rest:
        first = first + x
    return first


def multiply(*values: torch.Tensor) -> torch.Tensor:
    first, *rest = alike(values)
    for x in rest:
        first = first * x
    return first


def affine(x: torch.Tensor, scale: float, shift: float) -> torch.Tensor:
    return scale * x + shift


def onehot(x: torch.Tensor, classes: float) -> torch.Tensor:
    return channels_first(nn.functional.one_hot(numbers(x), int(classes)).float())


def channels_first(x: torch.Tensor) -> torch.Tensor:
    """Of what has channels behind all else, of any rank."""
    return x.movedim(-1, 1)


# Those that want pictures, where the library takes vectors as such of 1x1.
PICTURES = {
    "conv2d",
    "conv_transpose2d",
    "pad",
    "upsample",
    "avgpool",
    "maxpool",
    "global_avgpool",
    "instancenorm",
    "pixel_shuffle",
}

MAKERS: dict[str, Callable[[Options, torch.Tensor], Stages]] = {
    "dense": dense,
    "conv2d": conv,
    "conv_transpose2d": conv_transpose,
    "pad": maker(lambda o, x: pads(*o.sides("sides"))),
    "upsample": upsample,
    "avgpool": pool,
    "maxpool": pool,
    "global_avgpool": maker(lambda o, x: nn.AdaptiveAvgPool2d(1)),
    "batchnorm": batchnorm,
    "instancenorm": maker(
        lambda o, x: nn.InstanceNorm2d(x.shape[1], o.number("eps"), affine=o.yes("affine"))
    ),
    "layernorm": maker(layernorm),
    "groupnorm": maker(
        lambda o, x: nn.GroupNorm(o.whole("groups"), x.shape[1], o.number("eps"), o.yes("affine"))
    ),
    "relu": maker(lambda o, x: nn.ReLU()),
    "leaky_relu": maker(lambda o, x: nn.LeakyReLU(o.number("slope"))),
    "prelu": maker(lambda o, x: nn.PReLU(x.shape[1] if o.yes("per_channel") else 1)),
    "elu": maker(lambda o, x: nn.ELU(o.number("alpha"))),
    "silu": maker(lambda o, x: nn.SiLU()),
    "gelu": maker(lambda o, x: nn.GELU()),
    "tanh": maker(lambda o, x: nn.Tanh()),
    "sigmoid": maker(lambda o, x: nn.Sigmoid()),
    "softplus": maker(lambda o, x: nn.Softplus()),
    "exp": maker(lambda o, x: Apply(torch.exp)),
    "square": maker(lambda o, x: Apply(torch.square)),
    "sqrt": maker(lambda o, x: Apply(torch.sqrt)),
    "clamp": maker(lambda o, x: nn.Hardtanh(o.number("least"), o.number("most"))),
    "affine": maker(lambda o, x: Apply(affine, o.number("scale"), o.number("shift"))),
    "softmax": maker(lambda o, x: nn.Softmax(1)),
    "dropout": maker(lambda o, x: nn.Dropout(o.number("p"))),
    "embedding": embedding,
    "onehot": maker(lambda o, x: Apply(onehot, o.number("classes"))),
    "flatten": maker(lambda o, x: nn.Flatten()),
    "reshape": reshape,
    "concat": maker(lambda o, x: Apply(concat)),
    "add": maker(lambda o, x: Apply(add)),
    "multiply": maker(lambda o, x: Apply(multiply)),
    "pixel_shuffle": maker(lambda o, x: nn.PixelShuffle(o.whole("factor"))),
}
