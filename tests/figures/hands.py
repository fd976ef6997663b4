"""Rows of emoji that are translated from one hand to the other, Noto's and Twemoji's, without pairs.

An emoji that no training has seen is drawn as the other hand might draw it; among 100 that the other hand did
draw the same one should be the nearest. Near is the cosine of two kinds of features: colours and edges in their
places, which nobody has trained (emoji.py), and those of a judge that has learned the groups of emoji from the
pictures of both hands that the training has seen, less their mean. Beside both stands the picture as it was,
untranslated. Another judge, which has learned whose hand pictures are of, says how many it takes for the
other's."""
import array
import math
import os
from statistics import mean

import emoji
import judge
from emoji import split
from rows import SOURCE, Figure, Row, held_out

AMONG, QUICK_KNOWN = 100, 40
WAYS = ("x > y", "y > x")  # the hands, as their labels are: x 0, y 1
LARGE = os.path.join(SOURCE, "examples", "data", "fetched", "emoji-64.npz")


def centred(rows, means):
    """Each less the means, of length 1."""
    moved = [[x - mean for x, mean in zip(row, means)] for row in rows]
    lengths = [math.sqrt(sum(x * x for x in row)) or 1 for row in moved]
    return [[x / length for x in row] for row, length in zip(moved, lengths)]


class Judge:
    """A classifier of what the trainings have seen, both hands' pictures, by these labels."""

    def __init__(self, work, session, recipe, label):
        path, count = (session.option(recipe, "data.x." + key) for key in ("path", "count"))
        data = session.open_data('npz path="%s" image=image label=%s count=%s' % (path, label, count))
        self.session, self.model = session, judge.train(work, session, data)
        self.known = data, range(QUICK_KNOWN if work.quick else session.count(data))

    def rows(self, pictures):
        tensor = judge.judged(self.session, self.model, joined(pictures))["features"]
        return split(self.session.numbers(tensor), len(pictures))

    def share(self, pictures, label):
        """That it takes for the label's."""
        return judge.agreement(self.session, self.model, joined(pictures), [label] * len(pictures))

    def pictures(self):
        """Those that it has learned from."""
        data, indices = self.known
        return split(self.session.read(data, "image", indices), len(indices))


def joined(pictures):
    made = array.array("f")
    for picture in pictures:
        made.extend(picture)
    return made


def nearest(asked, real, seed):
    return emoji.right(list(enumerate(asked)), real, seed, AMONG)


class Hands(Row):
    figures = (Figure("clear", "above the untranslated, by the better features", "%+.3f", least=0.05),
               *(Figure(key, label) for key, label in (
                   ("drawn", "colours and edges"), ("drawn_plain", "untranslated"), ("judged", "judge"),
                   ("judged_plain", "untranslated"), ("hand", "taken for the other hand's"),
                   ("hand_plain", "untranslated"), ("hand_real", "real ones"))))

    def __init__(self, recipe, needs="", make=""):
        self.name = self.recipe = recipe
        self.needs, self.make = needs, make
        self.title = "held-out emoji that %s draws as the other hand does: the right one is the nearest of %d" % (
            recipe, AMONG)

    def missing(self, without=""):
        there = not self.needs or os.path.exists(self.needs)
        return super().missing(without) or (None if there else "what %s makes" % self.make)

    def sources(self):
        return [*super().sources(), emoji.__file__, judge.__file__]

    def measure(self, work, seed):
        path = work.recipe(self.recipe)
        folder = work.train(path, seed)
        with work.session() as session:
            recipe = session.load_recipe(path)
            data, indices = held_out(work, session, recipe, "x", "y")
            hands = self.hands(session, data, indices)
            trainer = session.load_trainer(work.checkpoint(folder))
            made = [split(session.run(session.route(trainer, way), joined(given))[0], len(given))
                    for way, given in zip(WAYS, hands)]
            return self.compare(work, session, recipe, made, hands, seed)

    @staticmethod
    def hands(session, data, indices):
        """The pictures of either hand."""
        labels = [int(label) for label in session.read(data, "label", indices)]
        assert labels == [0, 1] * (len(labels) // 2), "rows 2i and 2i + 1 are not of hand 0 and of hand 1"
        pictures = split(session.read(data, "image", indices), len(indices))
        return [pictures[::2], pictures[1::2]]

    @staticmethod
    def compare(work, session, recipe, made, hands, seed):
        """made[h] are what hands[h] were made into, of the hand 1 - h."""
        groups, whose = (Judge(work, session, recipe, label) for label in ("group", "hand"))
        known, value = groups.pictures(), {}
        drawn = emoji.Features(known)
        means = [sum(column) / len(column) for column in zip(*groups.rows(known))]
        for kind, features in (("drawn", lambda pictures: list(map(drawn, pictures))),
                               ("judged", lambda pictures: centred(groups.rows(pictures), means))):
            real = [features(pictures) for pictures in hands]
            for key, asked in ((kind, [features(pictures) for pictures in made]), (kind + "_plain", real)):
                value[key] = mean(nearest(asked[hand], real[1 - hand], seed) for hand in (0, 1))
        for key, pictures in (("hand", made), ("hand_plain", hands), ("hand_real", hands[::-1])):
            value[key] = mean(whose.share(pictures[hand], 1 - hand) for hand in (0, 1))
        value["clear"] = max(value[kind] - value[kind + "_plain"] for kind in ("drawn", "judged"))
        return value


ROWS = (Hands("emoji-cyclegan"),
        Hands("emoji64-cyclegan", LARGE, "python examples/data/make_emoji.py --size 64"))
