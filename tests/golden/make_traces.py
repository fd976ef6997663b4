"""Makes the golden traces: five steps of GAN training in PyTorch, computed in double.

    python make_traces.py            (PyTorch 2.13, safetensors)

One file for each net. For step S it holds, as float32:
    S.real, S.noise                      the batch (N, H, W, C) and z (N, C)
    S.weight.ROLE.NAME                   every parameter and buffer before the step
    S.m.ROLE.NAME, S.v.ROLE.NAME         Adam's moments before the step
    S.gradient.ROLE.NAME                 the gradient of the step
    S.loss                               loss of D, loss of G
The step is the one of the gan trainer with reuse=yes: D on real, D on fakes, D's Adam, G's Adam on the
same fakes. The nets have the shapes of DCGAN-28 and of the MLP GAN with fewer channels, so that the
files stay small.
"""
import sys
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from safetensors.torch import save_file

BATCH, STEPS, LATENT = 6, 5, 10


def dcgan28():
    g = nn.Sequential(
        nn.ConvTranspose2d(LATENT, 12, 7, bias=False), nn.BatchNorm2d(12), nn.ReLU(),
        nn.ConvTranspose2d(12, 6, 4, 2, 1, bias=False), nn.BatchNorm2d(6), nn.ReLU(),
        nn.ConvTranspose2d(6, 1, 4, 2, 1, bias=False), nn.Tanh())
    d = nn.Sequential(
        nn.Conv2d(1, 6, 4, 2, 1, bias=False), nn.LeakyReLU(0.2),
        nn.Conv2d(6, 12, 4, 2, 1, bias=False), nn.BatchNorm2d(12), nn.LeakyReLU(0.2),
        nn.Conv2d(12, 1, 7, bias=False))
    return g, d, (BATCH, LATENT, 1, 1)


def mlp():
    g = nn.Sequential(
        nn.Linear(LATENT, 16), nn.LeakyReLU(0.2), nn.Linear(16, 24), nn.LeakyReLU(0.2),
        nn.Linear(24, 196), nn.Tanh(), nn.Unflatten(1, (1, 14, 14)))
    d = nn.Sequential(
        nn.Flatten(), nn.Linear(196, 24), nn.LeakyReLU(0.2), nn.Linear(24, 16), nn.LeakyReLU(0.2),
        nn.Linear(16, 1))
    return g, d, (BATCH, LATENT)


def record(trace, step, roles):
    for role, (net, adam) in roles.items():
        for name, value in net.state_dict().items():
            trace[f"{step}.weight.{role}.{name}"] = value.clone()
        for name, p in net.named_parameters():
            state = adam.state.get(p, {})
            trace[f"{step}.m.{role}.{name}"] = state.get("exp_avg", torch.zeros_like(p)).clone()
            trace[f"{step}.v.{role}.{name}"] = state.get("exp_avg_sq", torch.zeros_like(p)).clone()


def record_gradients(trace, step, role, net):
    for name, p in net.named_parameters():
        trace[f"{step}.gradient.{role}.{name}"] = p.grad.clone()


def run(make, size):
    torch.manual_seed(1)
    g, d, z_shape = make()
    for net in (g, d):
        for m in net.modules():
            if isinstance(m, nn.BatchNorm2d):
                nn.init.normal_(m.weight, 1.0, 0.02)
            elif isinstance(m, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.normal_(m.weight, 0.0, 0.1)
        net.double()
    # What float32 stores is what the trace starts from.
    for net in (g, d):
        for v in net.state_dict().values():
            if v.is_floating_point():
                v.copy_(v.float().double())
    adams = [torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in (g, d)]
    roles = {"generator": (g, adams[0]), "discriminator": (d, adams[1])}
    trace = {}
    ones, zeros = torch.ones, torch.zeros
    for step in range(STEPS):
        real = torch.rand(BATCH, 1, size, size).mul(2).sub(1).double()
        z = torch.randn(z_shape).double()
        record(trace, step, roles)
        trace[f"{step}.real"] = real.permute(0, 2, 3, 1).contiguous()
        trace[f"{step}.noise"] = z.reshape(BATCH, LATENT).clone()

        d.zero_grad()
        fake = g(z)
        r, f = d(real).flatten(), d(fake.detach()).flatten()
        loss_d = bce(r, ones(BATCH).double()) + bce(f, zeros(BATCH).double())
        loss_d.backward()
        record_gradients(trace, step, "discriminator", d)
        adams[1].step()

        g.zero_grad()
        loss_g = bce(d(fake).flatten(), ones(BATCH).double())
        loss_g.backward()
        record_gradients(trace, step, "generator", g)
        adams[0].step()
        trace[f"{step}.loss"] = torch.stack([loss_d.detach(), loss_g.detach()])
    record(trace, STEPS, roles)
    return {k: (v.float() if v.is_floating_point() else v).contiguous() for k, v in trace.items()}


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    for name, make, size in (("dcgan28", dcgan28, 28), ("mlp", mlp, 14)):
        save_file(run(make, size), f"{folder}/{name}.safetensors", {"torch": torch.__version__})
