"""Rows of two VAE-GANs of digits and of their edge maps, and of what gives them a code in common.

Digits that neither has seen are encoded as digits and decoded as edge maps, x > code > y, and their edge maps
the other way; agreement and F1 are those of digits.py. Whether codes tell their domain, fresh probes tell: of
both domains' training pictures one half each (no digit is of both), as codes that are drawn around their means,
or as the means, a probe learns from one half and is tried on the other. Chance is 0.5. A deep probe has two
layers of 64, a linear one none."""
import array
import ctypes
import math
import os
import random

import digits
from rows import Figure, seen

TIED = "digits-domain-discriminator"
APART_FOOLED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "apart-discriminator")
PROBES = {"deep": "dense 64; leaky_relu 0.2; dense 64; leaky_relu 0.2; dense 1", "linear": "dense 1"}
PROBE_STEPS, PROBE_BATCH, QUICK_KNOWN = 1000, 64, 40
TOLD = (("drawn_deep", "a deep probe tells of drawn codes"), ("means_linear", "a linear one of means"),
        ("means_deep", "a deep one of means"))


def draw(means, log_variances, seed):
    source = random.Random(seed)
    return array.array("f", (mean + math.exp(log_variance / 2) * source.gauss(0, 1)
                             for mean, log_variance in zip(means, log_variances)))


def codes(work, session, trainer, recipe, seed):
    """Means and drawn codes of what each domain has learned from, {name: a list of both domains'}, and how many
    numbers one has."""
    made = {"means": [], "drawn": []}
    for domain in "xy":
        data, indices = seen(session, recipe, domain)
        indices = indices[:QUICK_KNOWN] if work.quick else indices
        model = session.route(trainer, domain + " > code")
        outputs = session.run(model, session.read(data, "image", indices))
        means, log_variances = (outputs[session.output_index(model, name)] for name in ("mean", "log_variance"))
        made["means"].append(means)
        made["drawn"].append(draw(means, log_variances, seed))
    return made, len(means) // len(indices)


def halves(rows, size, seed):
    """The rows of both domains, mixed and cut in two: ((numbers, labels), (numbers, labels))."""
    source, parts = random.Random(seed), [(array.array("f"), []), (array.array("f"), [])]
    for label, numbers in enumerate(rows):
        order = list(range(len(numbers) // size))
        source.shuffle(order)
        for place, i in enumerate(order):
            into = parts[place >= len(order) // 2]
            into[0].extend(numbers[i * size:(i + 1) * size])
            into[1].append(label)
    return parts


def learn(session, network, numbers, labels, steps, seed):
    """A probe, trained from its beginning."""
    lib, source, size = session.library, random.Random(seed), len(numbers) // len(labels)
    x, y, said, loss = (ctypes.c_int64() for _ in range(4))
    model = session.parse_model("input %d; %s" % (size, network))
    adam = session.make("optimizer", "gan_optimizer_create", session.context, b"adam lr=2e-3")
    tape = session.make("tape", "gan_tape_create", session.context)
    session.good(lib.gan_optimizer_add(adam, model))
    for _ in range(steps):
        chosen, batch = [source.randrange(len(labels)) for _ in range(PROBE_BATCH)], array.array("f")
        for i in chosen:
            batch.extend(numbers[i * size:(i + 1) * size])
        with session.inner() as inner:
            inner.good(lib.gan_tape_reset(tape))
            inner.good(lib.gan_tape_input(tape, inner.tensor(batch, PROBE_BATCH, size), 0, x))
            wanted = inner.tensor(array.array("f", (labels[i] for i in chosen)), PROBE_BATCH)
            inner.good(lib.gan_tape_input(tape, wanted, 0, y))
            inner.good(lib.gan_tape_apply(tape, model, b"training", x, 1, said, 1))
            pair = (ctypes.c_int64 * 2)(said.value, y.value)
            inner.good(lib.gan_tape_loss(tape, b"bce_logits", pair, 2, loss))
            inner.good(lib.gan_tape_backward(tape, loss, None, 1, (ctypes.c_void_p * 1)(model), 1))
            inner.good(lib.gan_optimizer_step(adam))
            inner.good(lib.gan_optimizer_zero(adam))
    return model


def guessed(session, network, rows, size, steps, seed):
    """The share of codes that it has not learned from whose domain a fresh probe tells."""
    (numbers, labels), (others, truth) = halves(rows, size, seed)
    model = learn(session, network, numbers, labels, steps, seed)
    (said,) = session.run(model, others)
    return sum((value > 0) == label for value, label in zip(said, truth)) / len(truth)


class Cure(digits.Translated):
    judged = False

    def __init__(self, name, title, recipe, settings=(), goals=()):
        super().__init__(recipe, digits.EDGES, settings, digits.CODED)
        self.name, self.title, goals = "cures-" + name, title, dict(goals)
        if settings:
            self.title += ", `%s`" % " ".join(settings)
        self.figures += tuple(Figure(key, label, **goals.get(key, {})) for key, label in TOLD)

    def measure(self, work, seed):
        value = super().measure(work, seed)
        folder = work.train(work.recipe(self.recipe), seed, self.settings)
        with work.session() as session:
            trainer = session.load_trainer(work.checkpoint(folder))
            recipe = session.load_recipe(work.recipe(self.recipe))
            rows, size = codes(work, session, trainer, recipe, seed)
            for key, _ in TOLD:
                kind, network = key.split("_")
                value[key] = guessed(session, PROBES[network], rows[kind], size, work.steps or PROBE_STEPS, seed)
        return value


ROWS = (Cure("apart", "two VAE-GANs, digits-apart", "digits-apart", goals={"drawn_deep": {"least": 0.95}}),
        Cure("apart-fooled", "the same networks, which fool a discriminator of their codes", APART_FOOLED,
             goals={"drawn_deep": {"most": 0.65}, "means_linear": {"most": 0.70}}),
        Cure("parts", "with parts in common, digits-domain-discriminator", TIED, ("trainer.domain_weight=0",)),
        Cure("parts-fooled", "and with a discriminator of codes, digits-domain-discriminator", TIED),
        Cure("parts-fooled-cycle", "and with a cycle through the code, digits-domain-discriminator", TIED,
             ("trainer.semantic=100",)))
