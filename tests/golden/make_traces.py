"""Makes the golden traces: five steps of training in PyTorch, computed in double.

    python make_traces.py [FOLDER [NAME ...]]            (PyTorch 2.13 or later, safetensors)

One file for each net. For step S it holds, as float32:
    S.FEED                               what is fed: real samples (N, H, W, C), z or epsilon (N, C),
                                         of cgan all that is drawn otherwise
    S.weight.ROLE.NAME                   every parameter and buffer before the step
    S.m.ROLE.NAME, S.v.ROLE.NAME         Adam's moments before the step
    S.gradient.ROLE.NAME                 the gradient of the step
    S.loss                               what the trainer measures
Steps of gan are those with reuse=yes: D on real, D on fakes, D's Adam, G's Adam on the same fakes; the
losses are those of D and of G. Steps of vae are one Adam of both networks; the losses are the whole,
the reconstruction and the divergence. Steps of cgan draw noise and conditions anew for G; the first
trace has labels and a D of one score, the other one vectors and a D of two heads, both with batch
norm, whose batches are the real pairs and the fakes. The nets have the shapes of DCGAN-28, of the MLP GAN and of a
convolutional VAE with fewer channels, so that the files stay small.
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
    return {"generator": g, "discriminator": d}


def mlp():
    g = nn.Sequential(
        nn.Linear(LATENT, 16), nn.LeakyReLU(0.2), nn.Linear(16, 24), nn.LeakyReLU(0.2),
        nn.Linear(24, 196), nn.Tanh(), nn.Unflatten(1, (1, 14, 14)))
    d = nn.Sequential(
        nn.Flatten(), nn.Linear(196, 24), nn.LeakyReLU(0.2), nn.Linear(24, 16), nn.LeakyReLU(0.2),
        nn.Linear(16, 1))
    return {"generator": g, "discriminator": d}


class Encoder(nn.Module):
    """Two heads on one trunk, whose parameters are named as if they stood in one row."""
    def __init__(self, trunk, width, code):
        super().__init__()
        for i, layer in enumerate(trunk):
            self.add_module(str(i), layer)
        self.trunk_names = [str(i) for i in range(len(trunk))]
        self.mean, self.log_variance = nn.Linear(width, code), nn.Linear(width, code)

    def forward(self, x):
        for name in self.trunk_names:
            x = getattr(self, name)(x)
        return self.mean(x), self.log_variance(x)


def vae():
    encoder = Encoder([
        nn.Conv2d(1, 3, 4, 2, 1), nn.ReLU(),
        nn.Conv2d(3, 6, 4, 2, 1, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten()],
        6 * 3 * 3, LATENT)
    decoder = nn.Sequential(
        nn.Linear(LATENT, 6 * 3 * 3), nn.Unflatten(1, (6, 3, 3)), nn.ReLU(),
        nn.ConvTranspose2d(6, 3, 4, 2, 1, bias=False), nn.BatchNorm2d(3), nn.ReLU(),
        nn.ConvTranspose2d(3, 1, 4, 2, 1))
    return {"encoder": encoder, "decoder": decoder}


class CganG(nn.Module):
    """Makes pictures of 8x6 with two channels."""
    def __init__(self, condition):
        super().__init__()
        self.fc, self.n = nn.Linear(LATENT + condition, 6 * 4 * 3, bias=False), nn.BatchNorm2d(6)
        self.up = nn.ConvTranspose2d(6, 2, 4, 2, 1)

    def forward(self, z, c):
        h = self.fc(torch.cat([z, c], 1)).unflatten(1, (6, 4, 3))
        return self.up(self.n(h).relu()).tanh()


class CganD(nn.Module):
    """The condition joins the features; `two`: the match has a head of its own."""
    def __init__(self, condition, two):
        super().__init__()
        self.c1, self.n1 = nn.Conv2d(2, 6, 4, 2, 1, bias=False), nn.BatchNorm2d(6)
        self.c2, self.n2 = nn.Conv2d(6 + condition, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8)
        if two:
            self.realness = nn.Linear(6 * 4 * 3, 1)
        self.head = "match" if two else "score"
        self.add_module(self.head, nn.Linear(8 * 4 * 3, 1))
        self.two, self.act = two, nn.LeakyReLU(0.2)

    def forward(self, x, c):
        h = self.act(self.n1(self.c1(x)))
        tiled = c[:, :, None, None].expand(-1, -1, 4, 3)
        joined = self.act(self.n2(self.c2(torch.cat([h, tiled], 1))))
        said = getattr(self, self.head)(joined.flatten(1)).flatten()
        return (self.realness(h.flatten(1)).flatten(), said) if self.two else (said,)


def cgan_score():
    return {"generator": CganG(3), "discriminator": CganD(3, False)}


def cgan_heads():
    return {"generator": CganG(5), "discriminator": CganD(5, True)}


def record(trace, step, nets, adams):
    for role, net in nets.items():
        for name, value in net.state_dict().items():
            trace[f"{step}.weight.{role}.{name}"] = value.clone()
        for name, p in net.named_parameters():
            state = adams[role].state.get(p, {})
            trace[f"{step}.m.{role}.{name}"] = state.get("exp_avg", torch.zeros_like(p)).clone()
            trace[f"{step}.v.{role}.{name}"] = state.get("exp_avg_sq", torch.zeros_like(p)).clone()


def record_gradients(trace, step, role, net):
    for name, p in net.named_parameters():
        trace[f"{step}.gradient.{role}.{name}"] = p.grad.clone()


def pictures(height, width, channels):
    return torch.rand(BATCH, channels, height, width).mul(2).sub(1).double().permute(0, 2, 3, 1)


def nchw(x):
    return x.permute(0, 3, 1, 2)


class GanTrainer:
    """The step of the gan trainer with reuse=yes."""
    def __init__(self, nets):
        self.g, self.d = nets["generator"], nets["discriminator"]
        self.adams = {role: torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999))
                      for role, net in nets.items()}

    def feeds(self, size):
        return {"real": pictures(size, size, 1), "noise": torch.randn(BATCH, LATENT).double()}

    def step(self, feeds, gradients):
        real, z = nchw(feeds["real"]), feeds["noise"]
        ones, zeros = torch.ones(BATCH).double(), torch.zeros(BATCH).double()
        if isinstance(self.g[0], nn.ConvTranspose2d):
            z = z.reshape(BATCH, LATENT, 1, 1)
        self.d.zero_grad()
        fake = self.g(z)
        r, f = self.d(real).flatten(), self.d(fake.detach()).flatten()
        loss_d = bce(r, ones) + bce(f, zeros)
        loss_d.backward()
        gradients("discriminator", self.d)
        self.adams["discriminator"].step()

        self.g.zero_grad()
        loss_g = bce(self.d(fake).flatten(), ones)
        loss_g.backward()
        gradients("generator", self.g)
        self.adams["generator"].step()
        return loss_d, loss_g


class VaeTrainer:
    """The step of the vae trainer; deviation=None stands for likelihood=bernoulli."""
    def __init__(self, nets, beta, deviation):
        self.nets, self.beta, self.deviation = nets, beta, deviation
        self.encoder, self.decoder = nets["encoder"], nets["decoder"]
        adam = torch.optim.Adam([p for net in nets.values() for p in net.parameters()], 1e-3)
        self.adams = dict.fromkeys(nets, adam)

    def feeds(self, size):
        return {"real": pictures(size, size, 1), "noise": torch.randn(BATCH, LATENT).double()}

    def step(self, feeds, gradients):
        real, epsilon = nchw(feeds["real"]), feeds["noise"]
        adam = self.adams["encoder"]
        adam.zero_grad()
        mean, log_variance = self.encoder(real)
        decoded = self.decoder(mean + torch.exp(log_variance / 2) * epsilon)
        if self.deviation is None:
            each = bce(decoded, (real + 1) / 2, reduction="none")
        else:
            each = (decoded - real) ** 2 / (2 * self.deviation ** 2)
        reconstruction = each.sum() / BATCH
        kl = (mean ** 2 + log_variance.exp() - 1 - log_variance).sum() / 2 / BATCH
        loss = reconstruction + self.beta * kl
        loss.backward()
        for role, net in self.nets.items():
            gradients(role, net)
        adam.step()
        return loss, reconstruction, kl


class CganTrainer(GanTrainer):
    """The step of the cgan trainer, with labels of `classes` classes or vectors."""
    def __init__(self, nets, classes, mismatch, fake):
        super().__init__(nets)
        self.classes, self.mismatch, self.fake = classes, mismatch, fake

    def conditions(self):
        if self.classes:
            return torch.randint(self.classes, (BATCH,)).double()
        return torch.randn(BATCH, 5).double()

    def feeds(self, size):
        kind = "label" if self.classes else "vector"
        return {"real": pictures(8, 6, 2), f"real.{kind}": self.conditions(),
                "mismatched": pictures(8, 6, 2), "noise": torch.randn(BATCH, LATENT).double(),
                "noise.generator": torch.randn(BATCH, LATENT).double(),
                "condition.generator": self.conditions()}

    def as_vectors(self, c):
        return nn.functional.one_hot(c.long(), self.classes).double() if self.classes else c

    def loss_d(self, real, fake):
        """Of what each head says of matched and mismatched pairs, and of fakes."""
        no = [self.mismatch * bce(h[BATCH:], torch.zeros_like(h[BATCH:])) for h in real]
        fakes = self.fake * bce(fake[0], torch.zeros_like(fake[0]))
        yes = [bce(h[:BATCH], torch.ones_like(h[:BATCH])) for h in real]
        if len(real) == 1:
            return (yes[0] + no[0] + fakes,)
        realness, match = bce(real[0], torch.ones_like(real[0])) + fakes, yes[1] + no[1]
        return realness + match, realness, match

    @staticmethod
    def answers(scores, rights):
        """Means, then shares on the right side."""
        shares = [((s > 0) == right).double().mean() for s, right in zip(scores, rights)]
        return tuple(s.mean() for s in scores) + tuple(shares)

    def step(self, feeds, gradients):
        real, mismatched = nchw(feeds["real"]), nchw(feeds["mismatched"])
        c, c_g = (self.as_vectors(v) for k, v in feeds.items() if v.ndim < 3 and "noise" not in k)
        self.d.zero_grad()
        fake = self.g(feeds["noise"], c).detach()
        of_real = self.d(torch.cat([real, mismatched]), torch.cat([c, c]))
        of_fake = self.d(fake, c)
        loss_d, *parts = self.loss_d(of_real, of_fake)
        loss_d.backward()
        gradients("discriminator", self.d)
        self.adams["discriminator"].step()

        self.g.zero_grad()
        heads = self.d(self.g(feeds["noise.generator"], c_g), c_g)
        loss_g = sum(bce(h, torch.ones_like(h)) for h in heads)
        loss_g.backward()
        gradients("generator", self.g)
        self.adams["generator"].step()
        told = ()
        for h, (r, f) in enumerate(zip(of_real, of_fake)):
            rights = (True, h == 0 and len(of_real) == 2, h == 1)
            told += self.answers((r[:BATCH], r[BATCH:], f), rights)
        return (loss_d, loss_g, *parts, *told)


def run(make, size, trainer_of):
    torch.manual_seed(1)
    nets = make()
    for net in nets.values():
        for m in net.modules():
            if isinstance(m, nn.BatchNorm2d):
                nn.init.normal_(m.weight, 1.0, 0.02)
            elif isinstance(m, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.normal_(m.weight, 0.0, 0.1)
        net.double()
    # What float32 stores is what the trace starts from.
    for net in nets.values():
        for v in net.state_dict().values():
            if v.is_floating_point():
                v.copy_(v.float().double())
    trainer = trainer_of(nets)
    trace = {}
    for step in range(STEPS):
        feeds = trainer.feeds(size)
        record(trace, step, nets, trainer.adams)
        for name, value in feeds.items():
            trace[f"{step}.{name}"] = value.clone()
        losses = trainer.step(feeds, lambda role, net: record_gradients(trace, step, role, net))
        trace[f"{step}.loss"] = torch.stack([loss.detach() for loss in losses])
    record(trace, STEPS, nets, trainer.adams)
    return {k: (v.float() if v.is_floating_point() else v).contiguous() for k, v in trace.items()}


TRACES = {
    "dcgan28": (dcgan28, 28, GanTrainer),
    "mlp": (mlp, 14, GanTrainer),
    "cgan_score": (cgan_score, None, lambda nets: CganTrainer(nets, 3, 0.5, 0.5)),
    "cgan_heads": (cgan_heads, None, lambda nets: CganTrainer(nets, 0, 1, 1)),
    "vae_bernoulli": (vae, 12, lambda nets: VaeTrainer(nets, 1, None)),
    "vae_gaussian": (vae, 12, lambda nets: VaeTrainer(nets, 2, 0.5)),
}

if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    for name in sys.argv[2:] or TRACES:
        save_file(run(*TRACES[name]), f"{folder}/{name}.safetensors", {"torch": torch.__version__})
