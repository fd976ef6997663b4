"""Makes the small files of test_persist.c and test_weights.c with PyTorch, or checks a file that libgan saved.

    python make_state_dict.py                 writes state_dict*.safetensors
    python make_state_dict.py FILE            a strict load of FILE must give the same state and pass
"""

import os
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file
from torch import nn

HERE = pathlib.Path(__file__).parent


def network():
    """The text of it stands in test_persist.c."""
    spectral = nn.utils.spectral_norm
    return nn.Sequential(
        spectral(nn.Conv2d(3, 8, 3, stride=2, padding=1)),
        nn.BatchNorm2d(8),
        nn.LeakyReLU(0.2),
        nn.Conv2d(8, 12, (3, 2), groups=2, bias=False),
        nn.InstanceNorm2d(12, affine=True),
        nn.PReLU(),
        nn.Sequential(nn.Conv2d(12, 12, 1), nn.GroupNorm(3, 12), nn.ReLU()),
        nn.Flatten(),
        nn.Linear(12 * 2 * 3, 36),
        nn.LayerNorm(36),
        nn.Tanh(),
        nn.Unflatten(1, (4, 3, 3)),
        nn.ConvTranspose2d(4, 6, 4, stride=2, padding=1, groups=2),
        nn.LayerNorm((6, 6, 6)),
        nn.Flatten(),
        spectral(nn.Linear(216, 5)),
    )


def spectral_network():
    """Both forms side by side; the transposed one takes its norm along dimension 1."""
    new = nn.utils.parametrizations.spectral_norm
    old = nn.utils.spectral_norm
    return nn.Sequential(
        new(nn.Conv2d(3, 5, (3, 2), padding=1)),
        nn.LeakyReLU(0.2),
        new(nn.ConvTranspose2d(5, 4, 4, stride=2, padding=1, bias=False)),
        nn.LeakyReLU(0.2),
        old(nn.ConvTranspose2d(4, 2, 3)),
        nn.Flatten(),
        new(nn.Linear(2 * 10 * 12, 6)),
        old(nn.Linear(6, 3)),
    )


def plain_network():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2))


class Block(nn.Module):
    """A residual block whose layers are called as in the code of CycleGAN's authors."""

    def __init__(self, width):
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width), nn.ReLU(),
            nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width),
        )

    def forward(self, x):
        return x + self.conv_block(x)


class Translator(nn.Module):
    """Their generator, small: the names begin with "model."."""

    def __init__(self, width=3, blocks=2):
        super().__init__()
        w = width
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, w, 7), nn.InstanceNorm2d(w), nn.ReLU()]
        for i in (w, 2 * w):
            layers += [nn.Conv2d(i, 2 * i, 3, stride=2, padding=1), nn.InstanceNorm2d(2 * i), nn.ReLU()]
        layers += [Block(4 * w) for _ in range(blocks)]
        for i in (4 * w, 2 * w):
            layers += [nn.ConvTranspose2d(i, i // 2, 3, stride=2, padding=1, output_padding=1),
                       nn.InstanceNorm2d(i // 2), nn.ReLU()]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(w, 3, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


def distributed_state(net):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29511")
    torch.distributed.init_process_group("gloo", rank=0, world_size=1)
    state = nn.parallel.DistributedDataParallel(net).state_dict()
    torch.distributed.destroy_process_group()
    return state


def save_state(name, state):
    save_file({k: v.clone().contiguous() for k, v in state.items()}, HERE / f"state_dict_{name}.safetensors")


def save_forms():
    """The files of test_weights.c; state_dict_forms has the input and the output of each network."""
    torch.manual_seed(5)
    passes = {}
    spectral, plain, translator = spectral_network(), plain_network(), Translator()
    nets = {"spectral": (spectral, (3, 4, 4)), "plain": (plain, (3, 4, 4)), "cyclegan": (translator, (3, 16, 16))}
    for name, (net, shape) in nets.items():
        x = torch.randn(2, *shape)
        net.train()
        for _ in range(3):
            net(x)
        net.eval()
        with torch.no_grad():
            passes[f"{name}.x"], passes[f"{name}.y"] = x, net(x)
    save_state("spectral", spectral.state_dict())
    save_state("ddp", distributed_state(plain))
    save_state("compiled", torch.compile(plain).state_dict())
    save_state("cyclegan", translator.state_dict())
    types = [torch.float64, torch.float16, torch.bfloat16, torch.float64, torch.float32, torch.int32, torch.float16]
    mixed = [v.to(t) for v, t in zip(plain.state_dict().values(), types + [torch.bfloat16] * 2)]
    save_state("mixed", dict(zip(plain.state_dict(), mixed)))
    for name, norm in (("new", nn.utils.parametrizations.weight_norm), ("old", nn.utils.weight_norm)):
        save_state(f"weight_norm_{name}", nn.Sequential(norm(nn.Linear(4, 3))).state_dict())
    save_file(passes, HERE / "state_dict_forms.safetensors")


def main():
    torch.manual_seed(3)
    net = network()
    x = torch.randn(2, 3, 8, 8)
    net.train()
    net(x)
    net(torch.randn(4, 3, 8, 8))
    with torch.no_grad():
        for p in net.parameters():
            p.add_(torch.randn_like(p) * 0.1)
    net.eval()
    if len(sys.argv) == 1:
        save_file(net.state_dict(), HERE / "state_dict.safetensors")
        with torch.no_grad():
            y = net(x)
        save_file({"x": x, "y": y}, HERE / "state_dict_pass.safetensors")
        print("\n".join(f"{k} {list(v.shape)}" for k, v in net.state_dict().items()))
        save_forms()
        return
    other = network()
    other.load_state_dict(load_file(sys.argv[1]), strict=True)
    other.eval()
    for (name, a), b in zip(net.state_dict().items(), other.state_dict().values()):
        assert a.dtype == b.dtype and torch.equal(a, b), name
    assert torch.equal(net(x), other(x))
    print("equal")


main()
