"""A training in libgan and the same one in PyTorch: from the same weights, on the same batches.

For each seed libgan makes the recipe's networks and saves them; PyTorch builds the same ones from the texts
in that file (torch_net.py) and starts from its weights. Which order the pictures come in moves an error by
some percent, so PyTorch is given the batches that libgan draws."""
import array
import os
import time

import library

SOURCES = [__file__, os.path.join(os.path.dirname(__file__), "torch_net.py")]


def save_start(work, session, path, seed, to):
    """The checkpoint of step 0; the recipe's steps and batch."""
    recipe = session.load_recipe(path, ["context.seed=%d" % seed])
    with library.Session(work.library, "threads=%d seed=%d" % (work.threads, seed)) as own:
        trainer = own.make("trainer", "gan_recipe_trainer", recipe, own.context, None)
        own.good(work.library.gan_trainer_save(trainer, to.encode()))
    steps = work.steps or int(session.option(recipe, "run.steps"))
    return steps, int(session.option(recipe, "run.batch"))


def order(work, path, seed, smallest, count, draws):
    """Which of `count` pictures the recipe's training draws, one after the other: those of a training of
    its seed with the smallest networks, a text for each role."""
    with library.Session(work.library, "threads=1 seed=%d" % seed) as session:
        recipe = session.load_recipe(path, ["context.seed=%d" % seed])
        data, drawn = session.log_draws(count)
        trainer = session.make("trainer", "gan_recipe_trainer", recipe, session.context, None)
        for role, text in smallest.items():
            model = session.parse_model(text)
            session.good(work.library.gan_trainer_set_model(trainer, role.encode(), model))
        session.good(work.library.gan_trainer_set_data(trainer, b"real", data))
        while len(drawn) < draws:
            session.good(work.library.gan_trainer_step(trainer))
    return drawn[:draws]


def pictures(session, data, indices):
    """(N, C, H, W)."""
    import numpy
    import torch
    h, w, c = session.field_shape(data, "image")[0]
    values = numpy.frombuffer(session.read(data, "image", indices), numpy.float32)
    return torch.from_numpy(values.reshape(-1, h, w, c).transpose(0, 3, 1, 2).copy())


def train_gan(checkpoint, known, drawn, batch, seed):
    """The step of the trainer gan with its reference options, over these pictures in this order; its seconds."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits as bce
    g, d = (checkpoint.nets[role] for role in ("generator", "discriminator"))
    rules = {role: checkpoint.optimizer(role, checkpoint.nets[role].parameters()) for role in checkpoint.nets}
    random = torch.Generator().manual_seed(seed)

    def fakes(count):
        return g(torch.randn(count, noise_size(checkpoint), generator=random))[0]

    def descend(role, loss):
        rule, rate = rules[role]
        rule.zero_grad()
        loss().backward()
        rule.step()
        rate.step()

    def tell(pictures, real):
        scores = d(pictures)[0]
        return bce(scores, torch.full_like(scores, real))

    clock = time.perf_counter()
    for indices in torch.tensor(drawn).split(batch):
        x = known[indices]
        with torch.no_grad():
            made = fakes(len(x))
        descend("discriminator", lambda: tell(x, 1) + tell(made, 0))
        descend("generator", lambda: tell(fakes(len(x)), 1))
    return time.perf_counter() - clock


def noise_size(checkpoint):
    return next(p for p in checkpoint.nets["generator"].parameters()).shape[1]


def sample_gan(checkpoint, noise, batch=100):
    """Pictures (N, H, W, C), one number after the other, in evaluation mode."""
    import torch
    g = checkpoint.nets["generator"].eval()
    with torch.no_grad():
        parts = torch.tensor(noise).reshape(-1, noise_size(checkpoint)).split(batch)
        made = torch.cat([g(z)[0] for z in parts])
    return array.array("f", made.permute(0, 2, 3, 1).contiguous().numpy().tobytes())
