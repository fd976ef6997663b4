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


class Domain:
    """What the digits' other domain is, and what its rows have to reach."""

    def __init__(self, name, transform, agreement, f1):
        self.name, self.transform, self.agreement, self.f1 = name, transform, agreement, f1

    def figures(self, judged=True):
        return tuple(Figure(key + way, label + said, least=goal if judged else None)
                     for key, label, goal in (("agreement", "agreement", self.agreement), ("f1", "F1", self.f1))
                     for way, said in (("_xy", " there"), ("_yx", " back")))


EDGES = Domain("edges", "edges", 0.95, 0.7)
NEGATIVES = Domain("negatives", "negative", 0.97, None)
LEARN_NEGATIVES = ("data.y.transform=negative",)
CHANGE_ALL = "trainer.identity=0"  # what is made of a negative is none: nothing is to stay as it is


def pictures(work, session, path, feeds, transform):
    """Numbers of the digits that the recipe holds out, and of their truth; height and width."""
    recipe, made = session.load_recipe(path), []
    for extra in ("", "transform=" + transform):
        data, indices = held_out(work, session, recipe, *feeds, extra=extra)
        made.append(session.read(data, "image", indices))
    return made, session.field_shape(data, "image")[0][:2]


class Digits(Row):
    recipe, feeds, judged = "digits-edges-cyclegan", ("x", "y"), False

    def __init__(self, domain):
        self.domain = domain
        self.figures = domain.figures(self.judged)

    def missing(self, without=""):
        return super().missing(without) or (None if os.path.exists(MNIST) else "what %s fetches" % FETCH)

    def sources(self):
        return [*super().sources(), edges.__file__]

    def measure(self, work, seed):
        with work.session() as session:
            given, size = pictures(work, session, work.recipe(self.recipe), self.feeds, self.domain.transform)
            value, made = {}, self.made(work, session, seed, given, size)
            for way, found, truth in zip(("_xy", "_yx"), made, given[::-1]):
                figures = edges.compare(found, metrics.above(truth))
                value.update({key + way: figure for key, figure in figures.items()})
            return value

    def made(self, work, session, seed, given, size):
        """What there is for the digits, in the other domain, and for their truth, as digits: bytes of 1 and 0."""
        raise NotImplementedError


class Translated(Digits):
    """By a system that the recipe trains; `way` is from one domain to another, `space` the domain's in its routes."""
    judged = True

    def __init__(self, recipe, domain, settings=(), way="%s > %s", space="y"):
        super().__init__(domain)
        self.recipe, self.settings, self.feeds = recipe, settings, ("x", space)
        self.routes = way % ("x", space), way % (space, "x")
        self.name = "digits-%s-%s" % (domain.name, recipe.rpartition("-")[2])
        self.title = "digits to %s and back by %s%s" % (
            domain.name, recipe, ", `%s`" % " ".join(settings) if settings else "")

    def made(self, work, session, seed, given, size):
        folder = work.train(work.recipe(self.recipe), seed, self.settings)
        trainer = session.load_trainer(work.checkpoint(folder))
        return [metrics.above(session.run(session.route(trainer, route), numbers, size=size)[0])
                for route, numbers in zip(self.routes, given)]


class RandomPairs(Digits):
    def __init__(self, domain):
        super().__init__(domain)
        self.name = "digits-%s-random" % domain.name
        self.title = "%s and digits of another digit, drawn at random" % domain.name

    def made(self, work, session, seed, given, size):
        pixels = size[0] * size[1]
        others = edges.others(len(given[0]) // pixels, seed)
        return [b"".join(metrics.above(truth[i * pixels:(i + 1) * pixels]) for i in others)
                for truth in given[::-1]]


class Black(Digits):
    seeded = False

    def __init__(self, domain):
        super().__init__(domain)
        self.name = "digits-%s-black" % domain.name
        self.title = "an output that is all black, for %s and digits" % domain.name

    def made(self, work, session, seed, given, size):
        return [bytes(len(truth)) for truth in given[::-1]]


DIRECT = ("digits-edges-cyclegan", "digits-edges-discogan", "digits-edges-dualgan")
CODED = "%s > code > %s"
ROWS = (*(Translated(recipe, EDGES) for recipe in DIRECT),
        *(Translated(recipe, EDGES, way=CODED) for recipe in ("digits-unit", "digits-combogan")),
        RandomPairs(EDGES), Black(EDGES),
        *(Translated(recipe, NEGATIVES, (*LEARN_NEGATIVES, CHANGE_ALL)) for recipe in DIRECT),
        Translated("digits-unit", NEGATIVES, LEARN_NEGATIVES, CODED),
        Translated("digits-combogan", NEGATIVES, way=CODED, space="z"),
        RandomPairs(NEGATIVES), Black(NEGATIVES))
