"""Holds the evidence that a recipe of vae reaches on held-out pictures beside PyTorch's.

    python compare_vae.py BUILD/libgan.so [RECIPE] [--steps 0] [--seeds 3] [--threads 2]

For each seed libgan makes the recipe's networks and saves them; PyTorch builds the same ones from the texts
in that file and starts from its weights. Both make the recipe's number of steps (or --steps) on the first
9,000 of the bundled pictures, each with batches and noise of its own. One and the same evaluation, in
PyTorch, then bounds -log p(x) of the other 1,000 from above, in nats in a picture, with 16 fixed draws of z
for each: the negative evidence lower bound.

Printed are both means over the seeds, their ratio, and the mean relative difference with its 95 % interval
(Student's t over the seeds). The exit code is 1 unless that interval lies within 1 %.
Needs PyTorch, NumPy and safetensors.
"""
import argparse
import ctypes
import gzip
import math
import os
import statistics
import struct
import sys
import tempfile
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # else threads that wait take the time of a busy machine

import numpy
import torch
from safetensors import safe_open
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PICTURES = f"{SOURCE}/examples/data/fashion-images.gz"
RECIPE = f"{SOURCE}/examples/recipes/fashion-vae.recipe"
TRAINED, DRAWS, BOUND = 9000, 16, 0.01
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}  # 97.5 %


def read_pictures():
    """(N, 1, H, W), in [-1, 1]."""
    with gzip.open(PICTURES) as file:
        bytes = file.read()
    _, n, h, w = struct.unpack(">IIII", bytes[:16])
    pictures = numpy.frombuffer(bytes, numpy.uint8, offset=16).reshape(n, 1, h, w)
    return torch.from_numpy(pictures.astype(numpy.float32) / 127.5 - 1)


# ---- the same network in PyTorch ----

class Dense(nn.Linear):
    def forward(self, x):
        return super().forward(x.flatten(1))


def make_layer(words, options, shape):
    """The layer, and the shape (C, H, W) that it makes of `shape`."""
    kind, filters = words[0], int(words[1]) if len(words) > 1 else 0
    c = shape[0]
    bias = options.get("bias") == "yes"
    window = [int(options.get(key, 0)) for key in ("kernel", "stride", "pad")]
    if kind == "dense":
        return Dense(math.prod(shape), filters, bias), (filters, 1, 1)
    if kind == "reshape":
        h, w, c = (int(word) for word in words[1:])
        return nn.Unflatten(1, (c, h, w)), (c, h, w)
    if kind in ("conv2d", "conv_transpose2d"):
        layer = (nn.Conv2d if kind == "conv2d" else nn.ConvTranspose2d)(c, filters, *window, bias=bias)
        return layer, tuple(layer(torch.zeros(1, *shape)).shape[1:])
    if kind == "batchnorm":
        norm = nn.BatchNorm1d if shape[1:] == (1, 1) else nn.BatchNorm2d
        return norm(c, eps=float(options["eps"]), momentum=float(options["momentum"])), shape
    return {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[kind](), shape


class Network(nn.Module):
    """What a text of libgan describes: a row of layers, named by their place unless they have a name."""
    def __init__(self, text):
        super().__init__()
        self.rows, self.outputs, shapes, last = [], [], {}, "input"
        for line in text.splitlines():
            name, _, statement = line.rpartition(" = ")
            statement, _, source = statement.partition(" from ")
            words = [word for word in statement.split() if "=" not in word]
            options = dict(word.split("=") for word in statement.split() if "=" in word)
            if not words:
                continue
            if words[0] == "input":
                numbers = [int(word) for word in words[1:]]
                shapes["input"] = (numbers[-1], *numbers[:-1]) if len(numbers) == 3 else (*numbers, 1, 1)
            elif words[0] == "output":
                self.outputs = words[1:]
            else:
                source, name = source or last, name or str(len(self.rows))
                layer, shapes[name] = make_layer(words, options, shapes[source])
                self.add_module(name, layer)
                self.rows.append((name, source))
                last = name
        self.outputs = self.outputs or [last]

    def forward(self, x):
        values = {"input": x}
        for name, source in self.rows:
            values[name] = getattr(self, name)(values[source])
        return [values[name] for name in self.outputs]


class Vae:
    """The networks of a checkpoint, and what its trainer descends."""
    def __init__(self, path):
        with safe_open(path, "pt") as file:
            notes = file.metadata()
            words = dict(word.split("=") for word in notes["gan.text"].split() if "=" in word)
            self.nets = {role: Network(notes[f"gan.model.{role}"]) for role in ("encoder", "decoder")}
            for role, net in self.nets.items():
                start = f"model.{role}."
                net.load_state_dict({name[len(start):]: file.get_tensor(name) for name in file.keys()
                                     if name.startswith(start)})
        self.beta, self.deviation, self.batch = float(words["beta"]), float(words["deviation"]), int(words["batch"])
        self.bernoulli = words["likelihood"] == "bernoulli"
        self.optimizer = notes["gan.optimizer.autoencoder"]

    def code(self, x):
        mean, log_variance = self.nets["encoder"](x)
        kl = (mean ** 2 + log_variance.exp() - 1 - log_variance).sum() / 2
        return mean, torch.exp(log_variance / 2), kl

    def reconstruction(self, x, z):
        decoded = self.nets["decoder"](z)[0].reshape(x.shape)
        if self.bernoulli:
            return binary_cross_entropy_with_logits(decoded, (x + 1) / 2, reduction="sum")
        return mse_loss(decoded, x, reduction="sum") / (2 * self.deviation ** 2)

    def train(self, pictures, steps, seed):
        words = self.optimizer.split()
        options = dict(word.split("=") for word in words[1:])
        assert words[0] == "adam" and options["schedule"] == "constant" and options["clip"] == "0"
        parameters = [p for net in self.nets.values() for p in net.parameters()]
        adam = torch.optim.Adam(parameters, float(options["lr"]), (float(options["beta1"]), float(options["beta2"])),
                                float(options["eps"]), float(options["weight_decay"]), fused=True)
        random = torch.Generator().manual_seed(seed)
        order = torch.empty(0, dtype=torch.long)
        for _ in range(steps):
            if len(order) < self.batch:
                order = torch.cat((order, torch.randperm(len(pictures), generator=random)))
            x, order = pictures[order[:self.batch]], order[self.batch:]
            adam.zero_grad()
            mean, deviation, kl = self.code(x)
            z = mean + deviation * torch.randn(mean.shape, generator=random)
            loss = (self.reconstruction(x, z) + self.beta * kl) / len(x)
            loss.backward()
            adam.step()

    @torch.no_grad()
    def evidence(self, pictures, draws=DRAWS):
        for net in self.nets.values():
            net.eval()
        random = torch.Generator().manual_seed(1)
        mean, deviation, kl = self.code(pictures)
        losses = [self.reconstruction(pictures, mean + deviation * torch.randn(mean.shape, generator=random))
                  for _ in range(draws)]
        return ((sum(losses) / draws + kl) / len(pictures)).item()


# ---- libgan ----

class Library:
    def __init__(self, path):
        self.calls = ctypes.CDLL(path)
        self.calls.gan_context_message.restype = ctypes.c_char_p
        self.context = ctypes.c_void_p()

    def must(self, name, *arguments):
        if getattr(self.calls, name)(*arguments):
            sys.exit(f"{name}: {self.calls.gan_context_message(self.context).decode()}")

    def train(self, recipe_path, seed, threads, steps, start, end):
        """Saves the trainer before and after `steps` (0: the recipe's), and returns how many that were."""
        recipe, trainer = ctypes.c_void_p(), ctypes.c_void_p()
        by = ctypes.byref
        self.must("gan_context_create", by(self.context), f"threads={threads} seed={seed}".encode(), None, None, 0)
        self.must("gan_recipe_load", by(recipe), self.context, recipe_path.encode())
        value = ctypes.create_string_buffer(32)
        self.must("gan_recipe_option", recipe, b"run.steps", value, ctypes.c_size_t(32))
        steps = steps or int(value.value)
        self.must("gan_recipe_trainer", by(trainer), recipe, self.context, None)
        self.must("gan_trainer_save", trainer, start.encode())
        self.must("gan_trainer_run", trainer, ctypes.c_int64(steps), None, None)
        self.must("gan_trainer_save", trainer, end.encode())
        self.calls.gan_trainer_release(trainer)
        self.calls.gan_recipe_release(recipe)
        self.calls.gan_context_release(self.context)
        return steps


def compare(library, recipe, seed, threads, steps, folder):
    """The losses of libgan and of PyTorch."""
    start, end = f"{folder}/start.safetensors", f"{folder}/end.safetensors"
    pictures = read_pictures()
    clock = [time.perf_counter()]
    steps = library.train(recipe, seed, threads, steps, start, end)
    clock.append(time.perf_counter())
    theirs = Vae(start)
    begun = theirs.evidence(pictures[TRAINED:], 1)
    for net in theirs.nets.values():
        net.train()
    theirs.train(pictures[:TRAINED], steps, seed)
    clock.append(time.perf_counter())
    losses = [net.evidence(pictures[TRAINED:]) for net in (Vae(end), theirs)]
    print(f"seed {seed}: {steps} steps from {begun:.2f}: libgan {losses[0]:.2f} in {clock[1] - clock[0]:.0f} s, "
          f"PyTorch {losses[1]:.2f} in {clock[2] - clock[1]:.0f} s", flush=True)
    return losses


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", help="the shared library")
    parser.add_argument("recipe", nargs="?", default=RECIPE)
    parser.add_argument("--steps", type=int, default=0, help="0: the recipe's")
    parser.add_argument("--seeds", type=int, default=3, choices=STUDENT)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    library = Library(os.path.abspath(a.library))
    with tempfile.TemporaryDirectory() as folder:
        pairs = [compare(library, a.recipe, seed, a.threads, a.steps, folder) for seed in range(1, a.seeds + 1)]
    ours, theirs = (statistics.mean(values) for values in zip(*pairs))
    shares = [x / y - 1 for x, y in pairs]
    mean = statistics.mean(shares)
    half = STUDENT[a.seeds] * statistics.stdev(shares) / math.sqrt(a.seeds)
    within = -BOUND <= mean - half and mean + half <= BOUND
    print(f"held-out loss: libgan {ours:.2f}, PyTorch {theirs:.2f} nats, ratio {ours / theirs:.4f}; difference "
          f"{100 * mean:+.2f} % [{100 * (mean - half):+.2f} .. {100 * (mean + half):+.2f}]: "
          f"{'within' if within else 'NOT within'} {100 * BOUND:.0f} %")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
