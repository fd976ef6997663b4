"""Rows of CycleGAN from clothes to their edges, whose truth is known: the data set's transform=edges.

A picture that no domain of the training has seen goes through the route x > y; a pixel is an edge where the
result is above the middle of the range. Agreement is the share of pixels that are as in the true edge map,
F1 that of the edge pixels. Beside it stand what chance gives (the edge map of another picture), what an
output without any edge gives, and the same networks without the cycle. Shallow ones keep what a picture
shows by themselves; so both trainings are there again for generators with a dense bottleneck."""
import os
import random

import metrics
from rows import Figure, Row, held_out

RECIPE = "fashion-edges-cyclegan"
DENSE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "edges-dense.recipe")
WITHOUT_CYCLE = ("trainer.cycle=0", "trainer.identity=0")


def pictures(work, session, recipe):
    """The held-out pictures of x, what they truly are in y, and height and width."""
    made = []
    for extra in ("", "transform=edges"):
        data, indices = held_out(work, session, recipe, "x", "y", extra=extra)
        made.append(session.read(data, "image", indices))
    return made, session.field_shape(data, "image")[0][:2]


def compare(found, truth):
    return {"agreement": metrics.agreement(found, truth), "f1": metrics.f1(found, truth)}


def translate(session, checkpoint, given, size):
    (made,) = session.run(session.route(session.load_trainer(checkpoint), "x > y"), given, size=size)
    return metrics.above(made)


def others(count, seed=1):
    """For each of `count` another one, drawn evenly."""
    source = random.Random(seed)
    drawn = [source.randrange(count - 1) for _ in range(count)]
    return [other + (other >= i) for i, other in enumerate(drawn)]


class Edges(Row):
    figures = (Figure("agreement", "agreement"), Figure("f1", "F1"))

    def recipe(self, work):
        return work.recipe(RECIPE)

    def measure(self, work, seed):
        path = self.recipe(work)
        with work.session() as session:
            (given, truth), size = pictures(work, session, session.load_recipe(path))
            found = self.found(work, session, path, seed, given, metrics.above(truth), size)
            return compare(found, metrics.above(truth))


class Translated(Edges):
    settings = ()

    def found(self, work, session, path, seed, given, truth, size):
        folder = work.train(path, seed, self.settings)
        return translate(session, work.checkpoint(folder), given, size)


class Cycle(Translated):
    name = "edges-cyclegan"
    title = "clothes to edges by fashion-edges-cyclegan, held-out pictures beside the truth"
    figures = (Figure("agreement", "agreement", least=0.95), Figure("f1", "F1", least=0.7))


class NoCycle(Translated):
    name = "edges-no-cycle"
    title = "the same networks without the cycle (`%s`)" % " ".join(WITHOUT_CYCLE)
    settings = WITHOUT_CYCLE


class DenseCycle(Translated):
    name = "edges-dense"
    title = "generators with a dense bottleneck, with the cycle"

    def recipe(self, work):
        return DENSE


class DenseNoCycle(DenseCycle):
    name = "edges-dense-no-cycle"
    title = "generators with a dense bottleneck, without the cycle"
    settings = WITHOUT_CYCLE


class RandomPairs(Edges):
    name = "edges-random"
    title = "true edges of another picture, drawn at random"

    def found(self, work, session, path, seed, given, truth, size):
        pixels = size[0] * size[1]
        return b"".join(truth[i * pixels:(i + 1) * pixels]
                        for i in others(len(truth) // pixels, seed))


class Ground(Edges):
    name = "edges-ground"
    title = "an output of ground alone"
    seeded = False

    def found(self, work, session, path, seed, given, truth, size):
        return bytes(len(truth))


ROWS = (Cycle(), NoCycle(), DenseCycle(), DenseNoCycle(), RandomPairs(), Ground())
