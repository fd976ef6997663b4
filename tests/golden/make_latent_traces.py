"""Makes the golden traces of trainers that share parts: cogan and vaegan.

    python make_latent_traces.py [FOLDER [NAME ...]]            (as make_traces.py, which see)

What networks share is one module that is used in all of them: it has one set of weights, one of
moments, and the gradient of all its uses; batch norm in it counts every one. What generators of cogan
share is used once, for all domains. Steps of cogan are one
Adam of both discriminators, then one of both generators on other noise, Adam with weight decay. In
the second trace the domains have unlike sizes, the discriminators say classes, which are learnt of
the labels of x alone, and features. Steps of vaegan are three ways back through one pass, then the
Adams of encoders, decoders and discriminators. The first trace is of one domain, compared by two
features; the second of two with common parts, compared by pixels, whose codes are tied by a
discriminator with one score, which learns first, and by the codes of translations; the third of
three domains, whose discriminator of codes has a score for each and sends its gradient back
reversed.
"""
import sys
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from safetensors.torch import save_file
from make_traces import BATCH, LATENT, nchw, pictures, run


class Net(nn.Module):
    """Layers and parts in a row, by name."""
    def __init__(self, **layers):
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x):
        return self.behind("", x)

    def behind(self, name, x):
        """From what the layer of that name has made to the end; "": from the input."""
        layers = dict(self.named_children())
        for layer in list(layers.values())[list(layers).index(name) + 1 if name else 0:]:
            x = layer(x)
        return x


class Scorer(Net):
    """Says nothing but a score."""
    def forward(self, x):
        return (super().forward(x),)


class Classifier(Net):
    """Says a score, classes, and what both are made of."""
    def forward(self, x):
        f = self.tail(self.p(self.c(x)))
        return self.judge(f), self.classifier(f), f


class Flat(nn.Sequential):
    def forward(self, x):
        return super().forward(x.flatten(1))


class Cogan:
    def __init__(self, nets, shapes, labelled, decay=5e-4):
        self.nets, self.shapes, self.labelled, self.adams = nets, shapes, labelled, {}
        for word in ("generator", "discriminator"):
            roles = [role for role in nets if role.startswith(word)]
            parameters = dict.fromkeys(p for role in roles for p in nets[role].parameters())
            adam = torch.optim.Adam(list(parameters), 2e-4, (0.5, 0.999), weight_decay=decay)
            self.adams.update(dict.fromkeys(roles, adam))

    def feeds(self, size):
        feeds = {}
        for name, shape in zip("xy", self.shapes):
            feeds[name] = pictures(*shape)
            if name in self.labelled:
                feeds[f"{name}.label"] = torch.randint(4, (BATCH,)).double()
        return {**feeds, "noise": torch.randn(BATCH, LATENT).double(),
                "noise.generators": torch.randn(BATCH, LATENT).double()}

    def make(self, noise):
        """Of each domain; what generators share is computed once."""
        begun = self.nets["generator_x"].trunk(noise)
        return {name: self.nets[f"generator_{name}"].behind("trunk", begun) for name in "xy"}

    def discriminators(self, feeds):
        loss, told, classified, features = 0, {}, [], []
        made = self.make(feeds["noise"])
        for name in "xy":
            d, fake = self.nets[f"discriminator_{name}"], made[name].detach()
            (r, *of_real), (f, *of_fake) = d(nchw(feeds[name])), d(fake)
            loss = loss + (bce(r, torch.ones_like(r)) + bce(f, torch.zeros_like(f))) / 2
            if name in self.labelled:
                label = feeds[f"{name}.label"].long()
                classified.append(F.cross_entropy(of_real[0].flatten(1), label))
                loss = loss + 10 * classified[-1]
            features.append(of_fake[1:])
            told[name] = (r.mean(), f.mean(), (r > 0).double().mean(), (f <= 0).double().mean())
        apart = [((a - b) ** 2).flatten(1).sum(1).mean() for a, b in zip(*features)]
        loss = loss + 0.01 * sum(apart)
        return loss, (*(told[name][i] for i in range(4) for name in "xy"), *classified, *apart)

    def descend(self, word, loss, gradients):
        roles = [role for role in self.nets if role.startswith(word)]
        adam = self.adams[roles[0]]
        adam.zero_grad()
        loss.backward()
        for role in roles:
            gradients(role, self.nets[role])
        adam.step()

    def step(self, feeds, gradients):
        loss_d, told = self.discriminators(feeds)
        self.descend("discriminator", loss_d, gradients)
        loss_g, made = 0, self.make(feeds["noise.generators"])
        for name in "xy":
            score = self.nets[f"discriminator_{name}"](made[name])[0]
            loss_g = loss_g + bce(score, torch.ones_like(score)) / 2
        self.descend("generator", loss_g, gradients)
        return (loss_g, loss_d, *told)


def trunk_of_generators():
    return nn.Sequential(nn.Linear(LATENT, 72), nn.Unflatten(1, (6, 4, 3)),
                         nn.BatchNorm2d(6, affine=False), nn.PReLU())


def cogan():
    trunk = trunk_of_generators()
    tail = nn.Sequential(nn.Conv2d(5, 8, 3, 1, 1), nn.PReLU(), nn.Conv2d(8, 1, 1))
    nets = {f"generator_{i}": Net(trunk=trunk, up=nn.ConvTranspose2d(6, 2, 4, 2, 1), t=nn.Tanh())
            for i in "xy"}
    nets.update({f"discriminator_{i}": Scorer(c=nn.Conv2d(2, 5, 3, 1, 1), p=nn.MaxPool2d(2),
                                              tail=tail) for i in "xy"})
    return nets


def cogan_adapted():
    """x of 8x6 with two channels, y of 16x12 with one."""
    trunk = trunk_of_generators()
    parts = {"tail": nn.Sequential(nn.Conv2d(5, 8, 3, 1, 1), nn.PReLU()),
             "judge": nn.Sequential(nn.Conv2d(8, 1, 1)), "classifier": Flat(nn.Linear(96, 4))}
    return {
        "generator_x": Net(trunk=trunk, up=nn.ConvTranspose2d(6, 2, 4, 2, 1), t=nn.Tanh()),
        "generator_y": Net(trunk=trunk, up=nn.ConvTranspose2d(6, 1, 4, 4), t=nn.Tanh()),
        "discriminator_x": Classifier(c=nn.Conv2d(2, 5, 3, 1, 1), p=nn.MaxPool2d(2), **parts),
        "discriminator_y": Classifier(c=nn.Conv2d(1, 5, 4, 2, 1), p=nn.MaxPool2d(2), **parts)}


class CodeJudge:
    """The discriminator of codes; codes are (N, c) or (N, c, h, w), by the number of their domain."""
    def __init__(self, nets, adams, fooling, weight):
        self.net, self.adam = nets["discriminator_code"], adams["discriminator_code"]
        self.fooling, self.weight = fooling, weight

    def guess(self, codes, unsure=False):
        """Its loss, and the share that it tells."""
        scores = self.net(torch.cat(list(codes.values())))
        losses, right = [], 0
        for i, own in zip(codes, scores.split([len(z) for z in codes.values()])):
            if own.shape[1] == 1:
                losses.append(bce(own, torch.full_like(own, 0.5 if unsure else float(i))))
                right += ((own > 0) == bool(i)).double().sum()
            else:
                target = torch.full_like(own[:, 0], i).long()
                losses.append(F.cross_entropy(own, target, label_smoothing=float(unsure)))
                right += (own.argmax(1) == i).double().sum()
        return sum(losses) / len(losses), right / (scores.numel() / scores.shape[1])

    def learn(self, codes, gradients):
        loss, share = self.guess(codes)
        self.slopes = torch.autograd.grad(loss, list(self.net.parameters()), retain_graph=True)
        self.take()
        gradients("discriminator_code", self.net)
        return loss, share

    def take(self):
        for p, slope in zip(self.net.parameters(), self.slopes):
            p.grad = slope.clone()  # others may add to it

    def fool(self, codes, gradients):
        """What encoders descend to fool it; what was measured."""
        if self.fooling == "reversal":
            loss, share = self.learn(codes, gradients)
            return -self.weight * loss, (loss, share)
        loss, share = self.learn({i: z.detach() for i, z in codes.items()}, gradients)
        self.adam.step()
        return self.weight * self.guess(codes, True)[0], (loss, share)

    def finish(self):
        """With its gradient reversed it learns when the others do."""
        if self.fooling == "reversal":
            self.take()
            self.adam.step()


class Vaegan:
    """`domains` have a name each, or one has none: names of roles and feeds follow from it."""
    def __init__(self, nets, domains, shapes, *, pixels, deviation, beta, gamma, semantic=0,
                 fooling=None, weight=1):
        self.nets, self.domains, self.shapes = nets, domains, shapes
        self.pixels, self.deviation, self.beta, self.gamma = pixels, deviation, beta, gamma
        self.semantic, self.adams = semantic, {}
        self.groups = [[self.role(word, d) for d in domains]
                       for word in ("encoder", "decoder", "discriminator")]
        for roles in self.groups + ([["discriminator_code"]] if fooling else []):
            parameters = dict.fromkeys(p for role in roles for p in nets[role].parameters())
            adam = torch.optim.Adam(list(parameters), 2e-4, (0.5, 0.999))
            self.adams.update(dict.fromkeys(roles, adam))
        self.guesser = CodeJudge(nets, self.adams, fooling, weight) if fooling else None

    @staticmethod
    def role(word, domain):
        return f"{word}_{domain}" if domain else word

    def net(self, word, domain):
        return self.nets[self.role(word, domain)]

    def feeds(self, size):
        feeds = {}
        for domain, shape in zip(self.domains, self.shapes):
            end = f".{domain}" if domain else ""
            feeds[domain or "real"] = pictures(*shape)
            feeds["noise" + end] = torch.randn(BATCH, 3).double()
            feeds["noise.prior" + end] = torch.randn(BATCH, 3).double()
        return feeds

    def squares(self, made, wanted):
        return ((made - wanted) ** 2).sum() / BATCH / (2 * self.deviation ** 2)

    def play(self, domain, following, feeds):
        """What the three descend, the code, and what is measured."""
        end = f".{domain}" if domain else ""
        encoder, decoder, judge = (self.net(word, domain)
                                   for word in ("encoder", "decoder", "discriminator"))
        x = nchw(feeds[domain or "real"])
        mean, log_variance = encoder(x)
        z = mean + torch.exp(log_variance / 2) * feeds["noise" + end]
        made, drawn = decoder(z), decoder(feeds["noise.prior" + end])
        (real, *of_real), (fake, *of_made), (other, *_) = judge(x), judge(made), judge(drawn)
        if self.pixels:
            compared = self.squares(made, x)
        else:
            compared = sum(self.squares(m, r) for m, r in zip(of_made, of_real))
        kl = (mean ** 2 + log_variance.exp() - 1 - log_variance).sum() / 2 / BATCH
        against = lambda s, target: bce(s, torch.full_like(s, target))
        tied = ()
        loss_e = compared + self.beta * kl
        loss_g = self.gamma * compared + against(fake, 1) + against(other, 1)
        if self.semantic:
            code = self.net("encoder", following)(self.net("decoder", following)(mean))[0]
            tied = (F.mse_loss(code, mean),)
            loss_e, loss_g = loss_e + self.semantic * tied[0], loss_g + self.semantic * tied[0]
        loss_d = against(real, 1) + against(fake, 0) + against(other, 0)
        told = (compared, kl, real.mean(), fake.mean(), other.mean(), (real > 0).double().mean(),
                (fake <= 0).double().mean(), (other <= 0).double().mean(), *tied)
        return (loss_e, loss_g, loss_d), z, told

    def way_back(self, loss, roles, gradients):
        """The gradient of these networks alone."""
        parameters = list(dict.fromkeys(p for role in roles for p in self.nets[role].parameters()))
        for p, g in zip(parameters, torch.autograd.grad(loss, parameters, retain_graph=True)):
            p.grad = g
        for role in roles:
            gradients(role, self.nets[role])

    def step(self, feeds, gradients):
        losses, codes, told = [0, 0, 0], [], []
        for i, domain in enumerate(self.domains):
            following = self.domains[(i + 1) % len(self.domains)]
            own, z, values = self.play(domain, following, feeds)
            losses = [a + b for a, b in zip(losses, own)]
            codes.append(z)
            told.append(values)
        guessed = ()
        if self.guesser:
            fooled, guessed = self.guesser.fool(dict(enumerate(codes)), gradients)
            losses[0] = losses[0] + fooled
        for roles, loss in zip(self.groups, losses):
            self.way_back(loss, roles, gradients)
        for adam in dict.fromkeys(self.adams[role] for roles in self.groups for role in roles):
            adam.step()
        if self.guesser:
            self.guesser.finish()
        return (*losses, *(value for row in zip(*told) for value in row), *guessed)


class Encoder(nn.Module):
    def __init__(self, conv, tail, code=3):
        super().__init__()
        self.c, self.tail = conv, tail
        self.mean, self.log_variance = nn.Linear(8, code), nn.Linear(8, code)

    def forward(self, x):
        h = self.tail(self.c(x).relu())
        return self.mean(h), self.log_variance(h)


class Judge(nn.Module):
    """Two features and a map of scores."""
    def __init__(self, channels, features=True):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(channels, 5, 4, 2, 1), nn.Conv2d(5, 6, 3, 1, 1, bias=False)
        self.n, self.score, self.features = nn.BatchNorm2d(6), nn.Conv2d(6, 1, 2), features

    def forward(self, x):
        f = F.leaky_relu(self.c1(x), 0.2)
        h = F.leaky_relu(self.n(self.c2(f)), 0.2)
        return (self.score(h), f, h) if self.features else (self.score(h),)


def code_tail():
    return Flat(nn.Linear(60, 8), nn.ReLU())


def code_head():
    return nn.Sequential(nn.Linear(3, 60), nn.Unflatten(1, (5, 4, 3)), nn.BatchNorm2d(5), nn.ReLU())


def up(channels, *where):
    return nn.ConvTranspose2d(5, channels, *where)


def vaegan():
    return {"encoder": Encoder(nn.Conv2d(2, 5, 4, 2, 1), code_tail()),
            "decoder": Net(head=code_head(), up=up(2, 4, 2, 1), t=nn.Tanh()),
            "discriminator": Judge(2)}


def coded(widths):
    """Two domains of pictures of 8x6 and one of 16x12, with what encoders end in and decoders begin
    with in common."""
    tail, head = code_tail(), code_head()
    nets = {}
    for name, channels in zip("abc", widths):
        small = name != "b"
        conv = nn.Conv2d(channels, 5, 4, 2, 1) if small else nn.Conv2d(channels, 5, 4, 4)
        nets[f"encoder_{name}"] = Encoder(conv, tail)
    for name, channels in zip("abc", widths):
        where = (4, 2, 1) if name != "b" else (4, 4)
        nets[f"decoder_{name}"] = Net(head=head, up=up(channels, *where), t=nn.Tanh())
    for name, channels in zip("abc", widths):
        nets[f"discriminator_{name}"] = Judge(channels, features=False)
    return nets


def vaegan_tied():
    return {**coded((2, 1)), "discriminator_code": Net(a=nn.Linear(3, 6, bias=False), n=nn.BatchNorm1d(6),
                                                       t=nn.Tanh(), b=nn.Linear(6, 1))}


def vaegan_reversed():
    return {**coded((2, 1, 2)), "discriminator_code": Net(a=nn.Linear(3, 6), t=nn.Tanh(),
                                                          b=nn.Linear(6, 3))}


SMALL, LARGE = (8, 6, 2), (16, 12, 1)
TRACES = {
    "cogan": (cogan, None, lambda nets: Cogan(nets, (SMALL, SMALL), "")),
    "cogan_adapted": (cogan_adapted, None, lambda nets: Cogan(nets, (SMALL, LARGE), "x")),
    "vaegan": (vaegan, None, lambda nets: Vaegan(
        nets, [""], [SMALL], pixels=False, deviation=0.5, beta=2, gamma=0.25)),
    "vaegan_tied": (vaegan_tied, None, lambda nets: Vaegan(
        nets, "ab", [SMALL, LARGE], pixels=True, deviation=1, beta=1, gamma=0.01, semantic=1.5,
        fooling="alternating", weight=0.75)),
    "vaegan_reversed": (vaegan_reversed, None, lambda nets: Vaegan(
        nets, "abc", [SMALL, LARGE, SMALL], pixels=True, deviation=1, beta=1, gamma=0.01,
        fooling="reversal", weight=2)),
}

if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    for name in sys.argv[2:] or TRACES:
        save_file(run(*TRACES[name]), f"{folder}/{name}.safetensors", {"torch": torch.__version__})
