"""Rows of coupled generators (CoGAN): pairs that one noise makes, and classes that go from domain to domain.

Of the pairs a digit's true edge map or negative is known, the data set's transform=; agreement is the share of
pixels of the other picture that are as in it (Liu and Tuzel, "Coupled generative adversarial networks", 2016,
section 3). Beside it stands what chance gives: the truth of another pair.

Classes: the labels of one collection are learned, the pictures of the other are seen without theirs, and those
same pictures are classified in the end, by the last networks, not by the best ones (section 4 there)."""
import array
import os
import random
import tempfile

import digits
import edges
import metrics
from rows import SOURCE, Figure, Row

PAIRS, QUICK_PAIRS = 2000, 40
USPS = os.path.join(SOURCE, "examples", "data", "fetched", "usps.npz")


class Fetched(Row):
    def missing(self, without=""):
        there = all(map(os.path.exists, (digits.MNIST, USPS)))
        return super().missing(without) or (None if there else "what %s fetches" % digits.FETCH)


def noise(count, size, seed):
    """Of N(0, 1), as digits-cogan has it."""
    source = random.Random(seed)
    return array.array("f", (source.gauss(0, 1) for _ in range(count * size)))


def derived(session, pictures, shape, transform):
    """What the data set makes of pictures, numbers in [-1, 1]."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pictures.npy")
        tensor = session.tensor(pictures, *shape)
        session.good(session.library.gan_tensor_save(tensor, path.encode()))
        data = session.open_data('npy path="%s" transform=%s' % (path, transform))
        return session.read(data, "image", range(shape[0]))


class Pairs(Fetched):
    recipe = "digits-cogan"

    def __init__(self, name, transform, least, settings=()):
        self.name, self.transform, self.settings = "digits-%s-cogan" % name, transform, settings
        self.title = "pairs of digits and their %s by %s" % (name, self.recipe)
        if settings:
            self.title += ", `%s`" % " ".join(settings)
        self.figures = (Figure("agreement", "agreement", least=least), Figure("f1", "F1"),
                        Figure("random", "agreement with another pair's"))

    def sources(self):
        return [*super().sources(), digits.__file__, edges.__file__]

    def measure(self, work, seed):
        folder = work.train(work.recipe(self.recipe), seed, self.settings)
        count = QUICK_PAIRS if work.quick else PAIRS
        with work.session() as session:
            trainer = session.load_trainer(work.checkpoint(folder))
            models = [session.route(trainer, "noise > " + domain) for domain in "xy"]
            z = noise(count, session.input_size(models[0], 0), seed)
            (digit,), (other,) = (session.run(model, z) for model in models)
            shape, _ = session.field_shape(session.recipe_data(
                session.load_recipe(work.recipe(self.recipe)), "x"), "image")
            truth = metrics.above(derived(session, digit, (count, *shape), self.transform))
            found, pixels = metrics.above(other), shape[0] * shape[1]
            shifted = b"".join(truth[i * pixels:(i + 1) * pixels] for i in edges.others(count, seed))
            return {**edges.compare(found, truth), "random": metrics.agreement(found, shifted)}


class Adapted(Fetched):
    """`known` is the domain whose labels are learned, `new` the other one, as the recipe calls them."""

    def __init__(self, recipe, known, new, least, settings=()):
        self.recipe, self.known, self.new, self.settings = recipe, known, new, settings
        way = {"x": "mnist", "y": "usps"}
        self.name = "%s-%s-%s" % (way[known], way[new], recipe.rpartition("-")[2])
        self.title = "classes of %s by %s, from labels of %s alone" % (
            way[new].upper(), recipe, way[known].upper())
        self.figures = (Figure("right", "accuracy", least=least), Figure("known", "of what has labels"))

    def sources(self):
        return [*super().sources(), digits.__file__]

    def measure(self, work, seed):
        folder = work.train(work.recipe(self.recipe), seed, self.settings)
        with work.session() as session:
            trainer = session.load_trainer(work.checkpoint(folder))
            recipe = session.load_recipe(work.recipe(self.recipe), self.settings)
            return {key: self.accuracy(work, session, trainer, recipe, domain)
                    for key, domain in (("right", self.new), ("known", self.known))}

    def accuracy(self, work, session, trainer, recipe, domain):
        data = session.recipe_data(recipe, domain)
        indices = range(session.count(data))[:QUICK_PAIRS if work.quick else None]
        model = session.route(trainer, domain + " > score")
        outputs = session.run(model, session.read(data, "image", indices))
        logits = outputs[session.output_index(model, "classes")]
        labels = session.read(data, "label", indices)
        classes = len(logits) // len(labels)
        told = (max(range(classes), key=logits[i * classes:(i + 1) * classes].__getitem__) for i in indices)
        return sum(one == label for one, label in zip(told, labels)) / len(labels)


class Ahead(Adapted):
    """Beside another row, of the same pictures."""

    def __init__(self, recipe, beside):
        super().__init__(recipe, beside.known, beside.new, None, beside.settings)
        self.beside = beside
        self.figures += (Figure("ahead", "ahead of " + beside.name, "%+.3f", least=0),)

    def measure(self, work, seed):
        value = super().measure(work, seed)
        return {**value, "ahead": value["right"] - work.row(self.beside, seed)["value"]["right"]}


BACK = ("trainer.labelled=y",)
ADAPTED = (Adapted("mnist-usps-cogan", "x", "y", 0.912), Adapted("mnist-usps-cogan", "y", "x", 0.891, BACK))
ROWS = (Pairs("edges", "edges", 0.952), Pairs("negatives", "negative", 0.967, digits.LEARN_NEGATIVES),
        *ADAPTED, *(Ahead("mnist-usps-unit", row) for row in ADAPTED))
