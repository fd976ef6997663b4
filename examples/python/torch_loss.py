"""A loss written in PyTorch trains networks of libgan.

The discriminator judges each picture against the mean of the other kind (the relativistic average
of Jolicoeur-Martineau, 2018), and has a penalty on its slope at real pictures, by PyTorch's second
derivatives. Optimisers and averages are PyTorch's; only the networks are libgan's.

python torch_loss.py [STEPS]"""

import sys
from pathlib import Path

import torch
from torch.nn.functional import softplus

import libgan
import libgan.torch

CLOTHES = Path(__file__).resolve().parents[1] / "data/fashion-images.gz"
BATCH, LATENT = 32, 64


def relativistic(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    """That real pictures score above the mean of false ones, and false ones below."""
    return (softplus(fake.mean() - real).mean() + softplus(fake - real.mean()).mean()) / 2


def slope_penalty(scores: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    """The mean over samples of |gradient|^2."""
    (slope,) = torch.autograd.grad(scores.sum(), pictures, create_graph=True)
    return slope.flatten(1).square().sum(1).mean()


def main(steps: int) -> None:
    torch.manual_seed(3)
    torch.set_num_threads(1)  # the loss alone is PyTorch's: the processors are for libgan
    ctx = libgan.Context(seed=3)
    g = libgan.torch.Module(
        ctx.model("""input 64; dense 7*7*64 bias=no; reshape 7 7 64; batchnorm; relu
                     conv_transpose2d 32 kernel=4 stride=2 pad=1 bias=no; batchnorm; relu
                     conv_transpose2d 1 kernel=4 stride=2 pad=1; tanh""")
    )
    d = libgan.torch.Module(
        ctx.model("""input 28 28 1; conv2d 32 kernel=4 stride=2 pad=1; leaky_relu 0.2
                     conv2d 64 kernel=4 stride=2 pad=1; leaky_relu 0.2; dense 1""")
    )
    rules = [torch.optim.Adam(m.parameters(), lr=1e-3, betas=(0.5, 0.99)) for m in (g, d)]
    clothes = ctx.dataset("idx", path=CLOTHES)
    for step in range(steps):
        indices = torch.arange(step * BATCH, (step + 1) * BATCH) % len(clothes)
        real = torch.from_dlpack(clothes.read("image", indices)).permute(0, 3, 1, 2)
        real.requires_grad_()
        fake = g(torch.randn(BATCH, LATENT))

        scores = d(real)
        d_loss = relativistic(scores, d(fake.detach())) + slope_penalty(scores, real)
        rules[1].zero_grad()
        d_loss.backward()
        rules[1].step()

        g_loss = relativistic(d(fake), d(real.detach()).detach())
        rules[0].zero_grad()
        g_loss.backward()
        rules[0].step()
        if step % 20 == 19:
            print(f"step {step + 1}: discriminator {d_loss:.3f}, generator {g_loss:.3f}")
    with torch.no_grad():
        pictures = g.eval()(torch.randn(64, LATENT)).permute(0, 2, 3, 1)
    libgan.image.save(libgan.image.sheet(pictures), "torch_loss.png")
    g.to_model().save("torch_generator.safetensors")
    print("wrote torch_loss.png, torch_generator.safetensors")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
