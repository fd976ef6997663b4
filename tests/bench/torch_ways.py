"""What the PyTorch sides of the steps have in common: a way to run networks, optimisers, scores against a target."""
import random

import torch
from torch import nn
from torch.nn.functional import mse_loss


class Way:
    """One memory layout, compiled or not; `networks` are those that it was given, parts in each that has them."""
    def __init__(self, channels_last, compiled):
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.compiled, self.networks = compiled, []
        self.name = ("channels_last" if channels_last else "NCHW") + (" compiled" if compiled else "")

    def lay(self, *networks):
        self.networks += networks
        for network in networks:
            network.to(memory_format=self.format)
        return networks

    def run(self, *networks):
        """As they are called: optimisers and requires_grad_ have to do with the others."""
        return [torch.compile(network) for network in networks] if self.compiled else networks

    def pictures(self, *shape):
        made = torch.rand(shape) * 2 - 1
        return made.contiguous(memory_format=self.format) if len(shape) == 4 else made

    def weights(self):
        return sum(p.numel() for network in self.networks for p in network.parameters())


def parameters(networks):
    """Each once, whatever shares it."""
    return list(dict.fromkeys(p for network in networks for p in network.parameters()))


def adam(*networks, rate=2e-4, betas=(0.5, 0.999), decay=0):
    return torch.optim.Adam(parameters(networks), rate, betas, weight_decay=decay, fused=True)


def against(score, target):
    return mse_loss(score, torch.full_like(score, target))


def freeze(networks, frozen=True):
    for network in networks:
        network.requires_grad_(not frozen)


class Block(nn.Module):
    """A residual block of 256 channels."""
    def __init__(self, reflect):
        super().__init__()
        conv = lambda: nn.Conv2d(256, 256, 3, padding=1, padding_mode="reflect" if reflect else "zeros")
        norm = lambda: nn.InstanceNorm2d(256)
        self.body = nn.Sequential(conv(), norm(), nn.ReLU(True), conv(), norm())

    def forward(self, x):
        return x + self.body(x)


class History:
    """The last fakes, as the reference program of CycleGAN keeps them."""
    def __init__(self, size=50):
        self.size, self.kept = size, []

    def query(self, picture):
        picture = picture.detach()
        if len(self.kept) < self.size:
            self.kept.append(picture.clone())
        elif random.random() > 0.5:
            place = random.randrange(self.size)
            picture, self.kept[place] = self.kept[place], picture.clone()
        return picture
