"""Steps of trainings between domains in PyTorch: each function takes a Way (torch_ways.py) and gives what makes a step
of the networks that gan bench has under its name. Discriminators without batch norm see real pictures and fakes as one
batch, and networks that are not trained then have no gradients."""
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce, l1_loss, mse_loss

from torch_ways import Block, History, adam, against, freeze, parameters


def judge(d, real, fake):
    return d(torch.cat((real, fake))).chunk(2)


def descend(rule, loss):
    rule.zero_grad(set_to_none=True)
    loss.backward()
    rule.step()
    return loss.item()


# ---- directly ----

def cycle_begin(blocks):
    norm = nn.InstanceNorm2d
    return (nn.ReflectionPad2d(3), nn.Conv2d(3, 64, 7), norm(64), nn.ReLU(True), nn.Conv2d(64, 128, 3, 2, 1), norm(128),
            nn.ReLU(True), nn.Conv2d(128, 256, 3, 2, 1), norm(256), nn.ReLU(True),
            *(Block(reflect=True) for _ in range(blocks)))


def cycle_end():
    up = dict(kernel_size=3, stride=2, padding=1, output_padding=1)
    return (nn.ConvTranspose2d(256, 128, **up), nn.InstanceNorm2d(128), nn.ReLU(True),
            nn.ConvTranspose2d(128, 64, **up), nn.InstanceNorm2d(64), nn.ReLU(True), nn.ReflectionPad2d(3),
            nn.Conv2d(64, 3, 7), nn.Tanh())


def cycle_g():
    """The reference for 128 pixels: six blocks."""
    return nn.Sequential(*cycle_begin(6), *cycle_end())


def leaky(slope=0.2):
    return nn.LeakyReLU(slope, True)


def patches():
    """Scores of 70x70 patches."""
    norm = nn.InstanceNorm2d
    return nn.Sequential(
        nn.Conv2d(3, 64, 4, 2, 1), leaky(), nn.Conv2d(64, 128, 4, 2, 1), norm(128), leaky(),
        nn.Conv2d(128, 256, 4, 2, 1), norm(256), leaky(), nn.Conv2d(256, 512, 4, 1, 1), norm(512), leaky(),
        nn.Conv2d(512, 1, 4, 1, 1))


def judged(rule, pairs):
    """An update of discriminators: (D, real, fake) each."""
    loss = 0
    for d, real, fake in pairs:
        of_real, of_fake = judge(d, real, fake)
        loss = loss + 0.5 * (against(of_real, 1) + against(of_fake, 0))
    return descend(rule, loss)


def cyclegan128(way):
    gs, ds = way.lay(cycle_g(), cycle_g()), way.lay(patches(), patches())
    x, y = (way.pictures(1, 3, 128, 128) for _ in range(2))
    rules = adam(*gs), adam(*ds)
    (xy, yx), (d_x, d_y) = way.run(*gs), way.run(*ds)
    pools = History(), History()

    def step():
        freeze(ds)
        fake_y = xy(x)
        back_x = yx(fake_y)
        fake_x = yx(y)
        back_y = xy(fake_x)
        loss = 5 * (l1_loss(xy(y), y) + l1_loss(yx(x), x)) + 10 * (l1_loss(back_x, x) + l1_loss(back_y, y))
        loss_g = descend(rules[0], loss + against(d_y(fake_y), 1) + against(d_x(fake_x), 1))
        freeze(ds, False)
        fakes = pools[0].query(fake_x), pools[1].query(fake_y)
        return loss_g, judged(rules[1], ((d_x, x, fakes[0]), (d_y, y, fakes[1])))

    return step


def translate128(way):
    (g,), (d,) = way.lay(cycle_g()), way.lay(patches())
    x, y = (way.pictures(1, 3, 128, 128) for _ in range(2))
    rules = adam(g), adam(d)
    (make,), (look,) = way.run(g), way.run(d)
    pool = History()

    def step():
        freeze([d])
        fake = make(x)
        loss_g = descend(rules[0], against(look(fake), 1))
        freeze([d], False)
        return loss_g, judged(rules[1], ((look, y, pool.query(fake)),))

    return step


PLAIN = dict(kernel_size=4, stride=2, padding=1, bias=False)


def disco_g():
    layers = [nn.Conv2d(3, 64, **PLAIN), leaky()]
    for filters in (128, 256, 512):
        layers += [nn.Conv2d(filters // 2, filters, **PLAIN), nn.BatchNorm2d(filters), leaky()]
    for filters in (256, 128, 64):
        layers += [nn.ConvTranspose2d(2 * filters, filters, **PLAIN), nn.BatchNorm2d(filters), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, **PLAIN), nn.Tanh())


class DiscoD(nn.Module):
    """A score, and what three inner layers say."""
    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 64, **PLAIN), leaky())
        self.inner = nn.ModuleList(nn.Sequential(nn.Conv2d(n, 2 * n, **PLAIN), nn.BatchNorm2d(2 * n), leaky())
                                   for n in (64, 128, 256))
        self.score = nn.Conv2d(512, 1, 4, bias=False)

    def forward(self, x):
        h, features = self.first(x), []
        for layer in self.inner:
            h = layer(h)
            features.append(h)
        return self.score(h).flatten(), features


def discogan64(way):
    """Three steps: one of the discriminators, whose fakes need no way back, and two of the generators."""
    gs, ds = way.lay(disco_g(), disco_g()), way.lay(DiscoD(), DiscoD())
    x, y = (way.pictures(16, 3, 64, 64) for _ in range(2))
    rules = adam(*gs, decay=1e-5), adam(*ds, decay=1e-5)
    (xy, yx), (d_x, d_y) = way.run(*gs), way.run(*ds)
    one, zero, rate = torch.ones(16), torch.zeros(16), 0.01

    def discriminators():
        with torch.no_grad():
            fakes = yx(y), xy(x)
        loss = 0
        for d, real, fake in ((d_x, x, fakes[0]), (d_y, y, fakes[1])):
            loss = loss + 0.5 * (bce(d(real)[0], one) + bce(d(fake)[0], zero))
        return descend(rules[1], loss)

    def persuade(d, real, fake):
        with torch.no_grad():
            _, features = d(real)
        score, again = d(fake)
        matched = sum(mse_loss(a.mean(0), b.mean(0)) for a, b in zip(again, features))
        return (1 - rate) * (0.1 * bce(score, one) + 0.9 * matched)

    def generators():
        fake_y = xy(x)
        back_x = yx(fake_y)
        fake_x = yx(y)
        loss = rate * (mse_loss(back_x, x) + mse_loss(xy(fake_x), y))
        return descend(rules[0], loss + persuade(d_y, y, fake_y) + persuade(d_x, x, fake_x))

    def step():
        loss_d = discriminators()
        freeze(ds)
        loss_g = generators(), generators()
        freeze(ds, False)
        return (loss_d, *loss_g)

    return step


class UNet(nn.Module):
    """Eight levels, each but the last with a way around what lies below."""
    def __init__(self):
        super().__init__()
        half = dict(kernel_size=4, stride=2, padding=1)
        downs, ups = (64, 128, 256, 512, 512, 512, 512, 512), (512, 512, 512, 512, 256, 128, 64, 3)
        self.down = nn.ModuleList(nn.Conv2d(c, n, **half) for c, n in zip((3, *downs), downs))
        self.up = nn.ModuleList(nn.ConvTranspose2d(c, n, **half)
                                for c, n in zip((512, 1024, 1024, 1024, 1024, 512, 256, 128), ups))

    def forward(self, x):
        kept = [self.down[0](x)]
        for layer in self.down[1:-1]:
            kept.append(nn.functional.instance_norm(layer(nn.functional.leaky_relu(kept[-1], 0.2))))
        h = self.down[-1](nn.functional.leaky_relu(kept[-1], 0.2)).relu_()
        for layer in self.up[:-1]:
            h = torch.cat((nn.functional.instance_norm(layer(h)), kept.pop()), 1).relu_()
        return self.up[-1](h).tanh()


def dualgan256(way):
    gs, ds = way.lay(UNet(), UNet()), way.lay(patches(), patches())
    x, y = (way.pictures(1, 3, 256, 256) for _ in range(2))
    weights = parameters(gs), parameters(ds)
    rules = [torch.optim.RMSprop(group, 5e-5, 0.9, foreach=True) for group in weights]
    (xy, yx), (d_x, d_y) = way.run(*gs), way.run(*ds)

    def discriminators(fakes):
        loss = 0
        for d, real, fake in ((d_x, x, fakes[0].detach()), (d_y, y, fakes[1].detach())):
            of_real, of_fake = judge(d, real, fake)
            loss = loss + of_fake.mean() - of_real.mean()
        loss = descend(rules[1], loss)
        with torch.no_grad():
            torch._foreach_clamp_min_(weights[1], -0.01)
            torch._foreach_clamp_max_(weights[1], 0.01)
        return loss

    def step():
        fake_y, fake_x = xy(x), yx(y)
        loss_d = discriminators((fake_x, fake_y))
        freeze(ds)
        loss = 500 * (l1_loss(yx(fake_y), x) + l1_loss(xy(fake_x), y)) - d_y(fake_y).mean() - d_x(fake_x).mean()
        loss_g = descend(rules[0], loss)
        freeze(ds, False)
        return loss_d, loss_g

    return step


# ---- through what domains have in common ----

def wider(channels, filters, *window):
    return nn.ConvTranspose2d(channels, filters, *window), nn.BatchNorm2d(filters, affine=False), nn.PReLU()


def cogan28(way):
    """What is shared is computed once, as in the authors' program: generators begin with one noise, and discriminators
    end with the pictures of both domains, real ones and fakes, as one batch."""
    trunk = nn.Sequential(*wider(100, 1024, 4), *wider(1024, 512, 3, 2, 1), *wider(512, 256, 3, 2, 1),
                          *wider(256, 128, 3, 2, 1))
    tail = nn.Sequential(nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.Conv2d(50, 500, 4), nn.PReLU(), nn.Conv2d(500, 1, 1))
    ends = [nn.Sequential(nn.ConvTranspose2d(128, 1, 6, 1, 1), nn.Tanh()) for _ in range(2)]
    begins = [nn.Sequential(nn.Conv2d(1, 20, 5), nn.MaxPool2d(2)) for _ in range(2)]
    way.lay(*(nn.Sequential(trunk, end) for end in ends), *(nn.Sequential(begin, tail) for begin in begins))
    x, y = (way.pictures(64, 1, 28, 28) for _ in range(2))
    gs, ds = (trunk, *ends), (*begins, tail)
    rules = adam(*gs, decay=5e-4), adam(*ds, decay=5e-4)
    (start, to_x, to_y), (of_x, of_y, finish) = way.run(*gs), way.run(*ds)
    real, one = (torch.arange(256) % 128 < 64).float(), torch.ones(128)

    def make():
        h = start(torch.randn(64, 100, 1, 1))
        return to_x(h), to_y(h)

    def discriminators():
        with torch.no_grad():
            fake_x, fake_y = make()
        seen = of_x(torch.cat((x, fake_x))), of_y(torch.cat((y, fake_y)))
        return descend(rules[1], 2 * bce(finish(torch.cat(seen)).flatten(), real))

    def step():
        loss_d = discriminators()
        freeze(ds)
        fake_x, fake_y = make()
        loss_g = descend(rules[0], bce(finish(torch.cat((of_x(fake_x), of_y(fake_y)))).flatten(), one))
        freeze(ds, False)
        return loss_d, loss_g

    return step


def unit_nets(way):
    """Encoders end in one block, decoders begin with another."""
    up = dict(kernel_size=3, stride=2, padding=1, output_padding=1)
    inwards, outwards = Block(reflect=False), Block(reflect=False)
    blocks = lambda: (Block(reflect=False) for _ in range(3))
    encoder = lambda: nn.Sequential(
        nn.Conv2d(3, 64, 7, 1, 3), leaky(0.01), nn.Conv2d(64, 128, 3, 2, 1), leaky(0.01), nn.Conv2d(128, 256, 3, 2, 1),
        leaky(0.01), *blocks(), inwards)
    decoder = lambda: nn.Sequential(
        outwards, *blocks(), nn.ConvTranspose2d(256, 128, **up), leaky(0.01), nn.ConvTranspose2d(128, 64, **up),
        leaky(0.01), nn.Conv2d(64, 3, 1), nn.Tanh())
    look = lambda: nn.Sequential(
        nn.Conv2d(3, 64, 3, 2, 1), leaky(0.01), nn.Conv2d(64, 128, 3, 2, 1), leaky(0.01), nn.Conv2d(128, 256, 3, 2, 1),
        leaky(0.01), nn.Conv2d(256, 512, 3, 2, 1), leaky(0.01), nn.Conv2d(512, 1, 1))
    return way.lay(encoder(), encoder()), way.lay(decoder(), decoder()), way.lay(look(), look())


def unit64(way):
    encoders, decoders, ds = unit_nets(way)
    x = [way.pictures(1, 3, 64, 64) for _ in range(2)]
    rules = adam(*encoders, *decoders, rate=1e-4, decay=1e-4), adam(*ds, rate=1e-4, decay=1e-4)
    encode, decode, look = way.run(*encoders), way.run(*decoders), way.run(*ds)

    def discriminators():
        with torch.no_grad():
            means = [encode[d](x[d]) for d in range(2)]
            fakes = [decode[d](means[1 - d] + torch.randn_like(means[1 - d])) for d in range(2)]
        loss = 0
        for d in range(2):
            of_real, of_fake = judge(look[d], x[d], fakes[d])
            loss = loss + against(of_real, 1) + against(of_fake, 0)
        return descend(rules[1], loss)

    def generators():
        means = [encode[d](x[d]) for d in range(2)]
        codes = [mean + torch.randn_like(mean) for mean in means]
        made = [decode[d](torch.cat((codes[d], codes[1 - d]))).chunk(2) for d in range(2)]
        loss = 0
        for d in range(2):
            (same, fake), (_, other) = made[d], made[1 - d]
            again = encode[1 - d](other)
            back = decode[d](again + torch.randn_like(again))
            loss = loss + 10 * (l1_loss(same, x[d]) + l1_loss(back, x[d])) + against(look[d](fake), 1)
            loss = loss + 0.01 * (means[d].square().mean() + again.square().mean())
        return descend(rules[0], loss)

    def step():
        loss_d = discriminators()
        freeze(ds)
        loss_g = generators()
        freeze(ds, False)
        return loss_d, loss_g

    return step


def combogan64(way):
    """The networks of CycleGAN cut in the middle, three of each; the pairs of domains take turns."""
    domains, pairs = range(3), ((0, 1), (0, 2), (1, 2))
    encoders = way.lay(*(nn.Sequential(*cycle_begin(3)) for _ in domains))
    decoders = way.lay(*(nn.Sequential(*(Block(reflect=True) for _ in range(3)), *cycle_end()) for _ in domains))
    ds = way.lay(*(patches() for _ in domains))
    x = [way.pictures(1, 3, 64, 64) for _ in domains]
    rules = adam(*encoders, *decoders), adam(*ds)
    encode, decode, look = way.run(*encoders), way.run(*decoders), way.run(*ds)
    pools = [History() for _ in domains]
    turns = [0]

    def step():
        pair = pairs[turns[0] % 3]
        turns[0] += 1
        freeze(ds)
        codes = [encode[d](x[d]) for d in pair]
        fakes = [decode[d](codes[1 - i]) for i, d in enumerate(pair)]
        loss = 0
        for i, d in enumerate(pair):
            back = decode[d](encode[pair[1 - i]](fakes[1 - i]))
            loss = loss + 10 * l1_loss(back, x[d]) + against(look[d](fakes[i]), 1)
        loss_g = descend(rules[0], loss)
        freeze(ds, False)
        return loss_g, judged(rules[1], [(look[d], x[d], pools[d].query(fakes[i])) for i, d in enumerate(pair)])

    return step


STEPS = {make.__name__: make for make in (cyclegan128, translate128, discogan64, dualgan256, cogan28, unit64, combogan64)}
