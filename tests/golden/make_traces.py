"""Makes the golden traces: five steps of training in PyTorch, computed in double.

    python make_traces.py [FOLDER [NAME ...]]            (PyTorch 2.13 or later, safetensors)

One file for each net. For step S it holds, as float32:
    S.FEED                               what is fed: real samples (N, H, W, C), z or epsilon,
                                         of cgan all that is drawn otherwise
    S.weight.ROLE.NAME                   every parameter and buffer before the step
    S.m.ROLE.NAME, S.v.ROLE.NAME         Adam's moments before the step
    S.gradient.ROLE.NAME                 the gradient of the step
    S.loss                               what the trainer measures
Steps of gan are those with reuse=yes: D on real, D on fakes, D's Adam, G's Adam on the same fakes;
the losses are those of D and of G. With penalties D descends them too, by torch.autograd's double
backward, on nets that are nowhere piecewise linear. Steps of vae are one Adam of both networks; the losses are the
whole, the reconstruction and the divergence. Steps of cgan draw noise and conditions anew for G;
the first trace has labels and a D of one score with the weights of GAN-CLS, the other one vectors
and a D of two heads, both with batch norm, whose batches are the real pairs and the fakes. Steps of
autoencoder are one Adam of both networks. Steps of cyclegan are one Adam of both generators and one
of both discriminators, which see fakes through a history; its coins and places are the library's
draws, made here once more (SEED is the context's). The first trace has a sample of each domain in a
step, the second one domains of unlike sizes and numbers of samples, and batch norm, whose
statistics tell the order of all passes. Steps of discriminator are one Adam of D, on positives and
the ends of Langevin chains; where these begin, their noise and the places of their buffer are the
library's draws too. D has spectral norm, batch norm and a map of scores in the first trace, with
buffer and noise, and neither in the second one, whose chains begin at the data. The nets have the shapes of DCGAN-28, of the MLP GAN and of
a convolutional VAE with fewer channels, so that the files stay small.
"""
import math
import sys
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from safetensors.torch import save_file

BATCH, STEPS, LATENT, SEED = 6, 5, 10, 7


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


def autoencoder():
    encoder = nn.Sequential(
        nn.Conv2d(2, 3, 4, 2, 1, bias=False), nn.BatchNorm2d(3), nn.ReLU(),
        nn.Conv2d(3, 6, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 2 * 3, 5))
    decoder = nn.Sequential(
        nn.Linear(5, 6 * 2 * 3), nn.Unflatten(1, (6, 2, 3)), nn.ReLU(),
        nn.ConvTranspose2d(6, 3, 4, 2, 1, bias=False), nn.BatchNorm2d(3), nn.ReLU(),
        nn.ConvTranspose2d(3, 2, 4, 2, 1))
    return {"encoder": encoder, "decoder": decoder}


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


def cycle_g(norm, channels, made):
    """Half size inside; with as many rows and columns as it is given."""
    return nn.Sequential(
        nn.Conv2d(channels, 4, 3, 1, 1, padding_mode="reflect"), norm(4), nn.ReLU(),
        nn.Conv2d(4, 6, 3, 2, 1), norm(6), nn.ReLU(),
        Residual(nn.Conv2d(6, 6, 3, 1, 1, padding_mode="reflect"), norm(6), nn.ReLU(),
                 nn.Conv2d(6, 6, 3, 1, 1, padding_mode="reflect"), norm(6)),
        nn.ConvTranspose2d(6, 4, 3, 2, 1, 1), norm(4), nn.ReLU(),
        nn.Conv2d(4, made, 3, 1, 1, padding_mode="reflect"), nn.Tanh())


def cycle_d(norm, channels):
    return nn.Sequential(
        nn.Conv2d(channels, 4, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(4, 6, 4, 1, 1), norm(6), nn.LeakyReLU(0.2), nn.Conv2d(6, 1, 3, 1, 1))


def cyclegan():
    norm = nn.InstanceNorm2d
    return {"xy": cycle_g(norm, 2, 2), "yx": cycle_g(norm, 2, 2),
            "discriminator_x": cycle_d(norm, 2), "discriminator_y": cycle_d(norm, 2)}


def cyclegan_unlike():
    """x of 8x6 with one channel, y of 16x12 with three."""
    norm = nn.BatchNorm2d
    xy = nn.Sequential(nn.Conv2d(1, 4, 3, 1, 1), norm(4), nn.ReLU(),
                       nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.Tanh())
    yx = nn.Sequential(nn.Conv2d(3, 4, 4, 2, 1), norm(4), nn.ReLU(), nn.Conv2d(4, 1, 3, 1, 1),
                       nn.Tanh())
    return {"xy": xy, "yx": yx,
            "discriminator_x": cycle_d(norm, 1), "discriminator_y": cycle_d(norm, 3)}


def penalised(pack=1, norm=None):
    """Smooth nets with normalisations, for pictures of 8x6 with two channels and a map of scores;
    norm=BatchNorm2d: for what has no second derivatives. A critic's last bias has no gradient but
    for noise, of which Adam would make a whole step: there is none."""
    g = nn.Sequential(
        nn.Linear(LATENT, 6 * 4 * 3), nn.Unflatten(1, (6, 4, 3)), nn.SiLU(),
        nn.ConvTranspose2d(6, 2, 4, 2, 1), nn.Tanh())
    d = nn.Sequential(
        nn.Conv2d(2 * pack, 6, 4, 2, 1), nn.SiLU(),
        nn.Conv2d(6, 8, 3, 1, 1, bias=False), norm(8) if norm else nn.GroupNorm(2, 8), nn.Tanh(),
        nn.Conv2d(8, 6, 3, 1, 1, bias=False),
        norm(6) if norm else nn.InstanceNorm2d(6, affine=True), nn.SiLU(),
        nn.Conv2d(6, 1, 2, bias=False))
    return {"generator": g, "discriminator": d}


def judged(norm=nn.utils.spectral_norm):
    """Small nets for pictures of 8x6 with two channels, a map of scores; every convolution of D in `norm`."""
    g = nn.Sequential(
        nn.Linear(LATENT, 4 * 4 * 3), nn.Unflatten(1, (4, 4, 3)), nn.BatchNorm2d(4), nn.ReLU(),
        nn.ConvTranspose2d(4, 2, 4, 2, 1), nn.Tanh())
    d = nn.Sequential(
        norm(nn.Conv2d(2, 4, 4, 2, 1)), nn.LeakyReLU(0.2),
        norm(nn.Conv2d(4, 6, 3, 1, 1)), nn.LeakyReLU(0.2), norm(nn.Conv2d(6, 1, 2)))
    return {"generator": g, "discriminator": d}


def cgan_penalised():
    nets = cgan_heads()
    d = nets["discriminator"]
    d.n1, d.n2, d.act = nn.GroupNorm(3, 6), nn.GroupNorm(2, 8), nn.SiLU()
    return nets


def energy():
    return {"discriminator": nn.Sequential(
        nn.utils.spectral_norm(nn.Conv2d(2, 5, 3, 1, 1)), nn.SiLU(),
        nn.Conv2d(5, 6, 4, 2, 1, bias=False), nn.BatchNorm2d(6), nn.SiLU(),
        nn.Conv2d(6, 1, 3, 1, 1))}


def energy_data():
    return {"discriminator": nn.Sequential(
        nn.Flatten(), nn.Linear(96, 16), nn.Tanh(), nn.Linear(16, 1))}


def philox(counter, key):
    """Four random words: Philox4x32-10."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(q >> 32) ^ c[1] ^ k[0], q & 0xFFFFFFFF, (p >> 32) ^ c[3] ^ k[1], p & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


class Draws:
    """What a tape of the seed draws, as pictures (N, C, H, W): each time the next one."""
    PURPOSE = 2

    def __init__(self):
        self.count = 0

    def words(self, numbers):
        step = self.count
        self.count += 1
        return [philox([block, 0, step, self.PURPOSE], [SEED, 0])
                for block in range((numbers + 3) // 4)]

    def uniform(self, n, h, w, c):
        values = [(word >> 8) * 2.0 ** -23 - 1 for block in self.words(n * h * w * c)
                  for word in block]
        return self.picture(values, n, h, w, c)

    def normal(self, n, h, w, c):
        values = []
        for block in self.words(n * h * w * c):
            for first, second in (block[:2], block[2:]):
                radius = math.sqrt(-2 * math.log((first + 1) / 2 ** 32))
                turn = 2 * math.pi * (second >> 8) / 2 ** 24
                values += [radius * math.cos(turn), radius * math.sin(turn)]
        return self.picture(values, n, h, w, c)

    @staticmethod
    def picture(values, n, h, w, c):
        return nchw(torch.tensor(values[:n * h * w * c]).double().reshape(n, h, w, c))


class History:
    """A pool of the trainer: its number, and how many pictures it keeps."""
    PURPOSE = 7

    def __init__(self, number, capacity):
        self.number, self.capacity, self.handled, self.kept = number, capacity, 0, []

    def query(self, pictures):
        shown = []
        for picture in pictures.detach():
            words = philox([self.handled, 0, self.number, self.PURPOSE], [SEED, 0])
            self.handled += 1
            if len(self.kept) < self.capacity:
                self.kept.append(picture)
            elif words[0] >> 31:
                place = (words[2] << 32 | words[3]) % self.capacity
                picture, self.kept[place] = self.kept[place], picture
            shown.append(picture)
        return torch.stack(shown)


class Buffer(History):
    """A pool that chains begin and end in."""
    def words(self):
        words = philox([self.handled, 0, self.number, self.PURPOSE], [SEED, 0])
        self.handled += 1
        return words

    def any_place(self, words):
        return (words[2] << 32 | words[3]) % len(self.kept)

    def draw(self, starts, probability):
        places = []
        for i in range(len(starts)):
            words = self.words()
            stored = words[0] < probability * 2 ** 32 and self.kept
            places.append(self.any_place(words) if stored else None)
            if stored:
                starts[i] = self.kept[places[i]]
        return places

    def store(self, ends, places):
        full = len(self.kept) == self.capacity
        for end, place in zip(ends, places):
            words = self.words()
            if len(self.kept) < self.capacity:
                self.kept.append(end)
            elif self.capacity:
                self.kept[place if full and place is not None else self.any_place(words)] = end


def record(trace, step, nets, adams):
    for role, net in nets.items():
        for name, value in net.state_dict().items():
            trace[f"{step}.weight.{role}.{name}"] = value.clone()
        for name, p in net.named_parameters():
            state = adams[role].state.get(p, {})
            first = state.get("exp_avg", state.get("square_avg", torch.zeros_like(p)))
            trace[f"{step}.m.{role}.{name}"] = first.clone()
            trace[f"{step}.v.{role}.{name}"] = state.get("exp_avg_sq", torch.zeros_like(p)).clone()


def record_gradients(trace, step, role, net):
    for name, p in net.named_parameters():
        trace[f"{step}.gradient.{role}.{name}"] = p.grad.clone()


def pictures(height, width, channels, count=BATCH):
    return torch.rand(count, channels, height, width).mul(2).sub(1).double().permute(0, 2, 3, 1)


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


def penalty_of(score, x, weight, length):
    """The weighted penalty, the bare one, and the mean length of the slope; `score` takes x, and
    `length` is what the slope should have. Samples are the first dimension of what it is taken of,
    `pack` of them side by side."""
    x = x.detach().requires_grad_()
    slope, = torch.autograd.grad(score(x).sum(), x, create_graph=True)
    norms = slope.flatten(1).norm(dim=1)
    bare = ((norms - length) ** 2).mean()
    return weight * bare, bare, norms.mean()


class PenaltyTrainer(GanTrainer):
    """The step with a penalty, with scores that are relative, or with packs of samples."""
    def __init__(self, nets, loss, penalty=None, pack=1, relative=False):
        super().__init__(nets)
        self.loss, self.penalty, self.pack, self.relative = loss, penalty, pack, relative
        if loss == "wgan":
            self.adams = {role: torch.optim.Adam(net.parameters(), 1e-4, (0.0, 0.9))
                          for role, net in nets.items()}

    def feeds(self, size):
        feeds = {"real": pictures(8, 6, 2), "noise": torch.randn(BATCH, LATENT).double()}
        if self.penalty == "wgan_gp":
            feeds["epsilon"] = torch.rand(BATCH, 1).double()
        if self.penalty == "dragan":
            feeds["epsilon"] = torch.rand(BATCH, 8, 6, 2).double()
        return feeds

    def side_by_side(self, x):
        return torch.cat(x.chunk(self.pack), 1)

    def penalise(self, real, fake, feeds):
        if self.penalty == "wgan_gp":
            e = feeds["epsilon"][:BATCH // self.pack, :, None, None]
            x = e * self.side_by_side(real) + (1 - e) * self.side_by_side(fake)
        elif self.penalty == "dragan":
            around = real + 0.5 * real.std(unbiased=False) * nchw(feeds["epsilon"])
            x = self.side_by_side(around)
        else:
            x = self.side_by_side(real if self.penalty == "r1" else fake)
        length = self.penalty in ("wgan_gp", "dragan")
        return penalty_of(self.d, x, 10 if length else 5, int(length))

    def judge(self, real, fake):
        r, f = self.d(self.side_by_side(real)), self.d(self.side_by_side(fake))
        return (r - f.mean(), f - r.mean()) if self.relative else (r, f)

    def step(self, feeds, gradients):
        real = nchw(feeds["real"])
        against = lambda s, target: bce(s, torch.full_like(s, target))
        self.d.zero_grad()
        fake = self.g(feeds["noise"])
        r, f = self.judge(real, fake.detach())
        loss_d = f.mean() - r.mean() if self.loss == "wgan" else against(r, 1) + against(f, 0)
        told = ()
        if self.penalty:
            weighted, *told = self.penalise(real, fake, feeds)
            loss_d = loss_d + weighted
        loss_d.backward()
        gradients("discriminator", self.d)
        self.adams["discriminator"].step()

        self.g.zero_grad()
        if self.relative:
            r, f = self.judge(real, fake)
            loss_g = against(f, 1) + against(r, 0)
        else:
            f = self.d(self.side_by_side(fake))
            loss_g = -f.mean() if self.loss == "wgan" else against(f, 1)
        loss_g.backward()
        gradients("generator", self.g)
        self.adams["generator"].step()
        return (loss_d, loss_g, *told)


def mean_square(s, target):
    return ((s - target) ** 2).mean() / 2


def above(s, target):
    return bce(s, torch.full_like(s, target))


# What D descends of real samples and of fakes; what G descends of fakes and, of relative scores, of real
# samples.
OBJECTIVES = {
    "minimax": (lambda r: above(r, 0.9), lambda f: above(f, 0), lambda f: -above(f, 0)),  # smoothing=0.1
    "lsgan": (lambda r: mean_square(r, 1), lambda f: mean_square(f, 0), lambda f: mean_square(f, 1)),
    "hinge": (lambda r: F.relu(1 - r).mean(), lambda f: F.relu(1 + f).mean(), lambda f: -f.mean()),
    "relative lsgan": (lambda r: mean_square(r, 1), lambda f: mean_square(f, -1),
                       lambda f: mean_square(f, 1), lambda r: mean_square(r, -1)),
    "relative hinge": (lambda r: F.relu(1 - r).mean(), lambda f: F.relu(1 + f).mean(),
                       lambda f: F.relu(1 - f).mean(), lambda r: F.relu(1 + r).mean()),
}


class ObjectiveTrainer(GanTrainer):
    """The step with each objective that the others have not."""
    def __init__(self, nets, objective):
        super().__init__(nets)
        self.real, self.fake, self.maker, *self.maker_real = OBJECTIVES[objective]

    def feeds(self, size):
        return {"real": pictures(8, 6, 2), "noise": torch.randn(BATCH, LATENT).double()}

    def judge(self, real, fake):
        r, f = self.d(real), self.d(fake)
        return (r - f.mean(), f - r.mean()) if self.maker_real else (r, f)

    def step(self, feeds, gradients):
        real = nchw(feeds["real"])
        self.d.zero_grad()
        fake = self.g(feeds["noise"])
        r, f = self.judge(real, fake.detach())
        loss_d = self.real(r) + self.fake(f)
        loss_d.backward()
        gradients("discriminator", self.d)
        self.adams["discriminator"].step()

        self.g.zero_grad()
        if self.maker_real:
            r, f = self.judge(real, fake)
            loss_g = self.maker(f) + self.maker_real[0](r)
        else:
            loss_g = self.maker(self.d(fake))
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


class AutoencoderTrainer:
    def __init__(self, nets, loss):
        self.nets = nets
        self.adam = torch.optim.Adam([p for net in nets.values() for p in net.parameters()], 1e-3)
        self.adams = dict.fromkeys(nets, self.adam)
        self.loss = {"l1": F.l1_loss, "l2": F.mse_loss,
                     "bce": lambda decoded, x: bce(decoded, (x + 1) / 2)}[loss]

    def feeds(self, size):
        return {"real": pictures(8, 12, 2)}

    def step(self, feeds, gradients):
        real = nchw(feeds["real"])
        self.adam.zero_grad()
        loss = self.loss(self.nets["decoder"](self.nets["encoder"](real)), real)
        loss.backward()
        for role, net in self.nets.items():
            gradients(role, net)
        self.adam.step()
        return (loss,)


class CycleTrainer:
    """The step of the cyclegan trainer; `sizes` are those of x and of y, count first."""
    def __init__(self, nets, sizes, cycle, identity, pool, criterion, limit):
        self.nets, self.sizes, self.cycle, self.identity = nets, sizes, cycle, identity
        self.criterion, self.limit = criterion, limit
        self.pools = [History(0, pool), History(1, pool)]
        groups = (("xy", "yx"), ("discriminator_x", "discriminator_y"))
        self.adams = {}
        for roles in groups:
            parameters = [p for role in roles for p in nets[role].parameters()]
            adam = torch.optim.Adam(parameters, 2e-4, (0.5, 0.999))
            self.adams.update(dict.fromkeys(roles, adam))

    def feeds(self, size):
        return {name: pictures(*shape, count=count)
                for name, (count, *shape) in zip("xy", self.sizes)}

    def against(self, score, target):
        return self.criterion(score, torch.full_like(score, target))

    def generators(self, x, y):
        xy, yx, d_x, d_y = self.nets.values()
        fake_y = xy(x)
        cycle_x = F.l1_loss(yx(fake_y), x)
        fake_x = yx(y)
        cycle_y = F.l1_loss(xy(fake_x), y)
        loss, same = self.cycle * (cycle_x + cycle_y), ()
        if self.identity:
            same_y, same_x = F.l1_loss(xy(y), y), F.l1_loss(yx(x), x)
            loss = loss + self.cycle * self.identity * (same_x + same_y)
            same = (same_x, same_y)
        loss = loss + self.against(d_y(fake_y), 1) + self.against(d_x(fake_x), 1)
        return loss, (cycle_x, cycle_y, *same), (fake_x, fake_y)

    def discriminators(self, real, fakes):
        loss, told = 0, ()
        for i, d in enumerate((self.nets["discriminator_x"], self.nets["discriminator_y"])):
            r, f = d(real[i]), d(self.pools[i].query(fakes[i]))
            loss = loss + 0.5 * (self.against(r, 1) + self.against(f, 0))
            told += (r.mean(), f.mean(), (r > self.limit).double().mean(),
                     (f <= self.limit).double().mean())
        return loss, told

    def step(self, feeds, gradients):
        real = nchw(feeds["x"]), nchw(feeds["y"])
        (g, d), roles = dict.fromkeys(self.adams.values()), list(self.nets)
        g.zero_grad()
        loss_g, parts, fakes = self.generators(*real)
        loss_g.backward()
        for role in roles[:2]:
            gradients(role, self.nets[role])
        g.step()
        d.zero_grad()
        loss_d, told = self.discriminators(real, fakes)
        loss_d.backward()
        for role in roles[2:]:
            gradients(role, self.nets[role])
        d.step()
        return (loss_g, loss_d, *parts, *told)


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

    def penalise(self, real, fake, c, feeds):
        e = feeds["epsilon"][:, :, None, None]
        x = e * real + (1 - e) * fake
        return penalty_of(lambda x: sum(head.flatten() for head in self.d(x, c)), x, 10, 1)

    def step(self, feeds, gradients):
        real, mismatched = nchw(feeds["real"]), nchw(feeds["mismatched"])
        c, c_g = (self.as_vectors(v) for k, v in feeds.items()
                  if v.ndim < 3 and "noise" not in k and "epsilon" not in k)
        self.d.zero_grad()
        fake = self.g(feeds["noise"], c).detach()
        of_real = self.d(torch.cat([real, mismatched]), torch.cat([c, c]))
        of_fake = self.d(fake, c)
        loss_d, *parts = self.loss_d(of_real, of_fake)
        slope = ()
        if "epsilon" in feeds:
            weighted, *slope = self.penalise(real, fake, c, feeds)
            loss_d = loss_d + weighted
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
        return (loss_d, loss_g, *parts, *told, *slope)


class CganPenaltyTrainer(CganTrainer):
    def feeds(self, size):
        return {**super().feeds(size), "epsilon": torch.rand(BATCH, 1).double()}


class EnergyTrainer:
    """The step of the discriminator trainer: `chain` has steps, step, projection and noise."""
    def __init__(self, nets, chain, replay, capacity, objective, l2):
        self.d, self.chain, self.replay, self.l2 = nets["discriminator"], chain, replay, l2
        self.objective, self.made = objective, 0
        self.buffer, self.draws = Buffer(0, capacity), Draws()
        self.adam = torch.optim.Adam(self.d.parameters(), 3e-4, (0.0, 0.999))
        self.adams = {"discriminator": self.adam}

    def feeds(self, size):
        return {"real": pictures(8, 6, 2)}

    def negatives(self, positives):
        steps, step, projection, noise = self.chain
        n, c, h, w = positives.shape
        first = self.made == 0
        self.made += 1
        from_data = not first and self.replay == 0
        x = positives.clone() if from_data else self.draws.uniform(n, h, w, c)
        places = self.buffer.draw(x, self.replay)
        self.d.eval()
        for _ in range(0 if first else steps):
            if noise:
                x = x + noise * self.draws.normal(n, h, w, c)
            x = x.detach().requires_grad_()
            score = self.d(x).flatten(1).mean(1).sum()
            slope, = torch.autograd.grad(score, x)
            if projection:
                slope = slope.clamp(-projection, projection)
            x = (x + step * slope).clamp(-1, 1).detach()
        self.d.train()
        self.buffer.store(x, places)
        return x

    def step(self, feeds, gradients):
        x = nchw(feeds["real"])
        made = self.negatives(x)
        self.adam.zero_grad()
        p, n = self.d(x), self.d(made)
        self.draws.count += 2  # a pass in training counts as a draw, of dropout for instance
        loss = self.objective(p, n) + self.l2 * ((p ** 2).mean() + (n ** 2).mean())
        loss.backward()
        gradients("discriminator", self.d)
        self.adam.step()
        pairs = ((p > n).double().mean() + (p >= n).double().mean()) / 2
        return loss, p.mean(), n.mean(), p.mean() - n.mean(), pairs


def run(make, size, trainer_of):
    torch.manual_seed(1)
    nets = make()
    for net in nets.values():
        for m in net.modules():
            if isinstance(m, nn.BatchNorm2d) and m.affine:
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
    "wgan_gp": (penalised, None, lambda nets: PenaltyTrainer(nets, "wgan", "wgan_gp")),
    "dragan": (penalised, None, lambda nets: PenaltyTrainer(nets, "gan", "dragan")),
    "r1": (penalised, None, lambda nets: PenaltyTrainer(nets, "gan", "r1")),
    "r2_packed": (lambda: penalised(3), None,
                  lambda nets: PenaltyTrainer(nets, "gan", "r2", pack=3)),
    "wgan_gp_packed": (lambda: penalised(2), None,
                       lambda nets: PenaltyTrainer(nets, "wgan", "wgan_gp", pack=2)),
    "packed": (lambda: penalised(2, nn.BatchNorm2d), None,
               lambda nets: PenaltyTrainer(nets, "gan", pack=2)),
    "relativistic": (lambda: penalised(1, nn.BatchNorm2d), None,
                     lambda nets: PenaltyTrainer(nets, "gan", relative=True)),
    "minimax": (lambda: judged(lambda conv: conv), None, lambda nets: ObjectiveTrainer(nets, "minimax")),
    "lsgan": (judged, None, lambda nets: ObjectiveTrainer(nets, "lsgan")),
    "hinge": (judged, None, lambda nets: ObjectiveTrainer(nets, "hinge")),
    "relativistic_lsgan": (judged, None, lambda nets: ObjectiveTrainer(nets, "relative lsgan")),
    "relativistic_hinge": (judged, None, lambda nets: ObjectiveTrainer(nets, "relative hinge")),
    "wgan_r1": (penalised, None, lambda nets: PenaltyTrainer(nets, "wgan", "r1")),
    "cgan_penalised": (cgan_penalised, None, lambda nets: CganPenaltyTrainer(nets, 0, 0.75, 1.25)),
    "cgan_score": (cgan_score, None, lambda nets: CganTrainer(nets, 3, 0.5, 0.5)),
    "cgan_heads": (cgan_heads, None, lambda nets: CganTrainer(nets, 0, 0.75, 1.25)),
    "autoencoder_l1": (autoencoder, None, lambda nets: AutoencoderTrainer(nets, "l1")),
    "autoencoder_l2": (autoencoder, None, lambda nets: AutoencoderTrainer(nets, "l2")),
    "autoencoder_bce": (autoencoder, None, lambda nets: AutoencoderTrainer(nets, "bce")),
    "cyclegan": (cyclegan, None, lambda nets: CycleTrainer(
        nets, ((1, 16, 12, 2), (1, 16, 12, 2)), 10, 0.5, 2, F.mse_loss, 0.5)),
    "cyclegan_unlike": (cyclegan_unlike, None, lambda nets: CycleTrainer(
        nets, ((3, 8, 6, 1), (2, 16, 12, 3)), 4, 0, 4, bce, 0)),
    "discriminator": (energy, None, lambda nets: EnergyTrainer(
        nets, (4, 6, 0.02, 0.05), 0.6, 15, lambda p, n: n.mean() - p.mean(), 1)),
    "discriminator_data": (energy_data, None, lambda nets: EnergyTrainer(
        nets, (7, 2, 0, 0), 0, 0,
        lambda p, n: bce(p, torch.ones_like(p)) + bce(n, torch.zeros_like(n)), 0.25)),
    "vae_bernoulli": (vae, 12, lambda nets: VaeTrainer(nets, 1, None)),
    "vae_gaussian": (vae, 12, lambda nets: VaeTrainer(nets, 2, 0.5)),
}

if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    for name in sys.argv[2:] or TRACES:
        save_file(run(*TRACES[name]), f"{folder}/{name}.safetensors", {"torch": torch.__version__})
