"""The row of the conditional GAN whose condition is a text: is a generated emoji that of its name?

A picture is compared with real ones of ten names, its own and nine others that are drawn at random, of one hand
at a time: it is right where its own name's is the nearest. Near is what has colours and edges at the same
places, the cosine of features that nobody has trained; 0.1 is chance. Pictures of held-out names are compared
among held-out names. The same figure for real pictures, among those of the other hand, is the ceiling."""
import array
import math
import operator
import random

from rows import Figure, Row, held_out, seen

CELLS = 8


def cells(plane, side):
    """The means of CELLS x CELLS squares of a plane of side x side numbers."""
    step = side // CELLS
    rows = [[sum(plane[y * side + x:y * side + x + step]) for x in range(0, side, step)] for y in range(side)]
    return [sum(row[x] for row in rows[y:y + step]) / step**2 for y in range(0, side, step) for x in range(CELLS)]


def edges(grey, side):
    """How steep the grey is in each cell, along rows and along columns: in pixels that have both
    neighbours, 0 in the others."""
    across, down = [0.0] * len(grey), [0.0] * len(grey)
    for y in range(side):
        for at in range(y * side + 1, (y + 1) * side - 1):
            across[at] = abs(grey[at + 1] - grey[at - 1])
    for at in range(side, len(grey) - side):
        down[at] = abs(grey[at + side] - grey[at - side])
    return cells(across, side) + cells(down, side)


def describe(picture):
    """(colours, edges) of a picture, its numbers in rows of pixels of three."""
    planes = [picture[channel::3] for channel in range(3)]
    side = math.isqrt(len(planes[0]))
    grey = [sum(pixel) / 3 for pixel in zip(*planes)]
    return [number for plane in planes for number in cells(plane, side)], edges(grey, side)


def split(numbers, count):
    size = len(numbers) // count
    return [numbers[i * size:(i + 1) * size] for i in range(count)]


class Features:
    """What `describe` says, less its mean over known pictures, either half in its own deviation from it."""

    def __init__(self, pictures):
        halves = list(zip(*map(describe, pictures)))
        self.means = [[sum(column) / len(column) for column in zip(*half)] for half in halves]
        self.scales = [math.sqrt(sum((x - m)**2 for row in half for x, m in zip(row, mean)) / len(half)) or 1
                       for half, mean in zip(halves, self.means)]

    def __call__(self, picture):
        """Of length 1, so that a product of two is their cosine."""
        numbers = [(x - m) / scale for half, mean, scale in zip(describe(picture), self.means, self.scales)
                   for x, m in zip(half, mean)]
        length = math.sqrt(sum(x * x for x in numbers)) or 1
        return [x / length for x in numbers]


def right(asked, real, seed, among=10):
    """How often the nearest is right: `asked` has (name, feature), `real` a hand's feature of each name."""
    source, hits = random.Random(seed), 0
    for name, feature in asked:
        others = source.sample(range(len(real) - 1), min(among, len(real)) - 1)
        near = [(sum(map(operator.mul, feature, real[i])), i == name)
                for i in (name, *(other + (other >= name) for other in others))]
        hits += max(near, key=operator.itemgetter(0))[1]
    return hits / len(asked)


def right_of_hands(asked, hands, seed):
    return sum(right(asked, hand, seed) for hand in hands) / len(hands)


class Text(Row):
    name = "cgan-text"
    title = "pictures of emoji-text whose nearest real one, among those of ten names, is of their name"
    recipe, each = "emoji-text", 3
    figures = (Figure("known", "known names", least=0.5), Figure("unseen", "held-out names", least=0.2),
               Figure("real", "real pictures by the other hand"), Figure("real_unseen", "of held-out names"))

    def measure(self, work, seed):
        path = work.recipe(self.recipe)
        folder = work.train(path, seed)
        with work.session() as session:
            recipe = session.load_recipe(path)
            sets = [seen(session, recipe, "real"), held_out(work, session, recipe, "real")]
            if work.quick:
                sets[0] = sets[0][0], sets[0][1][:len(sets[1][1])]
            pictures = [split(session.read(data, "image", indices), len(indices)) for data, indices in sets]
            vectors = [split(session.read(data, "vector", indices), len(indices)) for data, indices in sets]
            features = Features(pictures[0])
            trainer = session.load_trainer(work.checkpoint(folder))
            value = {}
            for key, given, own in zip(("", "_unseen"), pictures, vectors):
                hands = self.hands(given, own, features)
                value["real" + key] = self.ceiling(hands, seed)
                names, made = self.samples(session, trainer, own[::2], 1 if work.quick else self.each, seed)
                asked = [(name, features(picture)) for name, picture in zip(names, made)]
                value[key.strip("_") or "known"] = right_of_hands(asked, hands, seed)
            return value

    @staticmethod
    def hands(pictures, vectors, features):
        """Features of each name's picture by either hand; they lie side by side."""
        assert vectors[::2] == vectors[1::2], "a name's pictures by both hands are not in rows 2i and 2i + 1"
        return [[features(picture) for picture in pictures[hand::2]] for hand in range(2)]

    @staticmethod
    def ceiling(hands, seed):
        return sum(right(list(enumerate(own)), other, seed) for own, other in (hands, hands[::-1])) / 2

    @staticmethod
    def samples(session, trainer, vectors, each, seed):
        """(names, pictures): so many of each name."""
        model = session.route(trainer, "noise > image")
        inputs = [session.library.gan_model_input_name(model, i).decode() for i in range(2)]
        noise_at = 1 - inputs.index("condition")
        names = [name for name in range(len(vectors)) for _ in range(each)]
        source = random.Random(seed)
        size = session.input_size(model, noise_at)
        given = [array.array("f", [number for name in names for number in vectors[name]])] * 2
        given[noise_at] = array.array("f", [source.gauss(0, 1) for _ in range(size * len(names))])
        return names, split(session.run(model, *given)[0], len(names))


ROWS = (Text(),)
