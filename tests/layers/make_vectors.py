"""Writes vectors.h: what PyTorch computes, in double, for test_layers_torch.c.

    python make_vectors.py > vectors.h

Inputs and parameters are the numbers of mixed() in harness.h, so only results are stored, and of
each array only its products with two streams of such numbers.
"""
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


def mixed(stream, count):
    i = np.arange(count, dtype=np.uint64)
    h = (i * 0x9E3779B1 + stream * 0x85EBCA77) & 0xFFFFFFFF
    h ^= h >> np.uint64(16)
    h = (h * 0x7FEB352D) & 0xFFFFFFFF
    h ^= h >> np.uint64(15)
    h = (h * 0x846CA68B) & 0xFFFFFFFF
    h ^= h >> np.uint64(16)
    return ((h >> np.uint64(8)).astype(np.float64) / 8388608.0) - 1.0


def products(array):
    flat = np.asarray(array, dtype=np.float64).reshape(-1)
    return [float(np.dot(flat, mixed(s, flat.size))) for s in (201, 202)]


def nhwc(t):
    if t.dim() == 4:
        t = t.permute(0, 2, 3, 1)
    return t.detach().contiguous().numpy()


class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *x):
        return self.function(*x)


class Picture(nn.Module):
    """A vector that comes out as a 1x1 picture."""

    def __init__(self, *inner):
        super().__init__()
        self.inner = nn.Sequential(*inner)

    def forward(self, x):
        y = self.inner(x)
        return y.reshape(y.shape[0], -1, 1, 1)


def layer_of(picture):
    return picture.inner[-1]


def stddev(x, group=4):
    n, c, h, w = x.shape
    g = min(group, n)
    y = x.reshape(g, n // g, c, h, w)
    y = y - y.mean(dim=0)
    y = (y.square().mean(dim=0) + 1e-8).sqrt().mean(dim=[1, 2, 3])
    y = y.reshape(1, -1, 1, 1, 1).expand(g, -1, 1, h, w).reshape(n, 1, h, w)
    return torch.cat([x, y], dim=1)


sn = nn.utils.spectral_norm
P = (2, 5, 6, 4)  # N, H, W, C
Q = (4, 3, 4, 6)
V = (5, 1, 1, 12)

CASES = [
    ("dense 7", [V], Picture(nn.Flatten(), nn.Linear(12, 7))),
    ("dense 5", [P], Picture(nn.Flatten(), nn.Linear(120, 5))),
    ("conv2d 8", [P], nn.Conv2d(4, 8, 3)),
    ("conv2d 8 kernel=4 stride=2 pad=1 bias=no", [(2, 8, 8, 3)],
     nn.Conv2d(3, 8, 4, 2, 1, bias=False)),
    ("conv2d 6 kernel=3x5 pad=1,2,1,2 groups=2 dilation=2x1", [P],
     nn.Conv2d(4, 6, (3, 5), padding=(1, 2), groups=2, dilation=(2, 1))),
    ("conv2d 3 kernel=3 pad=reflect:1", [P], nn.Conv2d(4, 3, 3, padding=1, padding_mode="reflect")),
    ("conv2d 3 kernel=3 stride=2 pad=replicate:1", [P],
     nn.Conv2d(4, 3, 3, 2, padding=1, padding_mode="replicate")),
    ("conv_transpose2d 5 kernel=4 stride=2 pad=1", [P], nn.ConvTranspose2d(4, 5, 4, 2, 1)),
    ("conv_transpose2d 8 kernel=4 bias=no", [V], nn.ConvTranspose2d(12, 8, 4, bias=False)),
    ("conv_transpose2d 6 kernel=3 stride=2 pad=1 output_pad=1 groups=2", [P],
     nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2)),
    ("conv_transpose2d 4 stride=3 dilation=2x1 output_pad=2", [P],
     nn.ConvTranspose2d(4, 4, 3, 3, 0, 2, dilation=(2, 1))),
    ("dense 6 spectral=yes", [V], Picture(nn.Flatten(), sn(nn.Linear(12, 6)))),
    ("dense 6 spectral=yes", [P], Picture(nn.Flatten(), sn(nn.Linear(120, 6)))),
    ("conv2d 6 kernel=3 pad=1 spectral=yes", [P], sn(nn.Conv2d(4, 6, 3, 1, 1))),
    ("conv_transpose2d 5 kernel=4 stride=2 pad=1 spectral=yes bias=no", [P],
     sn(nn.ConvTranspose2d(4, 5, 4, 2, 1, bias=False))),
    ("!conv2d 6 kernel=3 spectral=yes", [P], sn(nn.Conv2d(4, 6, 3))),
    ("!conv_transpose2d 6 kernel=3 spectral=yes", [P], sn(nn.ConvTranspose2d(4, 6, 3))),
    ("batchnorm", [Q], nn.BatchNorm2d(6)),
    ("batchnorm momentum=0.3 eps=1e-3", [Q], nn.BatchNorm2d(6, eps=1e-3, momentum=0.3)),
    ("batchnorm affine=no", [Q], nn.BatchNorm2d(6, affine=False)),
    ("!batchnorm", [Q], nn.BatchNorm2d(6)),
    ("instancenorm", [Q], nn.InstanceNorm2d(6)),
    ("instancenorm affine=yes", [Q], nn.InstanceNorm2d(6, affine=True)),
    ("groupnorm 3", [Q], nn.GroupNorm(3, 6)),
    ("layernorm", [Q], nn.LayerNorm([6, 3, 4])),
    ("layernorm affine=no", [Q], nn.LayerNorm([6, 3, 4], elementwise_affine=False)),
    ("relu", [P], nn.ReLU()),
    ("leaky_relu", [P], nn.LeakyReLU()),
    ("leaky_relu 0.2", [P], nn.LeakyReLU(0.2)),
    ("prelu", [P], nn.PReLU()),
    ("prelu per_channel=yes", [P], nn.PReLU(4)),
    ("elu", [P], nn.ELU()),
    ("silu", [P], nn.SiLU()),
    ("gelu", [P], nn.GELU()),
    ("exp", [P], Lambda(torch.exp)),
    ("softplus", [P], nn.Softplus()),
    ("square", [P], Lambda(torch.square)),
    ("sqrt", [P], Lambda(torch.sqrt)),
    ("clamp 0.1 3", [P], Lambda(lambda x: torch.clamp(x, 0.1, 3))),
    ("clamp -0.5 0.25", [P], Lambda(lambda x: torch.clamp(x, -0.5, 0.25))),
    ("affine 0.5 -3", [P], Lambda(lambda x: 0.5 * x - 3)),
    ("tanh", [P], nn.Tanh()),
    ("sigmoid", [P], nn.Sigmoid()),
    ("softmax", [P], nn.Softmax(dim=1)),
    ("pad 1,2,0,3", [P], nn.ZeroPad2d((2, 3, 1, 0))),
    ("pad reflect:3", [P], nn.ReflectionPad2d(3)),
    ("pad replicate:2,1,3,0", [P], nn.ReplicationPad2d((1, 0, 2, 3))),
    ("upsample 2x3", [P], nn.Upsample(scale_factor=(2, 3))),
    ("upsample 2 mode=bilinear", [P], nn.Upsample(scale_factor=2, mode="bilinear")),
    ("upsample 3 mode=bilinear align_corners=yes", [P],
     nn.Upsample(scale_factor=3, mode="bilinear", align_corners=True)),
    ("avgpool 2", [P], nn.AvgPool2d(2)),
    ("avgpool 3 stride=2 pad=1", [P], nn.AvgPool2d(3, 2, 1)),
    ("avgpool 3x2 stride=1 pad=1 count_pad=no", [P],
     nn.AvgPool2d((3, 2), 1, 1, count_include_pad=False)),
    ("maxpool 2", [P], nn.MaxPool2d(2)),
    ("maxpool 3x4 stride=2x1 pad=1,2,1,2", [P], nn.MaxPool2d((3, 4), (2, 1), (1, 2))),
    ("global_avgpool", [P], nn.AdaptiveAvgPool2d(1)),
    ("flatten", [P], Picture(nn.Flatten())),
    ("reshape 3 2 20", [P], Lambda(lambda x: x.reshape(-1, 20, 3, 2))),
    ("concat", [P, (2, 1, 1, 3), (2, 5, 6, 2)],
     Lambda(lambda a, b, c: torch.cat([a, b.expand(-1, -1, 5, 6), c], dim=1))),
    ("add", [P, P], Lambda(lambda a, b: a + b)),
    ("multiply", [P, (2, 1, 1, 4)], Lambda(lambda a, b: a * b)),
    ("multiply", [P, (2, 1, 1, 1)], Lambda(lambda a, b: a * b)),
    ("multiply", [(2, 5, 6, 1), P], Lambda(lambda a, b: a * b)),
    ("add", [P, (2, 1, 1, 1)], Lambda(lambda a, b: a + b)),
    ("add", [(2, 5, 6, 1), (2, 1, 1, 4)], Lambda(lambda a, b: a + b)),
    ("minibatch_stddev", [(8, 3, 2, 3)], Lambda(stddev)),
    ("pixel_shuffle 2", [P], nn.PixelShuffle(2)),
]


def run(statement, shapes, module):
    training = not statement.startswith("!")
    module.train(training)
    inputs = []
    for i, shape in enumerate(shapes):
        values = mixed(i + 1, int(np.prod(shape))).reshape(shape)
        if statement == "sqrt":
            values = np.abs(values) + 0.125
        x = torch.tensor(values).permute(0, 3, 1, 2)
        inputs.append(x.contiguous().requires_grad_())
    tensors = dict(module.named_parameters())
    names = [n.split(".")[-1] for n in tensors]
    tensors.update({n: b for n, b in module.named_buffers() if not n.endswith("batches_tracked")})
    short = [n.split(".")[-1] for n in tensors]
    for name, t in zip(short, tensors.values()):
        # A stream for each name; variances are positive.
        values = mixed(sum(ord(c) for c in name), t.numel()).reshape(t.shape)
        with torch.no_grad():
            t.copy_(torch.tensor(values + (1.5 if "var" in name else 0.0)))
    y = module(*inputs)
    shape = (y.shape[0], y.shape[2], y.shape[3], y.shape[1])
    dy = torch.tensor(mixed(50, y.numel()).reshape(shape)).permute(0, 3, 1, 2)
    y.backward(dy)
    rows = [("y", y.detach())]
    rows += [("x%d" % i, x.grad) for i, x in enumerate(inputs)]
    arrays = [(n, nhwc(t)) for n, t in rows]
    for name, t in zip(short, tensors.values()):
        arrays.append((name, (t.grad if name in names else t).detach().numpy()))
    text = ",\n      ".join('{"%s", {%.12g, %.12g}}' % ((n,) + tuple(products(a)))
                            for n, a in arrays)
    sides = ", ".join("{%d, %d, %d, %d}" % s for s in shapes)
    print('    {"%s", %d, {%s}, %d,\n     {%s}},' %
          (statement.lstrip("!"), training, sides, len(shapes), text))


version = torch.__version__.split("+")[0]
print("/* Made by make_vectors.py with PyTorch %s. Do not edit. */" % version)
print("static const struct vector vectors[] = {")
for case in CASES:
    run(*case)
print("};")
