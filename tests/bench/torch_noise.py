"""Steps of trainings from noise, and of auto-encoders, in PyTorch: each function takes a Way (torch_ways.py) and gives
what makes a step of the networks that gan bench has under its name."""
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce, mse_loss, one_hot, relu
from torch.nn.utils.parametrizations import spectral_norm

from torch_ways import adam, freeze, parameters

HALF = dict(kernel_size=4, stride=2, padding=1)
PLAIN = dict(HALF, bias=False)


def leaky(slope=0.2):
    return nn.LeakyReLU(slope, True)


# ---- a generator and a discriminator ----

def play(way, g, d, real, noise):
    """Non-saturating, on the same fakes; real ones and fakes are batches of their own, as batch norm wants it."""
    g, d = way.lay(g, d)
    g_rule, d_rule = adam(g), adam(d)
    make, judge = way.run(g, d)
    one, zero = torch.ones(len(real)), torch.zeros(len(real))

    def step():
        z = torch.randn(len(real), *noise)
        d_rule.zero_grad(set_to_none=True)
        bce_real = bce(judge(real).flatten(), one)
        bce_real.backward()
        fake = make(z)
        bce_fake = bce(judge(fake.detach()).flatten(), zero)
        bce_fake.backward()
        d_rule.step()
        freeze([d])
        g_rule.zero_grad(set_to_none=True)
        loss = bce(judge(fake).flatten(), one)
        loss.backward()
        g_rule.step()
        freeze([d], False)
        return (bce_real + bce_fake).item(), loss.item()

    return step


def mlp(way):
    g = nn.Sequential(nn.Linear(100, 256), leaky(), nn.Linear(256, 512), leaky(), nn.Linear(512, 1024), leaky(),
                      nn.Linear(1024, 784), nn.Tanh())
    d = nn.Sequential(nn.Linear(784, 512), leaky(), nn.Linear(512, 256), leaky(), nn.Linear(256, 1))
    return play(way, g, d, way.pictures(64, 784), (100,))


def up(channels, filters):
    return nn.ConvTranspose2d(channels, filters, **PLAIN), nn.BatchNorm2d(filters), nn.ReLU(True)


def down(channels, filters):
    return nn.Conv2d(channels, filters, **PLAIN), nn.BatchNorm2d(filters), leaky()


def dcgan64(way):
    g = nn.Sequential(
        nn.ConvTranspose2d(100, 512, 4, bias=False), nn.BatchNorm2d(512), nn.ReLU(True),
        *up(512, 256), *up(256, 128), *up(128, 64), nn.ConvTranspose2d(64, 3, **PLAIN), nn.Tanh())
    d = nn.Sequential(
        nn.Conv2d(3, 64, **PLAIN), leaky(), *down(64, 128), *down(128, 256), *down(256, 512),
        nn.Conv2d(512, 1, 4, bias=False))
    return play(way, g, d, way.pictures(64, 3, 64, 64), (100, 1, 1))


def small_g():
    return nn.Sequential(
        nn.ConvTranspose2d(100, 128, 7, bias=False), nn.BatchNorm2d(128), nn.ReLU(True), *up(128, 64),
        nn.ConvTranspose2d(64, 1, **PLAIN), nn.Tanh())


def dcgan28(way, batch=64):
    d = nn.Sequential(nn.Conv2d(1, 64, **PLAIN), leaky(), *down(64, 128), nn.Conv2d(128, 1, 7, bias=False))
    return play(way, small_g(), d, way.pictures(batch, 1, 28, 28), (100, 1, 1))


def single28(way):
    return dcgan28(way, 1)


def critic(channels=1):
    """A discriminator that may have a penalty on its slope."""
    return nn.Sequential(
        nn.Conv2d(channels, 64, **PLAIN), nn.LeakyReLU(0.2), nn.Conv2d(64, 128, **PLAIN),
        nn.InstanceNorm2d(128, affine=True), nn.LeakyReLU(0.2), nn.Conv2d(128, 1, 7, bias=False), nn.Flatten(0))


def wgan_gp28(way):
    """One step of D for one of G. A compiled D has no double backward."""
    g, d = way.lay(small_g(), critic())
    real, batch = way.pictures(64, 1, 28, 28), 64
    g_rule, d_rule = (adam(net, rate=1e-4, betas=(0.0, 0.9)) for net in (g, d))
    make, = way.run(g)

    def step():
        d_rule.zero_grad(set_to_none=True)
        fake = make(torch.randn(batch, 100, 1, 1))
        made, e = fake.detach(), torch.rand(batch, 1, 1, 1)
        between = (made + e * (real - made)).requires_grad_()
        slope, = torch.autograd.grad(d(between).sum(), between, create_graph=True)
        penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
        of_made, of_real = d(torch.cat((made, real))).chunk(2)
        loss_d = of_made.mean() - of_real.mean() + 10 * penalty
        loss_d.backward()
        d_rule.step()
        freeze([d])
        g_rule.zero_grad(set_to_none=True)
        loss = -d(fake).mean()
        loss.backward()
        g_rule.step()
        freeze([d], False)
        return loss_d.item(), loss.item()

    return step


# ---- variants of the GAN: what D sees, how scores count, a penalty ----

def objective28(way, see=lambda x: x, count=lambda scores, others: scores, penalty=None, channels=1):
    """Non-saturating. see(pictures) is what D sees of them, count(scores, others) what counts of scores beside those
    of the others, penalty(d, real, its scores) a term of D's own."""
    g, d = way.lay(small_g(), critic(channels))
    real, batch = way.pictures(64, 1, 28, 28), 64
    g_rule, d_rule = adam(g), adam(d)
    make, judge = way.run(g, d)
    if penalty:
        judge = d  # compiled it would have no double backward

    def step():
        d_rule.zero_grad(set_to_none=True)
        fake = make(torch.randn(batch, 100, 1, 1))
        seen = see(real)
        if penalty is at_real:
            seen.requires_grad_()
        of_real, of_fake = judge(torch.cat((seen, see(fake.detach())))).chunk(2)
        one, zero = torch.ones_like(of_real), torch.zeros_like(of_real)
        loss_d = bce(count(of_real, of_fake), one) + bce(count(of_fake, of_real), zero)
        (loss_d + penalty(d, seen, of_real) if penalty else loss_d).backward()
        d_rule.step()
        freeze([d])
        g_rule.zero_grad(set_to_none=True)
        if count is beside:
            of_real, of_fake = judge(torch.cat((seen, see(fake)))).chunk(2)
            loss = bce(count(of_fake, of_real), one) + bce(count(of_real, of_fake), zero)
        else:
            loss = bce(judge(see(fake)), one)
        loss.backward()
        g_rule.step()
        freeze([d], False)
        return loss_d.item(), loss.item()

    return step


def beside(scores, others):
    return scores - others.mean()


def at_real(d, real, scores):
    slope, = torch.autograd.grad(scores.sum(), real, create_graph=True)
    return 5 * slope.square().sum((1, 2, 3)).mean()


def around_real(d, real, scores):
    near = (real + 0.5 * real.std() * torch.rand_like(real)).requires_grad_()
    slope, = torch.autograd.grad(d(near).sum(), near, create_graph=True)
    return 10 * ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()


def changed(x):
    """Colour, flip, translation by an eighth, a hole of a half, for each picture."""
    n, _, h, w = x.shape
    draw = lambda: torch.rand(n, 1, 1, 1)
    x = x + draw() - 0.5
    mean = x.mean(1, keepdim=True)
    x = mean + (x - mean) * 2 * draw()
    mean = x.mean((1, 2, 3), keepdim=True)
    x = mean + (x - mean) * (draw() + 0.5)
    x = torch.where(draw() < 0.5, x.flip(3), x)
    rows, columns = torch.arange(h).view(1, h, 1), torch.arange(w).view(1, 1, w)
    by = lambda size: torch.randint(-(size // 8), size // 8 + 1, (n, 1, 1))
    down, right = (rows + by(h) + 1).clamp(0, h + 1), (columns + by(w) + 1).clamp(0, w + 1)
    padded = nn.functional.pad(x, (1, 1, 1, 1)).permute(0, 2, 3, 1)
    x = padded[torch.arange(n).view(n, 1, 1), down, right].permute(0, 3, 1, 2)
    top, left = torch.randint(0, h, (n, 1, 1)), torch.randint(0, w, (n, 1, 1))
    hole = ((rows - top).abs() < h // 4) & ((columns - left).abs() < w // 4)
    return x * ~hole.unsqueeze(1)


def r1_28(way):
    return objective28(way, penalty=at_real)


def dragan28(way):
    return objective28(way, penalty=around_real)


def relativistic28(way):
    return objective28(way, count=beside)


def pack28(way):
    return objective28(way, see=lambda x: x.reshape(len(x) // 2, 2, 28, 28), channels=2)


def augment28(way):
    return objective28(way, see=changed)


def langevin28(way):
    """A discriminator alone: chains of 20 steps make its negatives, 19 of 20 from where earlier ones ended."""
    d, = way.lay(nn.Sequential(
        nn.Conv2d(1, 32, **HALF), nn.SiLU(), nn.Conv2d(32, 64, **HALF), nn.SiLU(), nn.Conv2d(64, 64, 3, 1, 1), nn.SiLU(),
        nn.Flatten(), nn.Linear(64 * 7 * 7, 64), nn.SiLU(), nn.Linear(64, 1), nn.Flatten(0)))
    real, rule, ends = way.pictures(64, 1, 28, 28), adam(d), torch.rand(10000, 1, 28, 28) * 2 - 1
    judge, = way.run(d)

    def step():
        place = torch.randint(0, len(ends), (64,))
        x = torch.where(torch.rand(64, 1, 1, 1) < 0.95, ends[place], torch.rand_like(real) * 2 - 1)
        freeze([d])
        for _ in range(20):
            x = (x + 0.01 * torch.randn_like(x)).requires_grad_()
            slope, = torch.autograd.grad(judge(x).sum(), x)
            x = (x.detach() + 10 * slope.clamp(-0.03, 0.03)).clamp(-1, 1)
        freeze([d], False)
        ends[place] = x
        rule.zero_grad(set_to_none=True)
        of_real, of_made = judge(torch.cat((real, x))).chunk(2)
        loss = of_made.mean() - of_real.mean() + 0.1 * (of_made.square().mean() + of_real.square().mean())
        loss.backward()
        rule.step()
        return loss.item()

    return step


class OfPairs(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(1, 64, **HALF), leaky(), nn.Conv2d(64, 128, **HALF), leaky())
        self.head = nn.Sequential(nn.Conv2d(138, 128, 3, 1, 1), leaky(), nn.Flatten(), nn.Linear(7 * 7 * 128, 1))

    def forward(self, x, condition):
        h = self.trunk(x)
        return self.head(torch.cat((h, condition[:, :, None, None].expand(-1, -1, *h.shape[2:])), 1)).flatten()


def cgan28(way):
    """Matched and mismatched pairs are one batch to D, as in libgan; G takes noise and condition side by side."""
    g, d = way.lay(nn.Sequential(
        nn.Linear(74, 7 * 7 * 128, bias=False), nn.Unflatten(1, (128, 7, 7)), nn.BatchNorm2d(128), nn.ReLU(True),
        *up(128, 64), nn.ConvTranspose2d(64, 1, **PLAIN), nn.Tanh()), OfPairs())
    real, batch = way.pictures(64, 1, 28, 28), 64
    condition = one_hot(torch.arange(batch) % 10, 10).float()
    g_rule, d_rule = adam(g), adam(d)
    make, judge = way.run(g, d)
    one, zero = torch.ones(batch), torch.zeros(batch)

    def step():
        z = torch.randn(batch, 64)
        d_rule.zero_grad(set_to_none=True)
        matched, mismatched = judge(torch.cat((real, real)), torch.cat((condition, condition))).chunk(2)
        fake = make(torch.cat((z, condition), 1))
        loss_d = bce(matched, one) + bce(mismatched, zero) + bce(judge(fake.detach(), condition), zero)
        loss_d.backward()
        d_rule.step()
        freeze([d])
        g_rule.zero_grad(set_to_none=True)
        loss = bce(judge(fake, condition), one)
        loss.backward()
        g_rule.step()
        freeze([d], False)
        return loss_d.item(), loss.item()

    return step


def hinge_d():
    shapes = ((3, 64, 3, 1), (64, 128, 4, 2), (128, 128, 3, 1), (128, 256, 4, 2), (256, 256, 3, 1), (256, 512, 4, 2),
              (512, 512, 3, 1))
    layers = []
    for channels, filters, window, stride in shapes:
        layers += [spectral_norm(nn.Conv2d(channels, filters, window, stride, 1)), leaky(0.1)]
    return nn.Sequential(*layers, nn.Flatten(), spectral_norm(nn.Linear(8 * 8 * 512, 1)))


def hinge64(way):
    """The convolutional networks of spectral normalisation's paper."""
    g, d = way.lay(nn.Sequential(
        nn.Linear(128, 8 * 8 * 512, bias=False), nn.Unflatten(1, (512, 8, 8)), nn.BatchNorm2d(512), nn.ReLU(True),
        *up(512, 256), *up(256, 128), *up(128, 64), nn.Conv2d(64, 3, 3, 1, 1, bias=False), nn.Tanh()), hinge_d())
    real, batch = way.pictures(64, 3, 64, 64), 64
    g_rule, d_rule = adam(g), adam(d)
    make, judge = way.run(g, d)

    def step():
        d_rule.zero_grad(set_to_none=True)
        fake = make(torch.randn(batch, 128))
        loss_real = relu(1 - judge(real)).mean()
        loss_fake = relu(1 + judge(fake.detach())).mean()
        (loss_real + loss_fake).backward()
        d_rule.step()
        freeze([d])
        g_rule.zero_grad(set_to_none=True)
        loss = -judge(fake).mean()
        loss.backward()
        g_rule.step()
        freeze([d], False)
        return (loss_real + loss_fake).item(), loss.item()

    return step


# ---- auto-encoders ----

def small_encoder(*end):
    return nn.Sequential(nn.Conv2d(1, 32, **HALF), nn.ReLU(True), nn.Conv2d(32, 64, **HALF), nn.ReLU(True),
                         nn.Flatten(), nn.Linear(7 * 7 * 64, 256), nn.ReLU(True), *end)


def small_decoder(code, *end):
    return nn.Sequential(nn.Linear(code, 256), nn.ReLU(True), nn.Linear(256, 7 * 7 * 64),
                         nn.Unflatten(1, (64, 7, 7)), nn.ReLU(True), nn.ConvTranspose2d(64, 32, **HALF), nn.ReLU(True),
                         nn.ConvTranspose2d(32, 1, **HALF), *end)


def divergence(mean, log_variance):
    return (mean ** 2 + torch.expm1(log_variance) - log_variance).sum() / (2 * len(mean))


class Heads(nn.Module):
    """Mean and log-variance."""
    def __init__(self, width, code):
        super().__init__()
        self.mean, self.log_variance = nn.Linear(width, code), nn.Linear(width, code)

    def forward(self, h):
        return self.mean(h), self.log_variance(h)


def vae28(way):
    encoder, decoder = way.lay(small_encoder(Heads(256, 16)), small_decoder(16))
    real, batch = way.pictures(128, 1, 28, 28), 128
    rule = adam(encoder, decoder, rate=1e-3, betas=(0.9, 0.999))

    def losses(x, epsilon):
        mean, log_variance = encoder(x)
        decoded = decoder(mean + torch.exp(log_variance / 2) * epsilon)
        return bce(decoded, (x + 1) / 2, reduction="sum") / batch, divergence(mean, log_variance)

    if way.compiled:
        losses = torch.compile(losses)

    def step():
        rule.zero_grad(set_to_none=True)
        reconstruction, kl = losses(real, torch.randn(batch, 16))
        (reconstruction + kl).backward()
        rule.step()
        return reconstruction.item(), kl.item()

    return step


def autoencoder28(way):
    encoder, decoder = way.lay(small_encoder(nn.Linear(256, 32)), small_decoder(32, nn.Tanh()))
    real = way.pictures(128, 1, 28, 28)
    rule = adam(encoder, decoder, rate=1e-3, betas=(0.9, 0.999))
    net, = way.run(nn.Sequential(encoder, decoder))

    def step():
        rule.zero_grad(set_to_none=True)
        loss = mse_loss(net(real), real)
        loss.backward()
        rule.step()
        return loss.item()

    return step


class Judge(nn.Module):
    """The discriminator of vaegan64: a score, and what reconstructions are compared by."""
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 32, 5, 1, 2), nn.ReLU(True), *half(32, 128), *half(128, 256),
                                      *half(256, 256))
        self.score = nn.Sequential(nn.Flatten(), nn.Linear(8 * 8 * 256, 512, bias=False), nn.BatchNorm1d(512),
                                   nn.ReLU(True), nn.Linear(512, 1))

    def forward(self, x):
        features = self.features(x)
        return self.score(features), features


def half(channels, filters):
    return nn.Conv2d(channels, filters, 5, 2, 2, bias=False), nn.BatchNorm2d(filters), nn.ReLU(True)


def twice(channels, filters):
    return (nn.ConvTranspose2d(channels, filters, 5, 2, 2, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(True))


def vaegan64(way):
    """Three ways back through one pass, each to its own network, whose leaves are all that autograd is asked for."""
    encoder, decoder, d = way.lay(
        nn.Sequential(*half(3, 64), *half(64, 128), *half(128, 256), nn.Flatten(),
                      nn.Linear(8 * 8 * 256, 2048, bias=False), nn.BatchNorm1d(2048), nn.ReLU(True), Heads(2048, 128)),
        nn.Sequential(nn.Linear(128, 8 * 8 * 256, bias=False), nn.Unflatten(1, (256, 8, 8)), nn.BatchNorm2d(256),
                      nn.ReLU(True), *twice(256, 256), *twice(256, 128), *twice(128, 32), nn.Conv2d(32, 3, 5, 1, 2),
                      nn.Tanh()),
        Judge())
    real, batch = way.pictures(16, 3, 64, 64), 16
    groups = [parameters([net]) for net in (encoder, decoder, d)]
    rules = [torch.optim.RMSprop(group, 3e-4, foreach=True) for group in groups]
    encode, decode, judge = way.run(encoder, decoder, d)
    one, zero = torch.ones(batch, 1), torch.zeros(batch, 1)

    def step():
        mean, log_variance = encode(real)
        made = decode(mean + torch.exp(log_variance / 2) * torch.randn_like(mean))
        drawn = decode(torch.randn(batch, 128))
        (of_real, features), (of_made, again), (of_drawn, _) = judge(real), judge(made), judge(drawn)
        apart = ((again - features) ** 2).sum() / (2 * batch)
        losses = (apart + divergence(mean, log_variance), 0.01 * apart + bce(of_made, one) + bce(of_drawn, one),
                  bce(of_real, one) + bce(of_made, zero) + bce(of_drawn, zero))
        for group, loss in zip(groups, losses):
            for p, gradient in zip(group, torch.autograd.grad(loss, group, retain_graph=loss is not losses[2])):
                p.grad = gradient
        for rule in rules:
            rule.step()
        return [loss.item() for loss in losses]

    return step


STEPS = {make.__name__: make for make in (
    mlp, dcgan28, single28, dcgan64, wgan_gp28, r1_28, dragan28, relativistic28, pack28, augment28, langevin28, cgan28,
    hinge64, vae28, autoencoder28, vaegan64)}
