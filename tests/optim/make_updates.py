"""Writes updates.h: what torch.optim does to eight weights in six steps, and to two parameters of
eight weights that not every step reaches (their grad is None then), computed in double.

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
PAIR_CASES = [
    ("sgd lr=0.1 momentum=0.9 weight_decay=0.1 schedule=step:2,0.5", torch.optim.SGD,
     dict(lr=0.1, momentum=0.9, weight_decay=0.1, halves=2)),
    ("sgd lr=0.05 momentum=0.8 dampening=0.5 clip=2", torch.optim.SGD,
     dict(lr=0.05, momentum=0.8, dampening=0.5, clip=2.0)),
    ("rmsprop lr=0.02 weight_decay=0.1 momentum=0.5 centered=yes", torch.optim.RMSprop,
     dict(lr=0.02, weight_decay=0.1, momentum=0.5, centered=True)),
    ("adam lr=0.05 beta1=0.5 weight_decay=0.1 clip=1 schedule=step:2,0.5", torch.optim.Adam,
     dict(lr=0.05, betas=(0.5, 0.999), weight_decay=0.1, clip=1.0, halves=2)),
    ("adamw lr=0.05 weight_decay=0.3", torch.optim.AdamW, dict(lr=0.05, weight_decay=0.3)),
]
REACHED = [(1, 0), (1, 1), (0, 1), (1, 0), (0, 0), (1, 1)]
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


def set_pair_gradients(pair, step):
    """The second parameter has the numbers of the first, from the last to the first."""
    for parameter, reached, order in zip(pair, REACHED[step], (1, -1)):
        gradient = gradients[step] if order == 1 else gradients[step].flip(0)
        parameter.grad = gradient.clone() if reached else None


def run_pair(kind, options):
    options = dict(options)
    clip, halves = options.pop("clip", None), options.pop("halves", None)
    pair = [torch.nn.Parameter(weights.clone()), torch.nn.Parameter(weights.flip(0).clone())]
    optimizer = kind(pair, **options)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda t: 0.5 ** (t // halves) if halves else 1.0)
    for step in range(STEPS):
        set_pair_gradients(pair, step)
        if clip:
            torch.nn.utils.clip_grad_norm_(pair, clip)
        optimizer.step()
        schedule.step()
    return [p.detach() for p in pair]


def pair_norms():
    pair = [torch.nn.Parameter(weights.clone()), torch.nn.Parameter(weights.clone())]
    norms = []
    for step in range(STEPS):
        set_pair_gradients(pair, step)
        norms.append(torch.nn.utils.clip_grad_norm_(pair, 1e30))
    return norms


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
print("/* Which of two parameters each step reaches; the norm of the whole gradient then. */")
print("static const int update_reached[UPDATE_STEPS][2] = {\n    %s};"
      % ", ".join("{%d, %d}" % pair for pair in REACHED))
print("static const double update_pair_norms[UPDATE_STEPS] = {\n    %s};" % numbers(pair_norms()))
print("static const struct update_pair_case {\n    const char *spec;\n    double after[2][UPDATE_COUNT];\n} update_pair_cases[] = {")
for spec, kind, options in PAIR_CASES:
    print('    {"%s",\n     {%s}},'
          % (spec, ",\n      ".join("{%s}" % numbers(p) for p in run_pair(kind, options))))
print("};")
