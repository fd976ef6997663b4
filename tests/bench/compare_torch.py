"""Times gan bench's training cases beside PyTorch, in alternation, with equal nets, batches, losses and threads.

    python compare_torch.py BUILD/gan [--threads 2] [--rounds 9] [--case train.mlp ...]

Peak memory is that of the whole processes, libgan / PyTorch. PyTorch runs in its own process, which stays alive and waits while the other works, and so does each of libgan's
measurements: A B A B. For each net PyTorch is taken at its best of {NCHW, channels_last} x {eager, compiled (with
--compile)}, with fused Adam. Printed is
the ratio PyTorch / libgan of the medians (above 1: libgan is faster), its spread over the pairs, and an A / A row: the
same of libgan against itself, which shows the noise.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

BATCH = {"train.vae28": 128, "train.autoencoder28": 128, "train.cyclegan128": 1, "train.unit64": 1}  # else 64


def batch_of(name):
    return BATCH.get(name, 64)



def nets(name):
    from torch import nn
    c = dict(kernel_size=4, stride=2, padding=1, bias=False)
    if name == "train.dcgan64":
        g = nn.Sequential(
            nn.ConvTranspose2d(100, 512, 4, bias=False), nn.BatchNorm2d(512), nn.ReLU(True),
            nn.ConvTranspose2d(512, 256, **c), nn.BatchNorm2d(256), nn.ReLU(True),
            nn.ConvTranspose2d(256, 128, **c), nn.BatchNorm2d(128), nn.ReLU(True),
            nn.ConvTranspose2d(128, 64, **c), nn.BatchNorm2d(64), nn.ReLU(True),
            nn.ConvTranspose2d(64, 3, **c), nn.Tanh())
        d = nn.Sequential(
            nn.Conv2d(3, 64, **c), nn.LeakyReLU(0.2, True),
            nn.Conv2d(64, 128, **c), nn.BatchNorm2d(128), nn.LeakyReLU(0.2, True),
            nn.Conv2d(128, 256, **c), nn.BatchNorm2d(256), nn.LeakyReLU(0.2, True),
            nn.Conv2d(256, 512, **c), nn.BatchNorm2d(512), nn.LeakyReLU(0.2, True),
            nn.Conv2d(512, 1, 4, bias=False))
        return g, d, (3, 64, 64), (100, 1, 1)
    if name == "train.dcgan28":
        g = nn.Sequential(
            nn.ConvTranspose2d(100, 128, 7, bias=False), nn.BatchNorm2d(128), nn.ReLU(True),
            nn.ConvTranspose2d(128, 64, **c), nn.BatchNorm2d(64), nn.ReLU(True),
            nn.ConvTranspose2d(64, 1, **c), nn.Tanh())
        d = nn.Sequential(
            nn.Conv2d(1, 64, **c), nn.LeakyReLU(0.2, True),
            nn.Conv2d(64, 128, **c), nn.BatchNorm2d(128), nn.LeakyReLU(0.2, True),
            nn.Conv2d(128, 1, 7, bias=False))
        return g, d, (1, 28, 28), (100, 1, 1)
    relu = lambda: nn.LeakyReLU(0.2, True)
    g = nn.Sequential(nn.Linear(100, 256), relu(), nn.Linear(256, 512), relu(),
                      nn.Linear(512, 1024), relu(), nn.Linear(1024, 784), nn.Tanh())
    d = nn.Sequential(nn.Linear(784, 512), relu(), nn.Linear(512, 256), relu(), nn.Linear(256, 1))
    return g, d, (784,), (100,)


def vae_net():
    """The net of the recipe fashion-vae: encoder but for its heads, heads, decoder."""
    from torch import nn
    c = dict(kernel_size=4, stride=2, padding=1)
    trunk = nn.Sequential(nn.Conv2d(1, 32, **c), nn.ReLU(True), nn.Conv2d(32, 64, **c), nn.ReLU(True),
                          nn.Flatten(), nn.Linear(7 * 7 * 64, 256), nn.ReLU(True))
    decoder = nn.Sequential(nn.Linear(16, 256), nn.ReLU(True), nn.Linear(256, 7 * 7 * 64),
                            nn.Unflatten(1, (64, 7, 7)), nn.ReLU(True),
                            nn.ConvTranspose2d(64, 32, **c), nn.ReLU(True), nn.ConvTranspose2d(32, 1, **c))
    return nn.ModuleList([trunk, nn.Linear(256, 16), nn.Linear(256, 16), decoder])


def make_vae_step(name, channels_last, compiled):
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits as bce
    net = vae_net()
    batch = batch_of(name)
    real = torch.rand(batch, 1, 28, 28) * 2 - 1
    if channels_last:
        net, real = net.to(memory_format=torch.channels_last), real.contiguous(memory_format=torch.channels_last)
    rule = torch.optim.Adam(net.parameters(), 1e-3, fused=True)

    def losses(x, epsilon):
        trunk, mean_head, log_variance_head, decoder = net
        h = trunk(x)
        mean, log_variance = mean_head(h), log_variance_head(h)
        decoded = decoder(mean + torch.exp(log_variance / 2) * epsilon)
        reconstruction = bce(decoded, (x + 1) / 2, reduction="sum") / batch
        kl = (mean ** 2 + torch.expm1(log_variance) - log_variance).sum() / (2 * batch)
        return reconstruction, kl

    if compiled:
        losses = torch.compile(losses)

    def step():
        rule.zero_grad(set_to_none=True)
        reconstruction, kl = losses(real, torch.randn(batch, 16))
        (reconstruction + kl).backward()
        rule.step()
        return reconstruction.item(), kl.item()

    return step


def make_autoencoder_step(name, channels_last, compiled):
    """The nets of the recipe fashion-autoencoder."""
    import torch
    from torch import nn
    c = dict(kernel_size=4, stride=2, padding=1)
    encoder = nn.Sequential(nn.Conv2d(1, 32, **c), nn.ReLU(True), nn.Conv2d(32, 64, **c), nn.ReLU(True),
                            nn.Flatten(), nn.Linear(7 * 7 * 64, 256), nn.ReLU(True), nn.Linear(256, 32))
    decoder = nn.Sequential(nn.Linear(32, 256), nn.ReLU(True), nn.Linear(256, 7 * 7 * 64),
                            nn.Unflatten(1, (64, 7, 7)), nn.ReLU(True),
                            nn.ConvTranspose2d(64, 32, **c), nn.ReLU(True), nn.ConvTranspose2d(32, 1, **c), nn.Tanh())
    net = nn.Sequential(encoder, decoder)
    real = torch.rand(batch_of(name), 1, 28, 28) * 2 - 1
    if channels_last:
        net, real = net.to(memory_format=torch.channels_last), real.contiguous(memory_format=torch.channels_last)
    rule = torch.optim.Adam(net.parameters(), 1e-3, fused=True)
    if compiled:
        net = torch.compile(net)

    def step():
        rule.zero_grad(set_to_none=True)
        loss = nn.functional.mse_loss(net(real), real)
        loss.backward()
        rule.step()
        return loss.item()

    return step


def cycle_nets():
    """The reference networks for 128 pixels: six blocks; patches of 70x70."""
    from torch import nn
    norm, relu, leaky = nn.InstanceNorm2d, lambda: nn.ReLU(True), lambda: nn.LeakyReLU(0.2, True)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(256, 256, 3), norm(256), relu(),
                                      nn.ReflectionPad2d(1), nn.Conv2d(256, 256, 3), norm(256))

        def forward(self, x):
            return x + self.body(x)

    up = dict(kernel_size=3, stride=2, padding=1, output_padding=1)
    g = lambda: nn.Sequential(
        nn.ReflectionPad2d(3), nn.Conv2d(3, 64, 7), norm(64), relu(), nn.Conv2d(64, 128, 3, 2, 1), norm(128), relu(),
        nn.Conv2d(128, 256, 3, 2, 1), norm(256), relu(), *(Block() for _ in range(6)),
        nn.ConvTranspose2d(256, 128, **up), norm(128), relu(), nn.ConvTranspose2d(128, 64, **up), norm(64), relu(),
        nn.ReflectionPad2d(3), nn.Conv2d(64, 3, 7), nn.Tanh())
    d = lambda: nn.Sequential(
        nn.Conv2d(3, 64, 4, 2, 1), leaky(), nn.Conv2d(64, 128, 4, 2, 1), norm(128), leaky(),
        nn.Conv2d(128, 256, 4, 2, 1), norm(256), leaky(), nn.Conv2d(256, 512, 4, 1, 1), norm(512), leaky(),
        nn.Conv2d(512, 1, 4, 1, 1))
    return [g(), g(), d(), d()]


class History:
    """The last fakes, as the reference program keeps them."""
    def __init__(self, size=50):
        self.size, self.kept = size, []

    def query(self, picture):
        import random
        picture = picture.detach()
        if len(self.kept) < self.size:
            self.kept.append(picture.clone())
        elif random.random() > 0.5:
            place = random.randrange(self.size)
            picture, self.kept[place] = self.kept[place], picture.clone()
        return picture


def make_cycle_step(name, channels_last, compiled):
    import itertools
    import torch
    from torch.nn.functional import l1_loss, mse_loss
    models = cycle_nets()
    x, y = (torch.rand(batch_of(name), 3, 128, 128) * 2 - 1 for _ in range(2))
    if channels_last:
        models = [m.to(memory_format=torch.channels_last) for m in models]
        x, y = (v.contiguous(memory_format=torch.channels_last) for v in (x, y))
    rules = [torch.optim.Adam(itertools.chain(*(m.parameters() for m in pair)), 2e-4, (0.5, 0.999), fused=True)
             for pair in (models[:2], models[2:])]
    plain_ds = models[2:]
    if compiled:
        models = [torch.compile(m) for m in models]
    xy, yx, d_x, d_y = models
    pools = History(), History()
    against = lambda score, target: mse_loss(score, torch.full_like(score, target))

    def step():
        for d in plain_ds:
            d.requires_grad_(False)
        rules[0].zero_grad(set_to_none=True)
        fake_y = xy(x)
        back_x = yx(fake_y)
        fake_x = yx(y)
        back_y = xy(fake_x)
        loss_g = 5 * (l1_loss(xy(y), y) + l1_loss(yx(x), x)) + 10 * (l1_loss(back_x, x) + l1_loss(back_y, y))
        loss_g = loss_g + against(d_y(fake_y), 1) + against(d_x(fake_x), 1)
        loss_g.backward()
        rules[0].step()
        for d in plain_ds:
            d.requires_grad_(True)
        rules[1].zero_grad(set_to_none=True)
        loss_d = 0
        for d, real, fake, pool in ((d_x, x, fake_x, pools[0]), (d_y, y, fake_y, pools[1])):
            loss = 0.5 * (against(d(real), 1) + against(d(pool.query(fake)), 0))
            loss.backward()
            loss_d += loss.item()
        rules[1].step()
        return loss_g.item(), loss_d

    return step


def make_gan_step(name, channels_last, compiled):
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits as bce
    g, d, x_shape, z_shape = nets(name)
    batch = batch_of(name)
    real = torch.rand(batch, *x_shape) * 2 - 1
    if channels_last and len(x_shape) == 3:
        g, d = (m.to(memory_format=torch.channels_last) for m in (g, d))
        real = real.contiguous(memory_format=torch.channels_last)
    adam = lambda m: torch.optim.Adam(m.parameters(), 2e-4, (0.5, 0.999), fused=True)
    g_rule, d_rule = adam(g), adam(d)
    if compiled:
        g, d = torch.compile(g), torch.compile(d)

    def step():
        one, zero = torch.ones(batch), torch.zeros(batch)
        z = torch.randn(batch, *z_shape)
        d_rule.zero_grad(set_to_none=True)
        bce_real = bce(d(real).flatten(), one)
        bce_real.backward()
        fake = g(z)
        bce_fake = bce(d(fake.detach()).flatten(), zero)
        bce_fake.backward()
        d_rule.step()
        g_rule.zero_grad(set_to_none=True)
        loss = bce(d(fake).flatten(), one)
        loss.backward()
        g_rule.step()
        return (bce_real + bce_fake).item(), loss.item()

    return step


def make_penalty_step(name, channels_last, compiled):
    """WGAN-GP with one step of D for one of G, on DCGAN-28 with instance norm in D."""
    import torch
    from torch import nn
    g, d, x_shape, z_shape = nets("train.dcgan28")
    d[3] = nn.InstanceNorm2d(128, affine=True)
    d[1], d[4] = nn.LeakyReLU(0.2), nn.LeakyReLU(0.2)
    batch = batch_of(name)
    real = torch.rand(batch, *x_shape) * 2 - 1
    if channels_last:
        g, d = (m.to(memory_format=torch.channels_last) for m in (g, d))
        real = real.contiguous(memory_format=torch.channels_last)
    adam = lambda m: torch.optim.Adam(m.parameters(), 1e-4, (0.0, 0.9), fused=True)
    g_rule, d_rule = adam(g), adam(d)
    if compiled:
        g = torch.compile(g)  # a compiled D has no double backward

    def step():
        d_rule.zero_grad(set_to_none=True)
        fake = g(torch.randn(batch, *z_shape))
        made, e = fake.detach(), torch.rand(batch, 1, 1, 1)
        between = (made + e * (real - made)).requires_grad_()
        slope, = torch.autograd.grad(d(between).sum(), between, create_graph=True)
        penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
        loss_d = d(made).mean() - d(real).mean() + 10 * penalty
        loss_d.backward()
        d_rule.step()
        g_rule.zero_grad(set_to_none=True)
        loss = -d(fake).mean()
        loss.backward()
        g_rule.step()
        return loss_d.item(), loss.item()

    return step


def cgan_nets():
    """The nets of the recipe fashion-cgan; G takes noise and condition side by side."""
    import torch
    from torch import nn
    c = dict(kernel_size=4, stride=2, padding=1)
    leaky = lambda: nn.LeakyReLU(0.2, True)
    g = nn.Sequential(
        nn.Linear(74, 7 * 7 * 128, bias=False), nn.Unflatten(1, (128, 7, 7)), nn.BatchNorm2d(128), nn.ReLU(True),
        nn.ConvTranspose2d(128, 64, bias=False, **c), nn.BatchNorm2d(64), nn.ReLU(True),
        nn.ConvTranspose2d(64, 1, bias=False, **c), nn.Tanh())

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            self.trunk = nn.Sequential(nn.Conv2d(1, 64, **c), leaky(), nn.Conv2d(64, 128, **c), leaky())
            self.head = nn.Sequential(nn.Conv2d(138, 128, 3, 1, 1), leaky(), nn.Flatten(), nn.Linear(7 * 7 * 128, 1))

        def forward(self, x, condition):
            h = self.trunk(x)
            return self.head(torch.cat((h, condition[:, :, None, None].expand(-1, -1, *h.shape[2:])), 1)).flatten()

    return g, Discriminator()


def make_cgan_step(name, channels_last, compiled):
    """Matched and mismatched pairs are one batch to D, as in libgan."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits as bce, one_hot
    g, d = cgan_nets()
    batch = batch_of(name)
    real = torch.rand(batch, 1, 28, 28) * 2 - 1
    condition = one_hot(torch.arange(batch) % 10, 10).float()
    if channels_last:
        g, d = (m.to(memory_format=torch.channels_last) for m in (g, d))
        real = real.contiguous(memory_format=torch.channels_last)
    g_rule, d_rule = (torch.optim.Adam(m.parameters(), 2e-4, (0.5, 0.999), fused=True) for m in (g, d))
    if compiled:
        g, d = torch.compile(g), torch.compile(d)

    def step():
        one, zero = torch.ones(batch), torch.zeros(batch)
        z = torch.randn(batch, 64)
        d_rule.zero_grad(set_to_none=True)
        matched, mismatched = d(torch.cat((real, real)), torch.cat((condition, condition))).chunk(2)
        fake = g(torch.cat((z, condition), 1))
        loss_d = bce(matched, one) + bce(mismatched, zero) + bce(d(fake.detach(), condition), zero)
        loss_d.backward()
        d_rule.step()
        g_rule.zero_grad(set_to_none=True)
        loss = bce(d(fake, condition), one)
        loss.backward()
        g_rule.step()
        return loss_d.item(), loss.item()

    return step


def hinge_nets():
    """The convolutional nets of spectral normalisation's paper, for 64 pixels."""
    from torch import nn
    from torch.nn.utils.parametrizations import spectral_norm
    up = dict(kernel_size=4, stride=2, padding=1, bias=False)
    g = nn.Sequential(
        nn.Linear(128, 8 * 8 * 512, bias=False), nn.Unflatten(1, (512, 8, 8)), nn.BatchNorm2d(512), nn.ReLU(True),
        nn.ConvTranspose2d(512, 256, **up), nn.BatchNorm2d(256), nn.ReLU(True),
        nn.ConvTranspose2d(256, 128, **up), nn.BatchNorm2d(128), nn.ReLU(True),
        nn.ConvTranspose2d(128, 64, **up), nn.BatchNorm2d(64), nn.ReLU(True),
        nn.Conv2d(64, 3, 3, 1, 1, bias=False), nn.Tanh())
    shapes = ((3, 64, 3, 1), (64, 128, 4, 2), (128, 128, 3, 1), (128, 256, 4, 2), (256, 256, 3, 1), (256, 512, 4, 2),
              (512, 512, 3, 1))
    layers = []
    for channels, filters, window, stride in shapes:
        layers += [spectral_norm(nn.Conv2d(channels, filters, window, stride, 1)), nn.LeakyReLU(0.1, True)]
    return g, nn.Sequential(*layers, nn.Flatten(), spectral_norm(nn.Linear(8 * 8 * 512, 1)))


def make_hinge_step(name, channels_last, compiled):
    import torch
    from torch.nn.functional import relu
    g, d = hinge_nets()
    batch = batch_of(name)
    real = torch.rand(batch, 3, 64, 64) * 2 - 1
    if channels_last:
        g, d = (m.to(memory_format=torch.channels_last) for m in (g, d))
        real = real.contiguous(memory_format=torch.channels_last)
    g_rule, d_rule = (torch.optim.Adam(m.parameters(), 2e-4, (0.5, 0.999), fused=True) for m in (g, d))
    plain_d = d
    if compiled:
        g, d = torch.compile(g), torch.compile(d)

    def step():
        d_rule.zero_grad(set_to_none=True)
        fake = g(torch.randn(batch, 128))
        loss_real = relu(1 - d(real)).mean()
        loss_fake = relu(1 + d(fake.detach())).mean()
        (loss_real + loss_fake).backward()
        d_rule.step()
        plain_d.requires_grad_(False)
        g_rule.zero_grad(set_to_none=True)
        loss = -d(fake).mean()
        loss.backward()
        g_rule.step()
        plain_d.requires_grad_(True)
        return (loss_real + loss_fake).item(), loss.item()

    return step


def unit_nets():
    """Encoders but for their last block, which is one, decoders but for their first, and two discriminators."""
    from torch import nn
    leaky = lambda: nn.LeakyReLU(0.01, True)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Conv2d(256, 256, 3, 1, 1), nn.InstanceNorm2d(256), nn.ReLU(True),
                                      nn.Conv2d(256, 256, 3, 1, 1), nn.InstanceNorm2d(256))

        def forward(self, x):
            return x + self.body(x)

    blocks = lambda: (Block() for _ in range(3))
    up = dict(kernel_size=3, stride=2, padding=1, output_padding=1)
    encoder = lambda: nn.Sequential(nn.Conv2d(3, 64, 7, 1, 3), leaky(), nn.Conv2d(64, 128, 3, 2, 1), leaky(),
                                    nn.Conv2d(128, 256, 3, 2, 1), leaky(), *blocks())
    decoder = lambda: nn.Sequential(*blocks(), nn.ConvTranspose2d(256, 128, **up), leaky(),
                                    nn.ConvTranspose2d(128, 64, **up), leaky(), nn.Conv2d(64, 3, 1), nn.Tanh())
    judge = lambda: nn.Sequential(
        nn.Conv2d(3, 64, 3, 2, 1), leaky(), nn.Conv2d(64, 128, 3, 2, 1), leaky(), nn.Conv2d(128, 256, 3, 2, 1), leaky(),
        nn.Conv2d(256, 512, 3, 2, 1), leaky(), nn.Conv2d(512, 1, 1))
    return [encoder(), encoder(), Block(), Block(), decoder(), decoder(), judge(), judge()]


def make_unit_step(name, channels_last, compiled):
    """Both domains side by side through the layers that they share, and through each decoder."""
    import itertools
    import torch
    from torch.nn.functional import l1_loss, mse_loss
    models = unit_nets()
    x, y = (torch.rand(batch_of(name), 3, 64, 64) * 2 - 1 for _ in range(2))
    if channels_last:
        models = [m.to(memory_format=torch.channels_last) for m in models]
        x, y = (v.contiguous(memory_format=torch.channels_last) for v in (x, y))
    rules = [torch.optim.Adam(itertools.chain(*(m.parameters() for m in group)), 1e-4, (0.5, 0.999), weight_decay=1e-4,
                              fused=True) for group in (models[:6], models[6:])]
    plain_ds = models[6:]
    if compiled:
        models = [torch.compile(m) for m in models]
    encoder_x, encoder_y, encoder, decoder, decoder_x, decoder_y, d_x, d_y = models
    against = lambda score, target: mse_loss(score, torch.full_like(score, target))

    def step():
        for d in plain_ds:
            d.requires_grad_(False)
        rules[0].zero_grad(set_to_none=True)
        mean = encoder(torch.cat((encoder_x(x), encoder_y(y))))
        decoded = decoder(mean + torch.randn_like(mean))
        x_x, y_x = decoder_x(decoded).chunk(2)
        x_y, y_y = decoder_y(decoded).chunk(2)
        loss_g = 10 * (l1_loss(x_x, x) + l1_loss(y_y, y)) + against(d_x(y_x), 1) + against(d_y(x_y), 1)
        loss_g = loss_g + 0.01 * mean.square().mean()
        loss_g.backward()
        rules[0].step()
        for d in plain_ds:
            d.requires_grad_(True)
        rules[1].zero_grad(set_to_none=True)
        loss_d = 0
        for d, real, fake in ((d_x, x, y_x), (d_y, y, x_y)):
            of_real, of_fake = d(torch.cat((real, fake.detach()))).chunk(2)
            loss_d = loss_d + against(of_real, 1) + against(of_fake, 0)
        loss_d.backward()
        rules[1].step()
        return loss_g.item(), loss_d.item()

    return step


STEPS = {"train.wgan_gp28": make_penalty_step, "train.cgan28": make_cgan_step, "train.vae28": make_vae_step,
         "train.autoencoder28": make_autoencoder_step, "train.cyclegan128": make_cycle_step,
         "train.hinge64": make_hinge_step, "train.unit64": make_unit_step}  # else make_gan_step


def time_steps(step, count):
    t = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - t) / count


def serve(name, threads, compile):
    """The PyTorch side: for each line on standard input, one timed round of its best way."""
    import resource
    import torch
    torch.set_num_threads(threads)
    make_step = STEPS.get(name, make_gan_step)
    ways = {}
    for compiled in (False, True) if compile else (False,):
        for channels_last in (False, True):
            step = make_step(name, channels_last, compiled)
            time_steps(step, 3)
            seconds = statistics.median(time_steps(step, 1) for _ in range(5))
            ways[seconds] = ("channels_last" if channels_last else "NCHW") + (" compiled" if compiled else ""), step
    best = min(ways)
    way, step = ways[best]
    repeats = max(1, int(0.1 / best))
    print(way, flush=True)
    for _ in sys.stdin:
        step()
        seconds = time_steps(step, repeats)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(seconds, peak, flush=True)


def measure_gan(gan, name, threads, filter):
    child = subprocess.Popen([gan, "bench", "--json", "--case", name, "--threads", str(threads), "--rounds", "3",
                              "--filter", filter],
                             stdout=subprocess.PIPE, text=True)
    line = child.stdout.readlines()[-1]
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    if status:
        sys.exit(f"{gan} bench --case {name} failed")
    return json.loads(line) | {"memory": usage.ru_maxrss}


def compare(gan, name, threads, rounds, compile, filter="small"):
    command = [sys.executable, __file__, gan, "--serve", name, "--threads", str(threads)]
    child = subprocess.Popen(command + ["--compile"] * compile, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    layout = child.stdout.readline().strip()
    ours, again, theirs, share = [], [], [], []
    memory = [0, 0]
    for _ in range(rounds):
        a = measure_gan(gan, name, threads, filter)
        child.stdin.write("\n")
        child.stdin.flush()
        seconds, peak = child.stdout.readline().split()
        theirs.append(float(seconds))
        memory = [max(memory[0], a["memory"]), max(memory[1], int(peak))]
        b = measure_gan(gan, name, threads, filter)
        ours.append(a["seconds"])
        again.append(b["seconds"])
        share.append(a["share_of_peak"])
    child.stdin.close()
    child.wait()
    ratios = sorted(t / o for t, o in zip(theirs, ours))
    noise = sorted(a / o for a, o in zip(again, ours))
    row = {"case": name, "threads": threads, "layout": layout, "libgan_ms": 1e3 * statistics.median(ours),
           "torch_ms": 1e3 * statistics.median(theirs),
           "ratio": statistics.median(theirs) / statistics.median(ours),
           "spread": [ratios[0], ratios[-1]], "self": statistics.median(noise),
           "self_spread": [noise[0], noise[-1]], "share_of_peak": statistics.median(share), "memory_kib": memory}
    print(f"{name:14} {threads} threads  libgan {row['libgan_ms']:8.2f} ms  PyTorch {row['torch_ms']:8.2f} ms ({layout})"
          f"  ratio {row['ratio']:.2f} [{ratios[0]:.2f} .. {ratios[-1]:.2f}]"
          f"  A/A {row['self']:.2f} [{noise[0]:.2f} .. {noise[-1]:.2f}]"
          f"  {100 * row['share_of_peak']:.0f} % of peak"
          f"  memory {memory[0] / 1024:.0f} / {memory[1] / 1024:.0f} MiB", flush=True)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gan", help="the gan command")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--case", action="append")
    parser.add_argument("--filter", choices=["small", "large"], default="small", help="of libgan's context")
    parser.add_argument("--compile", action="store_true", help="PyTorch may compile its networks too")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON as well")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.serve:
        return serve(a.serve, a.threads, a.compile)
    for name in a.case or ["train.mlp", "train.dcgan28", "train.dcgan64", "train.wgan_gp28", "train.cgan28", "train.vae28",
                           "train.autoencoder28", "train.cyclegan128", "train.hinge64", "train.unit64"]:
        row = compare(a.gan, name, a.threads, a.rounds, a.compile, a.filter)
        if a.json:
            print(json.dumps(row))


if __name__ == "__main__":
    main()
