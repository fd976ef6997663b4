"""Writes updates.h: what torch.optim does to eight weights in six steps, computed in double.

    python make_updates.py > updates.h
"""
import textwrap

import torch

CASES = [
    ("sgd lr=0.1", torch.optim.SGD, dict(lr=0.1)),
    ("sgd lr=0.1 momentum=0.9 weight_decay=0.01", torch.optim.SGD,
     dict(lr=0.1, momentum=0.9, weight_decay=0.01)),
    ("sgd lr=0.05 momentum=0.9 nesterov=yes", torch.optim.SGD,
     dict(lr=0.05, momentum=0.9, nesterov=True)),
    ("sgd lr=0.05 momentum=0.8 dampening=0.5", torch.optim.SGD,
     dict(lr=0.05, momentum=0.8, dampening=0.5)),
    ("rmsprop", torch.optim.RMSprop, dict()),
    ("rmsprop lr=5e-5 alpha=0.9", torch.optim.RMSprop, dict(lr=5e-5, alpha=0.9)),
    ("rmsprop momentum=0.5 centered=yes eps=1e-6 weight_decay=0.1", torch.optim.RMSprop,
     dict(momentum=0.5, centered=True, eps=1e-6, weight_decay=0.1)),
    ("adam", torch.optim.Adam, dict()),
    ("adam lr=2e-4 beta1=0.5", torch.optim.Adam, dict(lr=2e-4, betas=(0.5, 0.999))),
    ("adam lr=0.01 beta1=0 beta2=0.9 weight_decay=0.05 eps=1e-4", torch.optim.Adam,
     dict(lr=0.01, betas=(0.0, 0.9), weight_decay=0.05, eps=1e-4)),
    ("adam lr=0.01 clip=1", torch.optim.Adam, dict(lr=0.01, clip=1.0)),
    ("adamw", torch.optim.AdamW, dict()),
    ("adamw lr=0.02 weight_decay=0.3", torch.optim.AdamW, dict(lr=0.02, weight_decay=0.3)),
]
STEPS, COUNT = 6, 8

generator = torch.Generator().manual_seed(1)
weights = torch.randn(COUNT, generator=generator).double()
gradients = (torch.randn(STEPS, COUNT, generator=generator) * 2).double()
gradients[2] *= 1e-3
gradients[4, :3] = 0


def numbers(values):
    text = ", ".join(repr(float(v)) for v in values)
    return "\n     ".join(textwrap.wrap(text, 90))


def run(kind, options):
    options = dict(options)
    clip = options.pop("clip", None)
    parameter = torch.nn.Parameter(weights.clone())
    optimizer = kind([parameter], **options)
    for step in range(STEPS):
        parameter.grad = gradients[step].clone()
        if clip:
            torch.nn.utils.clip_grad_norm_([parameter], clip)
        optimizer.step()
    return parameter.detach()


print("/* updates.h: made by make_updates.py with PyTorch %s. */" % torch.__version__.split("+")[0])
print("enum { UPDATE_STEPS = %d, UPDATE_COUNT = %d };" % (STEPS, COUNT))
print("static const double update_weights[UPDATE_COUNT] = {\n    %s};" % numbers(weights))
print("static const double update_gradients[UPDATE_STEPS][UPDATE_COUNT] = {")
for row in gradients:
    print("    {%s}," % numbers(row))
print("};")
print("static const struct update_case {\n    const char *spec;\n    double after[UPDATE_COUNT];\n} update_cases[] = {")
for spec, kind, options in CASES:
    print('    {"%s",\n     {%s}},' % (spec, numbers(run(kind, options))))
print("};")
