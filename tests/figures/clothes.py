"""The row of pictures that a discriminator makes alone: does a judge take them for clothes.

The judge (judge.py) has learned from the first 9,000 of the bundled pictures. Its score is high where each picture is surely of one class, and all classes are there: from 1 to 10. Beside that of
the samples stand those of noise, from which the chains begin, of the VAE's samples, and of the 1,000 pictures
that neither judge nor networks have seen. The figure with the goal is how much of the way from the noise's
score to the real pictures' the samples have gone. Frechet distances are to the 9,000."""
import array
import math
import os
import random
import tempfile

import judge
from judge import judged
from rows import Figure, Row, held_out, seen

SAMPLES = 1000
VAE, LABELLED = "fashion-vae", "fashion-cgan"


def noise(count, size, seed):
    """Pictures of numbers drawn evenly from [-1, 1]."""
    source = random.Random(seed)
    return array.array("f", [source.uniform(-1, 1) for _ in range(count * size)])


def compare(session, model, known, sets):
    """The score of each set of pictures, by name, and its Frechet distance to those that are known."""
    real, value = judged(session, model, known)["features"], {}
    for name, pictures in sets.items():
        rows = judged(session, model, pictures)
        value[name] = session.metric("score", ("score",), fake=rows["logits"])["score"]
        value["frechet_" + name] = session.metric("frechet", ("distance",), real=real,
                                                  fake=rows["features"])["distance"]
    value["way"] = (value["samples"] - value["noise"]) / (value["real"] - value["noise"])
    return value


class Clothes(Row):
    name = recipe = "fashion-discriminator"
    title = "a judge's score of what a discriminator makes alone"
    figures = (Figure("way", "of the way from noise to real", "%.2f", least=0.5),
               *(Figure(key, key, "%.2f") for key in ("samples", "noise", "vae", "real")),
               *(Figure("frechet_" + key, "Frechet distance of " + key, "%.1f")
                 for key in ("samples", "vae", "real")))

    def measure(self, work, seed):
        folders = {"samples": work.train(work.recipe(self.recipe), seed),
                   "vae": work.train(work.recipe(VAE), seed)}
        with work.session() as session:
            recipe = session.load_recipe(work.recipe(LABELLED))
            known, unseen = seen(session, recipe, "real"), held_out(work, session, recipe, "real")
            shape, _ = session.field_shape(known[0], "image")
            sets = {name: self.samples(work, session, folder, seed) for name, folder in folders.items()}
            sets["noise"] = noise(self.count(work), math.prod(shape), seed)
            sets["real"] = session.read(unseen[0], "image", unseen[1])
            model = judge.train(work, session, known[0])
            few = known[1][:len(unseen[1])] if work.quick else known[1]
            return compare(session, model, session.read(known[0], "image", few), sets)

    @staticmethod
    def count(work):
        return 20 if work.quick else SAMPLES

    def samples(self, work, session, folder, seed):
        with tempfile.TemporaryDirectory() as beside:
            path = os.path.join(beside, "samples.npy")
            work.sample(folder, path, self.count(work), seed)
            return session.numbers(session.load_tensor(path))


ROWS = (Clothes(),)
