"""Rows of the naive way from digits to their edge maps, without a way back, beside the one with a cycle.

Each is trained with a shallow generator, which keeps what a picture shows by itself, and with one that has a dense
bottleneck, which need not. Dependence is how far what is made of two digits is apart, beside the edge maps of two
digits: the root of the share of mean squares, over pairs drawn at random; 0 is a generator that makes one picture of
everything. Agreement and F1 are those of digits.py. `kept` is 1 where both show that a digit is left of the digit."""
import math
import os

import digits
import edges
import metrics
from rows import Figure

HERE = os.path.dirname(os.path.abspath(__file__))
LEAST_DEPENDENCE, LEAST_F1 = 0.5, 0.6  # of a black picture 0, of another digit's edges .38


def dependence(made, truth, pixels, seed=1):
    """Of numbers, so many pixels a picture."""
    def apart(numbers):
        pictures = [numbers[i:i + pixels] for i in range(0, len(numbers), pixels)]
        pairs = enumerate(edges.others(len(pictures), seed))
        return math.fsum(metrics.mean_square(pictures[i], pictures[other]) for i, other in pairs)
    return math.sqrt(apart(made) / apart(truth))


class Naive(digits.Digits):
    """By a recipe, x > y alone."""

    def __init__(self, name, recipe, title, kept=None):
        super().__init__(digits.EDGES)
        self.name, self.recipe = name, recipe
        self.title = "digits to edges %s" % title
        self.figures = (Figure("kept", "a digit is left", "%.1f", least=kept),
                        *(Figure(key, key if key != "f1" else "F1") for key in ("dependence", "agreement", "f1")))

    def sources(self):
        return [*super().sources(), digits.__file__]

    def measure(self, work, seed):
        path = work.recipe(self.recipe)
        folder = work.train(path, seed)
        with work.session() as session:
            (given, truth), size = digits.pictures(work, session, path, ("x", "y"), "edges")
            route = session.route(session.load_trainer(work.checkpoint(folder)), "x > y")
            (made,) = session.run(route, given, size=size)
            value = edges.compare(metrics.above(made), metrics.above(truth))
            value["dependence"] = dependence(made, truth, size[0] * size[1])
            value["kept"] = float(value["dependence"] >= LEAST_DEPENDENCE and value["f1"] >= LEAST_F1)
            return value


ROWS = (Naive("naive-shallow", os.path.join(HERE, "naive-shallow"),
              "without a way back (translate), shallow generators"),
        Naive("naive-dense", "digits-edges-translate", "without a way back, dense generators"),
        Naive("cycle-shallow", "digits-edges-cyclegan", "there and back (cyclegan), shallow generators", 1),
        Naive("cycle-dense", os.path.join(HERE, "cycle-dense"), "there and back, dense generators", 1))
