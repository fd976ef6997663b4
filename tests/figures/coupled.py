"""Rows of coupled generators (CoGAN): pairs that one noise makes, and classes that go from domain to domain.

Of the pairs a digit's true edge map or negative is known, the data set's transform=; agreement is the share of
pixels of the other picture that are as in it (Liu and Tuzel, "Coupled generative adversarial networks", 2016,
section 3). Beside it stands what chance gives: the truth of another pair; and, as there, the pairs of a
conditional GAN, whose one generator is told the domain: of one noise, with either of the two conditions.

Classes: the labels of one collection are learned, the pictures of the other are seen without theirs, and those
same pictures are classified in the end, by the last networks, not by the best ones (section 4 there)."""
import array
import os
import random
import struct
import tempfile

import condition
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
        folder = self.train(work, seed)
        with work.session() as session:
            trainer = session.load_trainer(work.checkpoint(folder))
            count = QUICK_PAIRS if work.quick else PAIRS
            pair = self.pairs(session, trainer, count, seed)
            shape, _ = session.field_shape(self.data(work, session, "x"), "image")
            return self.compare(session, pair, shape, seed)

    def train(self, work, seed):
        return work.train(work.recipe(self.recipe), seed, self.settings)

    def data(self, work, session, domain):
        recipe = session.load_recipe(work.recipe(self.recipe), self.settings)
        return session.recipe_data(recipe, domain)

    def pairs(self, session, trainer, count, seed):
        """The numbers of all pictures of either domain."""
        models = [session.route(trainer, "noise > " + domain) for domain in "xy"]
        z = noise(count, session.input_size(models[0], 0), seed)
        return [session.run(model, z)[0] for model in models]

    def compare(self, session, pair, shape, seed):
        digit, other = pair
        pixels = shape[0] * shape[1]
        count = len(digit) // pixels
        truth = metrics.above(derived(session, digit, (count, *shape), self.transform))
        found = metrics.above(other)
        shifted = b"".join(truth[i * pixels:(i + 1) * pixels] for i in edges.others(count, seed))
        return {**edges.compare(found, truth), "random": metrics.agreement(found, shifted)}


def write_idx(path, numbers, *shape):
    """Bytes, as IDX has them."""
    with open(path, "wb") as file:
        file.write(struct.pack(">HBB%dI" % len(shape), 0, 8, len(shape), *shape) + bytes(numbers))


class ConditionalPairs(Pairs):
    """By a conditional GAN, of the same pictures."""

    def __init__(self, pairs):
        super().__init__(pairs.name.split("-")[1], pairs.transform, None, pairs.settings)
        self.name = self.name.replace("cogan", "conditional")
        self.title = "the same by a conditional GAN, which is told the domain"
        self.figures += (Figure("ahead", "%s ahead" % pairs.name, "%+.3f"),)
        self.beside = pairs

    def sources(self):
        return [*super().sources(), condition.__file__]

    def train(self, work, seed):
        """By files that are made anew, and that the hint tells from those of another transform."""
        recipe = os.path.join(os.path.dirname(os.path.abspath(__file__)), "conditional-pairs.recipe")
        with tempfile.TemporaryDirectory() as folder, work.session() as session:
            pictures, domains = bytearray(), []
            for domain in "xy":
                data = self.data(work, session, domain)
                count, shape = session.count(data), session.field_shape(data, "image")[0]
                numbers = session.read(data, "image", range(count))
                pictures.extend(round((number + 1) * 127.5) for number in numbers)
                domains += [len(domains) > 0] * count
            paths = [os.path.join(folder, name) for name in ("pictures.idx", "domains.idx")]
            write_idx(paths[0], pictures, len(domains), *shape[:2])
            write_idx(paths[1], domains, len(domains))
            files = ["data.real.%s=%s" % pair for pair in zip(("path", "labels"), paths)]
            return work.train(recipe, seed, ["data.real.hint=%s makes it" % self.name], files)

    def pairs(self, session, trainer, count, seed):
        model = session.route(trainer, "noise > image")
        z = noise(count, session.input_size(model, 0), seed)
        return [session.run(model, z, condition.one_hot([domain] * count, 2))[0] for domain in (0, 1)]

    def measure(self, work, seed):
        value = super().measure(work, seed)
        return {**value, "ahead": work.row(self.beside, seed)["value"]["agreement"] - value["agreement"]}


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
PAIRED = (Pairs("edges", "edges", 0.952), Pairs("negatives", "negative", 0.967, digits.LEARN_NEGATIVES))
ROWS = (*PAIRED, *map(ConditionalPairs, PAIRED), *ADAPTED, *(Ahead("mnist-usps-unit", row) for row in ADAPTED))
