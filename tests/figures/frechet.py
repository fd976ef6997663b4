"""Frechet distances of pictures from noise, in the features of a judge that libgan trains: on the 60,000
labelled pictures of Fashion-MNIST's training set, against the 10,000 of its test set, of 10,000 samples.

The pictures are fetched by examples/data/fetch_fashion.py."""
import array
import ctypes
import math
import os
import random

from library import Failure
from rows import SOURCE

FETCHED = os.path.join(SOURCE, "examples", "data", "fetched")
SAMPLES = 10000


def files():
    """Pictures and labels of the training set, of the test set."""
    return [os.path.join(FETCHED, "%s-%s-ubyte.gz" % (part, what))
            for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1")]


def spec(part):
    """Of Fashion-MNIST: part is train or t10k."""
    return 'idx path="%s" labels="%s"' % tuple(path for path in files() if os.path.basename(path).startswith(part))


def count(work):
    return 100 if work.quick else SAMPLES


def load_judge(work, session, seed=1):
    """The judge, trained once and kept in the cache."""
    path, _ = work.cache.place("judges", "fashion", {"seed": seed, "quick": work.quick})
    path += ".safetensors"
    lib = session.library
    if os.path.exists(path):
        return session.make("model", "gan_model_load", session.context, path.encode())
    known, unseen = (session.open_data(spec(part)) for part in ("train", "t10k"))
    judge = session.make("model", "gan_judge_train", session.context, b"seed=%d" % seed, known, unseen)
    session.good(lib.gan_model_save(judge, path.encode()))
    return judge


class Meter:
    """Distances between sets of pictures, in the features of the judge."""

    def __init__(self, session, judge, size=(28, 28)):
        self.session, self.judge, self.size = session, judge, size
        self.frechet, self.ranges = (session.make("metric", "gan_metric_create", session.context, kind)
                                     for kind in (b"frechet", b"precision_recall"))

    def features(self, pictures):
        at = self.session.output_index(self.judge, "features")
        return self.session.run(self.judge, pictures, size=self.size)[at]

    def add(self, name, pictures):
        rows = self.features(pictures)
        count = len(pictures) // math.prod(self.size)
        with self.session.inner() as inner:
            tensor = inner.tensor(rows, count, len(rows) // count)
            for metric in (self.frechet, self.ranges):
                inner.good(inner.library.gan_metric_clear(metric, name))
                inner.good(inner.library.gan_metric_add(metric, name, tensor))

    def value(self, metric, name):
        out = ctypes.c_double()
        self.session.good(self.session.library.gan_metric_value(metric, name, out))
        return out.value

    def figures(self, pictures):
        self.add(b"fake", pictures)
        return {"distance": self.value(self.frechet, b"distance"),
                "precision": self.value(self.ranges, b"precision"),
                "recall": self.value(self.ranges, b"recall")}


def noise(size, count, seed=1):
    source = random.Random(seed)
    return array.array("f", [source.gauss(0, 1) for _ in range(size * count)])


def samples(session, checkpoint, count, seed=1):
    """Of a checkpoint's generator, with its averages where they are kept."""
    model = session.route(session.load_trainer(checkpoint), "noise > image")
    if session.library.gan_model_note(model, b"prior") != b"normal":
        raise Failure("the noise of %s is not normal" % checkpoint)
    return session.run(model, noise(session.input_size(model, 0), count, seed))[0]
