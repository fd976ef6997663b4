"""Makes the golden traces of direct translation: translate, cyclegan with one direction, discogan, dualgan.

    python make_direct_traces.py [FOLDER [NAME ...]]            (PyTorch 2.13 or later, safetensors)

As make_traces.py makes the others. A step of discogan has gradients of the discriminators alone or of the
generators alone; what it does not measure is as it was, NaN at first. The optimisers of dualgan are RMSProp,
with one moment, m, the mean square; its weights after a step are clipped.
"""
import math
import sys
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from safetensors.torch import save_file

from make_traces import History, cycle_d, cycle_g, cyclegan_unlike, nchw, penalty_of, pictures, run


class Features(nn.Sequential):
    """A score, and what two of the inner layers say."""
    def __init__(self, channels):
        super().__init__(
            nn.Conv2d(channels, 4, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(4, 6, 3, 1, 1, bias=False), nn.BatchNorm2d(6), nn.LeakyReLU(0.2))
        self.add_module("score", nn.Conv2d(6, 1, 3, 1, 1))

    def forward(self, x):
        first = self[1](self[0](x))
        second = self[4](self[3](self[2](first)))
        return self.score(second), (first, second)


def critic(channels):
    """Nowhere piecewise linear, and without a bias that has no gradient but for noise."""
    return nn.Sequential(
        nn.Conv2d(channels, 4, 4, 2, 1), nn.SiLU(), nn.Conv2d(4, 6, 3, 1, 1, bias=False),
        nn.GroupNorm(2, 6), nn.SiLU(), nn.Conv2d(6, 1, 3, 1, 1, bias=False))


def one_way():
    return {"xy": cycle_g(nn.InstanceNorm2d, 2, 2), "discriminator_y": cycle_d(nn.InstanceNorm2d, 2)}


def cycle_one_way():
    nets = cyclegan_unlike()
    del nets["discriminator_x"]
    return nets


def discogan():
    return {**cyclegan_unlike(), "discriminator_x": Features(1), "discriminator_y": Features(3)}


def dualgan():
    return {**cyclegan_unlike(), "discriminator_x": critic(1), "discriminator_y": critic(3)}


def adam(parameters):
    return torch.optim.Adam(parameters, 2e-4, (0.5, 0.999))


class DirectTrainer:
    """`sizes` are those of x and of y, count first; of the domain d the other one is 1 - d."""
    def __init__(self, nets, sizes, optimizer=adam, pool=0):
        self.nets, self.sizes = nets, sizes
        self.g = [nets.get("xy"), nets.get("yx")]
        self.d = [nets.get("discriminator_x"), nets.get("discriminator_y")]
        self.ways = 2 if self.d[0] else 1
        self.pools = [History(0, pool), History(1, pool)]
        self.adams = {}
        for group in (("xy", "yx"), ("discriminator_x", "discriminator_y")):
            roles = [role for role in group if role in nets]
            made = optimizer([p for role in roles for p in nets[role].parameters()])
            self.adams.update(dict.fromkeys(roles, made))
        self.makers, self.judges = dict.fromkeys(self.adams.values())

    def feeds(self, size):
        return {name: pictures(*shape, count=count) for name, (count, *shape) in zip("xy", self.sizes)}

    def judged(self):
        return range(2 - self.ways, 2)

    def update(self, optimizer, loss, gradients):
        optimizer.zero_grad()
        loss.backward()
        for role, net in self.nets.items():
            if self.adams[role] is optimizer:
                gradients(role, net)
        optimizer.step()

    def there(self, x):
        """What is made of each; fakes[d] is of the domain d."""
        fakes = [None, None]
        for d in range(self.ways):
            fakes[1 - d] = self.g[d](x[d])
        return fakes

    def back(self, x, fakes, distance):
        return [distance(self.g[1 - d](fakes[1 - d]), x[d]) for d in range(self.ways)]


def told(r, f, limit):
    return (r.mean(), f.mean(), (r > limit).double().mean(), (f <= limit).double().mean())


class PlainTrainer(DirectTrainer):
    """The step of translate, and of cyclegan where `cycle` is not None."""
    def __init__(self, nets, sizes, criterion, limit, identity, pool, cycle=None):
        super().__init__(nets, sizes, pool=pool)
        self.criterion, self.limit, self.identity, self.cycle = criterion, limit, identity, cycle

    def against(self, score, target):
        return self.criterion(score, torch.full_like(score, target))

    def step(self, feeds, gradients):
        x = nchw(feeds["x"]), nchw(feeds["y"])
        fakes, measured = self.there(x), []
        loss = 0
        if self.cycle is not None:
            measured = self.back(x, fakes, F.l1_loss)
            loss = self.cycle * sum(measured)
        if self.identity:
            same = [F.l1_loss(self.g[1 - d](x[d]), x[d]) for d in self.judged()]
            loss = loss + self.identity * sum(same)
            measured += same
        for d in self.judged():
            loss = loss + self.against(self.d[d](fakes[d]), 1)
        self.update(self.makers, loss, gradients)
        loss_d, answers = 0, ()
        for d in self.judged():
            r, f = self.d[d](x[d]), self.d[d](self.pools[d].query(fakes[d]))
            loss_d = loss_d + 0.5 * (self.against(r, 1) + self.against(f, 0))
            answers += told(r, f, self.limit)
        self.update(self.judges, loss_d, gradients)
        return (loss, loss_d, *measured, *answers)


class DiscoTrainer(DirectTrainer):
    """The step of discogan; `curriculum` steps have the first rate."""
    def __init__(self, nets, sizes, curriculum, first_rate, rate):
        super().__init__(nets, sizes, lambda parameters: torch.optim.Adam(
            parameters, 2e-4, (0.5, 0.999), weight_decay=1e-5))
        self.rates, self.curriculum, self.steps = (first_rate, rate), curriculum, 0
        unknown = torch.tensor(math.nan).double()
        self.known = {"g": unknown, "d": unknown, "back": (unknown,) * 2, "match": (unknown,) * 2,
                      "told": (unknown,) * 8}

    def discriminators(self, x, fakes, gradients):
        loss, answers = 0, ()
        for d in range(2):
            r, f = self.d[d](x[d])[0], self.d[d](fakes[d].detach())[0]
            loss = loss + 0.5 * (bce(r, torch.ones_like(r)) + bce(f, torch.zeros_like(f)))
            answers += told(r, f, 0)
        self.update(self.judges, loss, gradients)
        self.known.update(d=loss, told=answers)

    def generators(self, x, fakes, gradients):
        rate = self.rates[self.steps >= self.curriculum]
        back = self.back(x, fakes, F.mse_loss)
        loss, match = rate * sum(back), [None, None]
        for d in (1, 0):
            _, of_real = self.d[d](x[d])
            score, of_fake = self.d[d](fakes[d])
            match[d] = sum(((r.mean(0) - f.mean(0)) ** 2).mean() for r, f in zip(of_real, of_fake))
            loss = loss + (1 - rate) * (0.1 * bce(score, torch.ones_like(score)) + 0.9 * match[d])
        self.update(self.makers, loss, gradients)
        self.known.update(g=loss, back=back, match=match)

    def there_and_back(self, x):
        """In the order of the passes: there, back, there, back."""
        fake_y = self.g[0](x[0])
        back_x = self.g[1](fake_y)
        fake_x = self.g[1](x[1])
        return [fake_x, fake_y], [back_x, self.g[0](fake_x)]

    def back(self, x, fakes, distance):
        return [distance(self.returned[d], x[d]) for d in range(2)]

    def step(self, feeds, gradients):
        x = nchw(feeds["x"]), nchw(feeds["y"])
        if self.steps % 3 == 0:
            self.discriminators(x, self.there(x), gradients)
        else:
            fakes, self.returned = self.there_and_back(x)
            self.generators(x, fakes, gradients)
        self.steps += 1
        k = self.known
        return (k["g"], k["d"], *k["back"], *k["match"], *k["told"])


class DualTrainer(DirectTrainer):
    """The step of dualgan: with a clip, or with a penalty."""
    def __init__(self, nets, sizes, cycle, clip):
        super().__init__(nets, sizes, lambda parameters: torch.optim.RMSprop(parameters, 5e-5, 0.9))
        self.cycle, self.clip = cycle, clip

    def feeds(self, size):
        fed = super().feeds(size)
        if not self.clip:
            for name in "xy":
                fed["epsilon." + name] = torch.rand(len(fed["x"]), 1).double()
        return fed

    def step(self, feeds, gradients):
        x = nchw(feeds["x"]), nchw(feeds["y"])
        fakes = self.there(x)
        loss, answers, slopes = 0, (), ()
        for d in range(2):
            r, f = self.d[d](x[d]), self.d[d](fakes[d].detach())
            loss = loss + f.mean() - r.mean()
            pairs = (r > f).double().mean() + (r == f).double().mean() / 2
            answers += (r.mean(), f.mean(), pairs, pairs)
            if not self.clip:
                e = feeds["epsilon." + "xy"[d]][:, :, None, None]
                weighted, *slope = penalty_of(self.d[d], e * x[d] + (1 - e) * fakes[d].detach(), 10, 1)
                loss, slopes = loss + weighted, (*slopes, *slope)
        self.update(self.judges, loss, gradients)
        for p in self.judges.param_groups[0]["params"] if self.clip else ():
            p.data.clamp_(-self.clip, self.clip)
        back = self.back(x, fakes, F.l1_loss)
        loss_g = self.cycle * sum(back) - sum(self.d[d](fakes[d]).mean() for d in (1, 0))
        self.update(self.makers, loss_g, gradients)
        return (loss_g, loss, *back, *answers, *slopes)


UNLIKE = ((3, 8, 6, 1), (3, 16, 12, 3))
TRACES = {
    "translate": (one_way, lambda nets: PlainTrainer(
        nets, ((2, 16, 12, 2), (3, 16, 12, 2)), F.mse_loss, 0.5, 0.3, 2)),
    "translate_both": (cyclegan_unlike, lambda nets: PlainTrainer(
        nets, ((3, 8, 6, 1), (2, 16, 12, 3)), bce, 0, 0, 4)),
    "cyclegan_one": (cycle_one_way, lambda nets: PlainTrainer(
        nets, ((3, 8, 6, 1), (2, 16, 12, 3)), bce, 0, 0, 4, cycle=4)),
    "discogan": (discogan, lambda nets: DiscoTrainer(
        nets, ((3, 8, 6, 1), (4, 16, 12, 3)), 2, 0.1, 0.6)),
    "dualgan": (dualgan, lambda nets: DualTrainer(nets, UNLIKE, 5, 0.12)),
    "dualgan_gp": (dualgan, lambda nets: DualTrainer(nets, UNLIKE, 5, 0)),
}

if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    for name in sys.argv[2:] or TRACES:
        make, trainer_of = TRACES[name]
        save_file(run(make, None, trainer_of), f"{folder}/{name}.safetensors", {"torch": torch.__version__})
