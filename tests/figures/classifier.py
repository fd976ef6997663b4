"""A small classifier of pictures that libgan trains itself, on the tape: what samples are judged with."""
import array
import ctypes
import math
import random

NETWORK = """input %d %d %d
conv2d 32 kernel=4 stride=2 pad=1; batchnorm; relu
conv2d 64 kernel=4 stride=2 pad=1; batchnorm; relu
dense 128; batchnorm; relu
dense %d"""
BATCH, ROUNDS = 64, 5


def take(values, size, indices):
    taken = array.array("f")
    for i in indices:
        taken.extend(values[i * size:(i + 1) * size])
    return taken


def train(session, pictures, labels, shape, classes, steps=0, seed=1):
    """A model of logits, from pictures (numbers one after the other) and their classes. steps 0: so many
    that each picture is seen five times."""
    lib, source = session.library, random.Random(seed)
    model = session.parse_model(NETWORK % (*shape, classes))
    tape = session.make("tape", "gan_tape_create", session.context)
    adam = session.make("optimizer", "gan_optimizer_create", session.context, b"adam lr=1e-3")
    session.good(lib.gan_optimizer_add(adam, model))
    order, models = [], (ctypes.c_void_p * 1)(model)
    for _ in range(steps or ROUNDS * len(labels) // BATCH):
        if len(order) < BATCH:
            order += source.sample(range(len(labels)), len(labels))
        batch, order = order[:BATCH], order[BATCH:]
        with session.inner() as inner:
            x = inner.tensor(take(pictures, math.prod(shape), batch), len(batch), *shape)
            y = inner.tensor(array.array("f", [labels[i] for i in batch]), len(batch), 1)
            session.good(lib.gan_tape_reset(tape))
            values = [ctypes.c_int64() for _ in range(4)]
            for tensor, value in zip((x, y), values):
                session.good(lib.gan_tape_input(tape, tensor, 0, value))
            x, y, logits, loss = values
            session.good(lib.gan_tape_apply(tape, model, b"training", x, 1, logits, 1))
            both = (ctypes.c_int64 * 2)(logits.value, y.value)
            session.good(lib.gan_tape_loss(tape, b"cross_entropy", both, 2, loss))
            session.good(lib.gan_optimizer_zero(adam))
            session.good(lib.gan_tape_backward(tape, loss, None, 1, models, 1))
            session.good(lib.gan_optimizer_step(adam))
    return model


def accuracy(session, model, pictures, labels):
    """The share of pictures whose largest logit is that of their class."""
    (logits,) = session.run(model, pictures)
    classes = len(logits) // len(labels)
    rows = [logits[i * classes:(i + 1) * classes] for i in range(len(labels))]
    return sum(max(row) == row[label] for row, label in zip(rows, labels)) / len(labels)
