"""Rows of translations between digits and what is made of them, edge maps or negatives, whose truth is known.

Digits that no domain of the training has seen go the way x > y, their edge maps or negatives the way y > x; a
pixel is bright above the middle of the range. Agreement is the share of pixels that are as in the truth, of F1
see edges.py: it is that of the bright pixels. Beside the systems stand what chance gives, the truth of another
digit, and what an output without any bright pixel gives."""
import os

import edges
import metrics
from rows import SOURCE, Figure, Row, held_out

FETCH = "examples/data/fetch_digits.py"
MNIST = os.path.join(SOURCE, "examples", "data", "fetched", "mnist.npz")
RECIPE = "digits-edges-cyclegan"  # whose data all of them have


class Domain:
    """What the digits' other domain is, and what its rows have to reach."""

    def __init__(self, name, transform, settings, agreement, f1):
        self.name, self.transform, self.settings = name, transform, settings
        self.agreement, self.f1 = agreement, f1

    def figures(self, judged=True):
        return tuple(Figure(key + way, label + said, least=goal if judged else None)
                     for key, label, goal in (("agreement", "agreement", self.agreement), ("f1", "F1", self.f1))
                     for way, said in (("_xy", " there"), ("_yx", " back")))


EDGES = Domain("edges", "edges", (), 0.95, 0.7)
# What a generator makes of a negative is no negative: nothing is to stay as it is.
NEGATIVES = Domain("negatives", "negative", ("data.y.transform=negative", "trainer.identity=0"), 0.97, None)


def pictures(work, session, transform):
    """{"x", "y": numbers of the held-out digits and of their truth}, height and width."""
    recipe, made = session.load_recipe(work.recipe(RECIPE)), {}
    for space, extra in (("x", ""), ("y", "transform=" + transform)):
        data, indices = held_out(work, session, recipe, "x", "y", extra=extra)
        made[space] = session.read(data, "image", indices)
    return made, session.field_shape(data, "image")[0][:2]


class Digits(Row):
    def __init__(self, domain):
        self.domain = domain
        self.figures = domain.figures(self.judged)

    judged = False

    def missing(self, without=""):
        return super().missing(without) or (None if os.path.exists(MNIST) else "what %s fetches" % FETCH)

    def sources(self):
        return [*super().sources(), edges.__file__]

    def measure(self, work, seed):
        with work.session() as session:
            given, size = pictures(work, session, self.domain.transform)
            made, value = self.made(work, session, seed, given, size), {}
            for way, space in (("_xy", "y"), ("_yx", "x")):
                figures = edges.compare(made[space], metrics.above(given[space]))
                value.update({key + way: figure for key, figure in figures.items()})
            return value

    def made(self, work, session, seed, given, size):
        """{"y", "x": bytes of 1 and 0}: what there is for each pixel of what is given of the other one."""
        raise NotImplementedError


class Translated(Digits):
    """By a trained system, whose routes these are."""
    judged = True
    routes = {"y": "x > y", "x": "y > x"}

    def __init__(self, system, domain):
        super().__init__(domain)
        self.system, self.name = system, "digits-%s-%s" % (domain.name, system)
        self.title = "digits to %s and back by digits-edges-%s%s" % (
            domain.name, system, ", `%s`" % " ".join(domain.settings) if domain.settings else "")

    def made(self, work, session, seed, given, size):
        folder = work.train(work.recipe("digits-edges-" + self.system), seed, self.domain.settings)
        trainer = session.load_trainer(work.checkpoint(folder))
        made = {}
        for to, route in self.routes.items():
            (numbers,) = session.run(session.route(trainer, route), given[route[0]], size=size)
            made[to] = metrics.above(numbers)
        return made


class RandomPairs(Digits):
    def __init__(self, domain):
        super().__init__(domain)
        self.name = "digits-%s-random" % domain.name
        self.title = "%s and digits of another digit, drawn at random" % domain.name

    def made(self, work, session, seed, given, size):
        pixels = size[0] * size[1]
        others = edges.others(len(given["x"]) // pixels, seed)
        return {space: b"".join(metrics.above(numbers[i * pixels:(i + 1) * pixels]) for i in others)
                for space, numbers in given.items()}


class Black(Digits):
    seeded = False

    def __init__(self, domain):
        super().__init__(domain)
        self.name = "digits-%s-black" % domain.name
        self.title = "an output that is all black, for %s and digits" % domain.name

    def made(self, work, session, seed, given, size):
        return {space: bytes(len(numbers)) for space, numbers in given.items()}


ROWS = tuple(row for domain in (EDGES, NEGATIVES)
             for row in (*(Translated(system, domain) for system in ("cyclegan", "discogan", "dualgan")),
                         RandomPairs(domain), Black(domain)))
