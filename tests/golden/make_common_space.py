"""Makes the golden traces of trainers whose domains have a code in common.

    python make_common_space.py [FOLDER [NAME ...]]         (PyTorch 2.13 or later, safetensors)

What a file holds stands in make_traces.py. The modules `inwards` and `outwards` are one each, used
in the networks of both domains; what a file has under both names is the same, gradients included,
which are those of both uses. "unit" has encoders that make mean and log-variance and batch norm,
whose statistics tell the order of all passes; "unit_mean" has encoders of the mean alone, all
options, discriminators that say classes and features, and domains of unlike sizes and numbers of
samples. All noise is fed.

"combogan" has three domains, of which two take part in a step. Which ones is the library's draw,
made here once more, as are the coins of the histories. Of roles that a step leaves out there is no
gradient, and what was measured of them last stands. "combogan_pair" has two domains of unlike sizes,
and all options.

In "unit_fooled" a discriminator of codes with one score learns first, then it is to be unsure; in
"combogan_reversed" one with a score for each domain sends its gradient back reversed.
"""
import sys
import torch
import torch.nn.functional as F
from torch import nn
from safetensors.torch import save_file

import make_traces
from make_latent_traces import CodeJudge
from make_traces import SEED, History, bce, nchw, philox, pictures

PAIR = 16  # the purpose of its draws


class Joined(nn.Module):
    """Layers that are named as if they stood in one row with the part at its end or beginning."""
    def __init__(self, name, part, layers, part_first):
        super().__init__()
        self.order = []
        if part_first:
            self.add(name, part)
        for i, layer in enumerate(layers):
            self.add(str(i + part_first), layer)
        if not part_first:
            self.add(name, part)

    def add(self, name, layer):
        self.add_module(name, layer)
        self.order.append(name)

    def forward(self, x):
        for name in self.order:
            x = getattr(self, name)(x)
        return x


class Inwards(nn.Module):
    """The end of all encoders: the mean, and, with `two`, the log-variance of codes of 3 channels."""
    def __init__(self, norm, two):
        super().__init__()
        self.add_module("0", nn.Conv2d(4, 6, 3, 1, 1, bias=False))
        self.add_module("1", norm(6))
        self.two, self.mean = two, nn.Conv2d(6, 3, 1)
        if two:
            self.log_variance = nn.Conv2d(6, 3, 1)

    def forward(self, x):
        h = getattr(self, "1")(getattr(self, "0")(x)).relu()
        return (self.mean(h), self.log_variance(h)) if self.two else (self.mean(h), None)


def discriminator(channels, norm):
    return nn.Sequential(
        nn.Conv2d(channels, 4, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 5, 3, 1, 1), norm(5),
        nn.LeakyReLU(0.2), nn.Conv2d(5, 1, 2))


class Teller(nn.Module):
    """A discriminator that says classes and features too."""
    def __init__(self, channels, times):
        super().__init__()
        self.add_module("0", encoder_start(channels, times)[0])
        self.f = nn.Conv2d(4, 5, 3, 1, 1)
        self.score, self.classes = nn.Conv2d(5, 1, 2), nn.Linear(5 * 4 * 3, 3)

    def forward(self, x):
        f = self.f(F.leaky_relu(getattr(self, "0")(x), 0.2))
        h = F.leaky_relu(f, 0.2)
        return self.score(h), self.classes(h.flatten(1)), f


def encoder_start(channels, times):
    """Half the size, or a quarter."""
    window = (4, 2, 1) if times == 2 else (6, 4, 1)
    return [nn.Conv2d(channels, 4, *window), nn.LeakyReLU(0.2)]


def decoder_end(channels, times):
    window = (4, 2, 1) if times == 2 else (6, 4, 1)
    return [nn.ConvTranspose2d(4, channels, *window), nn.Tanh()]


def unit_nets(norm, two, domains):
    """`domains` are channels and how often the code goes into the picture."""
    inwards = Inwards(norm, two)
    outwards = nn.Sequential(nn.Conv2d(3, 4, 3, 1, 1, bias=False), norm(4), nn.ReLU())
    nets = {}
    for name, (channels, times) in zip("xy", domains):
        nets[f"encoder_{name}"] = Joined("inwards", inwards, encoder_start(channels, times), False)
    for name, (channels, times) in zip("xy", domains):
        nets[f"decoder_{name}"] = Joined("outwards", outwards, decoder_end(channels, times), True)
    for name, (channels, times) in zip("xy", domains):
        nets[f"discriminator_{name}"] = (discriminator(channels, norm) if two
                                         else Teller(channels, times))
    return nets


def unit():
    return unit_nets(nn.BatchNorm2d, True, ((2, 2), (2, 2)))


def unit_mean():
    return unit_nets(nn.InstanceNorm2d, False, ((1, 2), (3, 4)))


def combo_nets(norm, names, domains):
    nets = {}
    for name, (channels, times) in zip(names, domains):
        nets[f"encoder_{name}"] = nn.Sequential(
            *encoder_start(channels, times), nn.Conv2d(4, 3, 3, 1, 1, bias=False), norm(3))
    for name, (channels, times) in zip(names, domains):
        nets[f"decoder_{name}"] = nn.Sequential(
            nn.Conv2d(3, 4, 3, 1, 1, bias=False), norm(4), nn.ReLU(), *decoder_end(channels, times))
    for name, (channels, _) in zip(names, domains):
        nets[f"discriminator_{name}"] = discriminator(channels, norm)
    return nets


def combogan():
    return combo_nets(nn.InstanceNorm2d, "abc", ((2, 2), (2, 2), (2, 2)))


def combogan_pair():
    return combo_nets(nn.BatchNorm2d, "xy", ((1, 2), (3, 4)))


def code_judge(scores):
    return nn.Sequential(nn.Conv2d(3, 6, 1, bias=False), nn.BatchNorm2d(6), nn.Tanh(),
                         nn.Conv2d(6, scores, 1))


def unit_fooled():
    return {**unit(), "discriminator_code": code_judge(1)}


def combogan_reversed():
    return {**combogan(), "discriminator_code": code_judge(3)}


class Game:
    """Encoders, decoders and discriminators of domains, and what both trainers measure of these.
    `fooling` and its weight: how codes are kept from telling their domain."""
    def __init__(self, nets, names, sizes, criterion, limit, rate, decay, fooling):
        self.nets, self.names, self.sizes = nets, names, sizes
        self.criterion, self.limit, self.values = criterion, limit, {}
        self.encoders, self.decoders, self.judges = (
            {name: nets[f"{row}_{name}"] for name in names}
            for row in ("encoder", "decoder", "discriminator"))
        groups = [list(self.encoders.values()) + list(self.decoders.values()),
                  list(self.judges.values())]
        self.made = [torch.optim.Adam(list(dict.fromkeys(p for net in group
                                                         for p in net.parameters())),
                                      rate, (0.5, 0.999), weight_decay=decay) for group in groups]
        self.adams = {role: self.made["discriminator" in role] for role in nets}
        self.guesser, self.guessed = None, ()
        if fooling:
            self.adams["discriminator_code"] = torch.optim.Adam(
                nets["discriminator_code"].parameters(), rate, (0.5, 0.999), weight_decay=decay)
            self.guesser = CodeJudge(nets, self.adams, *fooling)

    def feeds(self, size):
        return {name: pictures(*shape, count=count)
                for name, (count, *shape) in zip(self.names, self.sizes)}

    def against(self, score, target):
        return self.criterion(score, torch.full_like(score, target))

    def score(self, name, x):
        said = self.judges[name](x)
        return said[0] if isinstance(said, tuple) else said

    def judge(self, name, real, fake):
        r, f = self.score(name, real), self.score(name, fake)
        self.values[f"score.real.{name}"], self.values[f"score.fake.{name}"] = r.mean(), f.mean()
        self.values[f"accuracy.real.{name}"] = (r > self.limit).double().mean()
        self.values[f"accuracy.fake.{name}"] = (f <= self.limit).double().mean()
        return self.against(r, 1) + self.against(f, 0)

    def fool(self, codes, gradients):
        """What encoders descend besides; codes are by name."""
        if not self.guesser:
            return 0
        numbered = {self.names.index(n): z for n, z in sorted(codes.items())}
        loss, self.guessed = self.guesser.fool(numbered, gradients)
        return loss

    def finish(self):
        if self.guesser:
            self.guesser.finish()

    def told(self, order):
        """What was measured last, in the order of the test's values."""
        unknown = torch.tensor(float("nan")).double()
        return tuple(self.values.get(f"{row}.{name}", unknown)
                     for row in order for name in self.names)

    def make_step(self, adam, loss, roles, gradients):
        adam.zero_grad()
        loss.backward()
        for role in roles:
            gradients(role, self.nets[role])
        adam.step()


JUDGED = ("score.real", "score.fake", "accuracy.real", "accuracy.fake")


class UnitTrainer(Game):
    def __init__(self, nets, sizes, code, weights, criterion=F.mse_loss, limit=0.5, fooling=None):
        super().__init__(nets, "xy", sizes, criterion, limit, 1e-4, 1e-4, fooling)
        self.code, self.weights = code, weights

    def feeds(self, size):
        feeds = super().feeds(size)
        counts = dict(zip("xy", (s[0] for s in self.sizes)))
        for row, of in (("noise", "xy"), ("noise.generators", "xy"), ("noise.cycle", "yx")):
            for name, source in zip("xy", of):
                feeds[f"{row}.{name}"] = torch.randn(counts[source], *self.code).double()
        if "classes" in self.weights:
            for name in "xy":
                feeds[f"{name}.label"] = torch.randint(3, (counts[name],)).double()
        return feeds

    def encode(self, name, x, noise):
        mean, log_variance = self.encoders[name](x)
        if log_variance is None:
            return mean, (mean ** 2).mean(), mean + nchw(noise)
        kl = (mean ** 2 + log_variance.exp() - log_variance - 1).mean()
        return mean, kl, mean + torch.exp(log_variance / 2) * nchw(noise)

    def adapt(self, real, made, feeds):
        """Classes, and features of each sample and of its translation."""
        of_real = {n: self.judges[n](real[n]) for n in "xy"}
        of_made = {n: self.judges[n](made[n]) for n in "xy"}
        apart = ((of_real["x"][2], of_made["y"][2]), (of_real["y"][2], of_made["x"][2]))
        features = sum(((a - b) ** 2).flatten(1).sum(1).mean() for a, b in apart)
        cross = [F.cross_entropy(of_real[n][1], feeds[f"{n}.label"].long()) for n in "xy"]
        self.adapted = (*cross, features)
        return self.weights["classes"] * sum(cross) + self.weights["features"] * features

    def step(self, feeds, gradients):
        w, other = self.weights, {"x": "y", "y": "x"}
        real = {name: nchw(feeds[name]) for name in "xy"}
        codes = {n: self.encode(n, real[n], feeds[f"noise.{n}"]) for n in "xy"}
        made = {n: self.decoders[n](codes[other[n]][2]).detach() for n in "xy"}
        loss_d = sum(w["gan"] * self.judge(n, real[n], made[n]) for n in "xy")
        if "classes" in w:
            loss_d = loss_d + self.adapt(real, made, feeds)
        self.make_step(self.made[1], loss_d, ("discriminator_x", "discriminator_y"), gradients)

        loss, fakes, means = 0, {}, {}
        codes = {n: self.encode(n, real[n], feeds[f"noise.generators.{n}"]) for n in "xy"}
        loss = loss + self.fool({n: codes[n][2] for n in "xy"}, gradients)
        for n in "xy":
            recon = F.l1_loss(self.decoders[n](codes[n][2]), real[n])
            fakes[n] = self.decoders[n](codes[other[n]][2])
            loss = loss + w["recon"] * recon + w["kl"] * codes[n][1]
            self.values[f"loss.recon.{n}"], self.values[f"loss.kl.{n}"] = recon, codes[n][1]
        for n in "xy":
            o = other[n]
            mean, kl, z = self.encode(o, fakes[o], feeds[f"noise.cycle.{o}"])
            cycle = F.l1_loss(self.decoders[n](z), real[n])
            loss = loss + w["cycle"] * cycle + w["kl_cycle"] * kl
            self.values[f"loss.cycle.{n}"], self.values[f"loss.kl_cycle.{n}"] = cycle, kl
            if "semantic" in w:
                semantic = F.mse_loss(mean, codes[n][0])
                self.values[f"loss.semantic.{n}"] = semantic
                loss = loss + w["semantic"] * semantic
        for n in "xy":
            loss = loss + w["gan"] * self.against(self.score(n, fakes[n]), 1)
        roles = [role for role in self.nets if "discriminator" not in role]
        self.make_step(self.made[0], loss, roles, gradients)
        self.finish()
        rows = ["loss.recon", "loss.kl", "loss.cycle", "loss.kl_cycle"]
        rows += ["loss.semantic"] * ("semantic" in w)
        told = (loss, loss_d, *self.told((*rows, *JUDGED)), *self.guessed)
        return told + self.adapted if "classes" in w else told


def shuffled(count, draw_step):
    """The order of few things: Fisher and Yates's, as the library draws it."""
    places, words = list(range(count)), None
    for i in range(count - 1, 0, -1):
        if i == count - 1 or i % 4 == 3:
            words = philox([i // 4, 0, draw_step, PAIR], [SEED, 0])
        other = words[i % 4] * (i + 1) >> 32
        places[i], places[other] = places[other], places[i]
    return places


class ComboTrainer(Game):
    def __init__(self, nets, names, sizes, pool, weights, criterion=F.mse_loss, limit=0.5,
                 fooling=None):
        super().__init__(nets, names, sizes, criterion, limit, 2e-4, 0, fooling)
        self.weights, self.at = weights, 0
        self.pools = {name: History(i, pool) for i, name in enumerate(names)}
        self.pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1:]]

    def draw(self):
        count = len(self.pairs)
        pair = self.pairs[shuffled(count, self.at // count)[self.at % count]]
        self.at += 1
        return pair

    def generators(self, pair, real, gradients):
        w, fakes = self.weights, {}
        other = dict(zip(pair, reversed(pair)))
        codes = {n: self.encoders[n](real[n]) for n in pair}
        loss = self.fool(codes, gradients)
        for n in pair:
            if "identity" in w:
                same = F.l1_loss(self.decoders[n](codes[n]), real[n])
                self.values[f"loss.identity.{n}"] = same
                loss = loss + w["identity"] * same
            fakes[n] = self.decoders[n](codes[other[n]])
        for n in pair:
            again = self.encoders[other[n]](fakes[other[n]])
            cycle = F.l1_loss(self.decoders[n](again), real[n])
            self.values[f"loss.cycle.{n}"] = cycle
            loss = loss + w["cycle"] * cycle
            if "semantic" in w:
                semantic = F.mse_loss(again, codes[n])
                self.values[f"loss.semantic.{n}"] = semantic
                loss = loss + w["semantic"] * semantic
        for n in pair:
            loss = loss + self.against(self.score(n, fakes[n]), 1)
        return loss, fakes

    def step(self, feeds, gradients):
        pair = self.draw()
        real = {n: nchw(feeds[n]) for n in pair}
        loss_g, fakes = self.generators(pair, real, gradients)
        roles = [f"{row}_{n}" for row in ("encoder", "decoder") for n in pair]
        for adam in self.made:
            adam.zero_grad(set_to_none=True)
        self.make_step(self.made[0], loss_g, roles, gradients)
        loss_d = sum(0.5 * self.judge(n, real[n], self.pools[n].query(fakes[n])) for n in pair)
        judges = [f"discriminator_{n}" for n in pair]
        self.make_step(self.made[1], loss_d, judges, gradients)
        self.finish()
        rows = ["loss.cycle"] + ["loss.identity"] * ("identity" in self.weights)
        rows += ["loss.semantic"] * ("semantic" in self.weights)
        return (loss_g, loss_d, *self.told((*rows, *JUDGED)), *self.guessed)


WHOLE = {"gan": 1, "recon": 10, "kl": 0.01, "cycle": 10, "kl_cycle": 0.01}
TRACES = {
    "unit": (unit, None, lambda nets: UnitTrainer(
        nets, ((3, 8, 6, 2), (3, 8, 6, 2)), (4, 3, 3), WHOLE)),
    "unit_mean": (unit_mean, None, lambda nets: UnitTrainer(
        nets, ((2, 8, 6, 1), (3, 16, 12, 3)), (4, 3, 3),
        {"gan": 2, "recon": 3, "kl": 0.5, "cycle": 4, "kl_cycle": 0.25, "semantic": 1.5,
         "classes": 3, "features": 0.05}, bce, 0)),
    "unit_fooled": (unit_fooled, None, lambda nets: UnitTrainer(
        nets, ((2, 8, 6, 2), (3, 8, 6, 2)), (4, 3, 3), WHOLE, fooling=("alternating", 0.75))),
    "combogan": (combogan, None, lambda nets: ComboTrainer(
        nets, "abc", ((1, 8, 6, 2),) * 3, 2, {"cycle": 10})),
    "combogan_pair": (combogan_pair, None, lambda nets: ComboTrainer(
        nets, "xy", ((3, 8, 6, 1), (2, 16, 12, 3)), 4,
        {"cycle": 4, "identity": 2, "semantic": 1.5}, bce, 0)),
    "combogan_reversed": (combogan_reversed, None, lambda nets: ComboTrainer(
        nets, "abc", ((2, 8, 6, 2), (1, 8, 6, 2), (3, 8, 6, 2)), 2, {"cycle": 10},
        fooling=("reversal", 2))),
}

if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    for name in sys.argv[2:] or TRACES:
        save_file(make_traces.run(*TRACES[name]), f"{folder}/{name}.safetensors",
                  {"torch": torch.__version__})
