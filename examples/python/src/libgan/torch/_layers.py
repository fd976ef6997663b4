"""Which layers of PyTorch's are which of the library's. Nowhere else does the package name kinds of
layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ..catalog import kinds

layer = kinds.layer
Shape = Sequence[int]


class NoLike(Exception):
    """What a layer asks for is not to be had; the text says what."""


def need(condition: bool, what: str) -> None:
    if not condition:
        raise NoLike(what)


def pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def is_spectral(m: nn.Module) -> bool:
    """Under spectral norm of its weight, in either form; no other parametrisation is known."""
    hooks = [type(hook).__name__ for hook in m._forward_pre_hooks.values()]
    foreign = [name for name in hooks if name != "SpectralNorm"]
    need(not foreign and not m._forward_hooks, f"with hooks ({', '.join(foreign) or 'forward'})")
    made = getattr(m, "parametrizations", {})
    for name, steps in made.items():
        names = [type(step).__name__ for step in steps]
        need(names == ["_SpectralNorm"] and name == "weight", f"{name} under {', '.join(names)}")
    over = 1 if isinstance(m, nn.ConvTranspose2d) else 0
    for each in (*m._forward_pre_hooks.values(), *(s for steps in made.values() for s in steps)):
        need(getattr(each, "name", "weight") == "weight", "spectral norm of another parameter")
        need(each.dim == over, "spectral norm over another dimension")
        need(each.n_power_iterations == 1, "spectral norm of several iterations")
    return bool(hooks or made)


def sides(m: Any) -> str:
    """The padding of a convolution as top,left,bottom,right."""
    modes = {"zeros": "", "reflect": "reflect:", "replicate": "replicate:"}
    need(m.padding_mode in modes, f"padding_mode={m.padding_mode}")
    if m.padding == "same":
        total = [d * (k - 1) for d, k in zip(m.dilation, m.kernel_size)]
        before = [t // 2 for t in total]
        after = [t - b for t, b in zip(total, before)]
    else:
        before = after = [0, 0] if m.padding == "valid" else list(m.padding)
    return modes[m.padding_mode] + ",".join(map(str, (*before, *after)))


def filters(kind: str, m: Any, **more: Any) -> str:
    make = getattr(layer, kind)
    common = {"stride": m.stride, "dilation": m.dilation, "groups": m.groups}
    same = {"bias": m.bias is not None, "spectral": is_spectral(m)}
    return str(make(m.out_channels, kernel=m.kernel_size, **common, **same, **more))


def dense(m: nn.Linear, x: Shape, y: Shape) -> str:
    need(len(x) == 2, "on what is not flat")
    return str(layer.dense(m.out_features, bias=m.bias is not None, spectral=is_spectral(m)))


def conv_transpose(m: nn.ConvTranspose2d, x: Shape, y: Shape) -> str:
    pad = ",".join(map(str, (*m.padding, *m.padding)))
    return filters("conv_transpose2d", m, pad=pad, output_pad=m.output_padding)


def batchnorm(m: Any, x: Shape, y: Shape) -> str:
    need(len(x) in (2, 4), f"of {len(x)} dimensions")
    need(m.momentum is not None, "momentum=None")
    need(m.track_running_stats, "track_running_stats=False")
    return str(layer.batchnorm(eps=m.eps, momentum=m.momentum, affine=m.affine))


def instancenorm(m: nn.InstanceNorm2d, x: Shape, y: Shape) -> str:
    need(not m.track_running_stats, "track_running_stats=True")
    return str(layer.instancenorm(eps=m.eps, affine=m.affine))


def layernorm(m: nn.LayerNorm, x: Shape, y: Shape) -> str:
    need(tuple(m.normalized_shape) == tuple(x[1:]), "over a part of a sample")
    need((m.weight is None) == (m.bias is None), "bias=False")
    return str(layer.layernorm(eps=m.eps, affine=m.elementwise_affine))


def pool(m: Any, x: Shape, y: Shape) -> str:
    need(not m.ceil_mode, "ceil_mode=True")
    more: dict[str, Any] = {"kernel": pair(m.kernel_size), "stride": pair(m.stride)}
    top, left = pair(m.padding)
    more["pad"] = f"{top},{left},{top},{left}"
    if isinstance(m, nn.MaxPool2d):
        need(pair(m.dilation) == (1, 1), "dilation")
        need(not m.return_indices, "return_indices=True")
        return str(layer.maxpool(**more))
    need(m.divisor_override is None, "divisor_override")
    return str(layer.avgpool(**more, count_pad=m.count_include_pad))


def global_avgpool(m: nn.AdaptiveAvgPool2d, x: Shape, y: Shape) -> str:
    size = m.output_size if isinstance(m.output_size, (tuple, list)) else (m.output_size,) * 2
    need(tuple(size) == (1, 1), f"output_size={m.output_size}")
    return str(layer.global_avgpool())


def upsample(m: nn.Upsample, x: Shape, y: Shape) -> str:
    need(len(x) == 4 and m.mode in ("nearest", "bilinear"), f"mode={m.mode}")
    scale = [after / before for after, before in zip(y[2:], x[2:])]
    if m.scale_factor is not None:
        given = m.scale_factor
        scale = [float(s) for s in (given if isinstance(given, (tuple, list)) else (given,) * 2)]
        told = f"scale_factor={given}"
    else:
        told = f"size={m.size} of {x[2]}x{x[3]}"
    need(all(s == int(s) for s in scale), told)
    more = {"align_corners": True} if m.align_corners else {}
    return str(layer.upsample(tuple(int(s) for s in scale), mode=m.mode, **more))


def pad(mode: str) -> Callable[[Any, Shape, Shape], str]:
    def made(m: Any, x: Shape, y: Shape) -> str:
        left, right, top, bottom = m.padding
        need(getattr(m, "value", 0) == 0, "a value other than 0")
        return str(layer.pad(f"{mode}{top},{left},{bottom},{right}"))

    return made


def reshape(m: Any, x: Shape, y: Shape) -> str:
    """Flatten, Unflatten, view: PyTorch's order C, H, W is the library's too."""
    need(len(y) in (2, 4) and y[0] == x[0], f"to {len(y)} dimensions, the batch in them")
    if len(y) == 2:
        return str(layer.flatten())
    return str(layer.reshape(y[2], y[3], y[1]))


def clamp(min: Any = None, max: Any = None) -> nn.Module:
    """torch.clamp, as a module."""
    if max is None and min == 0:
        return nn.ReLU()
    need(isinstance(min, (int, float)) and isinstance(max, (int, float)), "without two numbers")
    need(min < max, f"from {min} to {max}")
    return nn.Hardtanh(min, max)


def softmax(m: Any, x: Shape, y: Shape) -> str:
    dim = getattr(m, "dim", 1)
    need(dim in (1, 1 - len(x)), f"dim={dim}")
    return str(layer.softmax())


def leaky_relu(m: nn.LeakyReLU, x: Shape, y: Shape) -> str:
    need(m.negative_slope >= 0, f"negative_slope={m.negative_slope}")
    return str(layer.leaky_relu(m.negative_slope))


def hardtanh(m: nn.Hardtanh, x: Shape, y: Shape) -> str:
    need(math.isfinite(m.min_val) and math.isfinite(m.max_val), f"{m.min_val} to {m.max_val}")
    return str(layer.clamp(m.min_val, m.max_val))


def prelu(m: nn.PReLU, x: Shape, y: Shape) -> str:
    return str(layer.prelu(per_channel=m.num_parameters > 1))


def gelu(m: nn.GELU, x: Shape, y: Shape) -> str:
    need(m.approximate == "none", f"approximate={m.approximate}")
    return str(layer.gelu())


def softplus(m: nn.Softplus, x: Shape, y: Shape) -> str:
    need(m.beta == 1 and m.threshold >= 20, f"beta={m.beta} threshold={m.threshold}")
    return str(layer.softplus())


def embedding(m: nn.Embedding, x: Shape, y: Shape) -> str:
    for option in ("padding_idx", "max_norm"):
        need(getattr(m, option) is None, option)
    need(not m.scale_grad_by_freq, "scale_grad_by_freq=True")
    need(len(x) == 1, "of several numbers to a sample")
    return str(layer.embedding(m.num_embeddings, m.embedding_dim))


Row = Callable[[Any, Shape, Shape], str]

# A statement of a module, the shape of what goes in and of what comes out, batches included.
STATEMENTS: dict[type[nn.Module], Row] = {
    nn.Identity: lambda m, x, y: layer.affine(),
    nn.Linear: dense,
    nn.Conv2d: lambda m, x, y: filters("conv2d", m, pad=sides(m)),
    nn.ConvTranspose2d: conv_transpose,
    nn.BatchNorm1d: batchnorm,
    nn.BatchNorm2d: batchnorm,
    nn.InstanceNorm2d: instancenorm,
    nn.LayerNorm: layernorm,
    nn.GroupNorm: lambda m, x, y: layer.groupnorm(m.num_groups, eps=m.eps, affine=m.affine),
    nn.ReLU: lambda m, x, y: layer.relu(),
    nn.ReLU6: lambda m, x, y: layer.clamp(0, 6),
    nn.LeakyReLU: leaky_relu,
    nn.PReLU: prelu,
    nn.ELU: lambda m, x, y: layer.elu(m.alpha),
    nn.SiLU: lambda m, x, y: layer.silu(),
    nn.GELU: gelu,
    nn.Tanh: lambda m, x, y: layer.tanh(),
    nn.Sigmoid: lambda m, x, y: layer.sigmoid(),
    nn.Softplus: softplus,
    nn.Hardtanh: hardtanh,
    nn.Softmax: softmax,
    nn.Softmax2d: softmax,
    nn.Dropout: lambda m, x, y: layer.dropout(m.p),
    nn.Embedding: embedding,
    nn.Flatten: reshape,
    nn.Unflatten: reshape,
    nn.AvgPool2d: pool,
    nn.MaxPool2d: pool,
    nn.AdaptiveAvgPool2d: global_avgpool,
    nn.Upsample: upsample,
    nn.UpsamplingNearest2d: upsample,
    nn.UpsamplingBilinear2d: upsample,
    nn.ZeroPad2d: pad(""),
    nn.ConstantPad2d: pad(""),
    nn.ReflectionPad2d: pad("reflect:"),
    nn.ReplicationPad2d: pad("replicate:"),
    nn.PixelShuffle: lambda m, x, y: layer.pixel_shuffle(m.upscale_factor),
}

# Functions and methods that are a module's: its arguments are those behind the tensor.
MODULES: dict[Any, Callable[..., nn.Module]] = {
    functional.relu: nn.ReLU,
    functional.relu6: nn.ReLU6,
    functional.leaky_relu: nn.LeakyReLU,
    functional.elu: nn.ELU,
    functional.silu: nn.SiLU,
    functional.gelu: nn.GELU,
    functional.softplus: nn.Softplus,
    functional.hardtanh: nn.Hardtanh,
    functional.softmax: nn.Softmax,
    functional.avg_pool2d: nn.AvgPool2d,
    functional.max_pool2d: nn.MaxPool2d,
    functional.adaptive_avg_pool2d: nn.AdaptiveAvgPool2d,
    functional.interpolate: nn.Upsample,
    functional.pixel_shuffle: nn.PixelShuffle,
    functional.tanh: nn.Tanh,
    functional.sigmoid: nn.Sigmoid,
    torch.relu: nn.ReLU,
    torch.tanh: nn.Tanh,
    torch.sigmoid: nn.Sigmoid,
    torch.softmax: nn.Softmax,
    torch.clamp: clamp,
    torch.clip: clamp,
    "relu": nn.ReLU,
    "relu_": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softmax": nn.Softmax,
    "clamp": clamp,
    "clamp_": clamp,
    "clip": clamp,
    "contiguous": nn.Identity,
}

# Functions of one tensor, for which there is no module.
PLAIN: dict[Any, Callable[[], str]] = {
    torch.exp: layer.exp,
    torch.sqrt: layer.sqrt,
    torch.square: layer.square,
    "exp": layer.exp,
    "sqrt": layer.sqrt,
    "square": layer.square,
}

SHAPES = (torch.flatten, torch.reshape, torch.squeeze, "flatten", "reshape", "view", "squeeze")
