"""Rows of pictures from noise: Frechet distances (frechet.py) of GANs trained on the 60,000 pictures of
Fashion-MNIST's training set, against the 10,000 of its test set."""
import math
import os
import tempfile

import beside
import frechet
import library
import metrics
from rows import RECIPES, Figure, Row, torch_version

HERE = os.path.dirname(os.path.abspath(__file__))
PLAIN = os.path.join(HERE, "plain-dcgan.recipe")
OBJECTIVES = os.path.join(HERE, "objectives.recipe")
FETCH = os.path.join("examples", "data", "fetch_fashion.py")


class FromNoise(Row):
    """A row whose runs are measured by their Frechet distance."""
    seeds = 5

    def missing(self, without=""):
        there = all(os.path.exists(path) for path in frechet.files())
        return super().missing(without) or (None if there else "what %s fetches" % FETCH)

    def sources(self):
        return [*super().sources(), frechet.__file__]

    @staticmethod
    def train(work, recipe, seed, settings=()):
        pictures = "data.real.path=" + frechet.files()[0]
        return work.checkpoint(work.train(recipe, seed, (pictures, *settings)))

    @staticmethod
    def meter(work, session):
        """It has the test set in it."""
        meter = frechet.Meter(session, frechet.load_judge(work, session))
        test = session.open_data(frechet.spec("t10k"))
        meter.add(b"real", session.read(test, "image", range(frechet.count(work))))
        return meter


class BesideTorch(FromNoise):
    """Both sides make the same steps from the same weights on the same batches, each with noise of its own,
    and are sampled in evaluation mode from the same noise."""
    name = "gan-frechet"
    title = "Frechet distance of a plain DCGAN beside the same net in PyTorch"
    modules = ("torch", "numpy", "safetensors")
    most = 1.05
    smallest = {"generator": "input 1; dense 1", "discriminator": "input 1 1 1; dense 1"}
    figures = (Figure("libgan", "libgan", "%.2f"), Figure("torch", "PyTorch", "%.2f"))

    def sources(self):
        return [*super().sources(), PLAIN, *beside.SOURCES]

    def measure(self, work, seed):
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # waiting threads take time on a busy machine
        import torch
        torch.set_num_threads(work.threads)
        checkpoint = self.train(work, PLAIN, seed)
        with work.session() as session:
            meter = self.meter(work, session)
            ours = meter.figures(frechet.samples(session, checkpoint, frechet.count(work)))
            files = [PLAIN, __file__, frechet.__file__, library.__file__, *beside.SOURCES]
            theirs = work.part("torch-" + self.name, seed, files,
                               lambda: self.of_torch(work, session, meter, seed))
        return {"libgan": ours["distance"], "torch": theirs["distance"],
                "torch_seconds": theirs["seconds"], "version": torch_version()}

    def of_torch(self, work, session, meter, seed):
        from torch_net import Checkpoint
        data = session.open_data(frechet.spec("train"))
        with tempfile.TemporaryDirectory() as temporary:
            start = os.path.join(temporary, "start.safetensors")
            steps, batch = beside.save_start(work, session, PLAIN, seed, start)
            checkpoint = Checkpoint(start)
        order = beside.order(work, PLAIN, seed, self.smallest, session.count(data), steps * batch)
        work.tell("  training the same networks in PyTorch, seed %d" % seed)
        known = beside.pictures(session, data, range(session.count(data)))
        seconds = beside.train_gan(checkpoint, known, order, batch, seed)
        noise = frechet.noise(beside.noise_size(checkpoint), frechet.count(work))
        return {**meter.figures(beside.sample_gan(checkpoint, noise)), "seconds": seconds}

    def result(self, values):
        """The mean of log(libgan / PyTorch) over the seeds, and its interval, as ratios."""
        logs = [math.log(v["libgan"] / v["torch"]) for v in values]
        mean, *interval = (None if x is None else math.exp(x) for x in metrics.interval(logs))
        text, _ = super().result(values)
        if None in interval:
            return "libgan / PyTorch %.3f; %s" % (mean, text), None
        return "libgan / PyTorch %.3f [%.3f .. %.3f]; %s" % (mean, *interval, text), interval[0] <= self.most

    def goal(self):
        return "the interval of libgan / PyTorch not above %.2f" % self.most


class Best(FromNoise):
    """fashion-best beside the plain DCGAN, one after the other in the same run."""
    name = "fashion-best"
    title = "Frechet distance of fashion-best beside the plain DCGAN's in the same time"
    figures = (Figure("ratio", "best / plain", most=0.5), Figure("time", "time", "%.2f", most=1.0),
               Figure("best", "best", "%.2f"), Figure("plain", "plain", "%.2f"),
               Figure("precision", "precision"), Figure("recall", "recall"))

    def sources(self):
        return [*super().sources(), PLAIN, self.recipe()]

    @staticmethod
    def recipe():
        return os.path.join(RECIPES, "fashion-best.recipe")

    def measure(self, work, seed):
        checkpoints, seconds = [], [0]
        for recipe in (self.recipe(), PLAIN):
            checkpoints.append(self.train(work, recipe, seed))
            seconds.append(work.trained_seconds)
        with work.session() as session:
            meter = self.meter(work, session)
            best, plain = (meter.figures(frechet.samples(session, checkpoint, frechet.count(work)))
                           for checkpoint in checkpoints)
        return {**best, "best": best["distance"], "plain": plain["distance"],
                "ratio": best["distance"] / plain["distance"],
                "time": (seconds[1] - seconds[0]) / (seconds[2] - seconds[1])}


class Objectives(FromNoise):
    """The same networks and rates under each objective, as many steps as take about the same time."""
    name = "objectives"
    seeds = 3
    title = "Frechet distances under each objective, the same networks and about the same time"
    SETTINGS = {
        "minimax": (2000, "trainer.loss=minimax"),
        "non_saturating": (2000,),
        "lsgan": (2000, "trainer.loss=lsgan"),
        "hinge": (2000, "trainer.loss=hinge"),
        "wgan": (1200, "trainer.loss=wgan", "trainer.d_steps=2"),
        "wgan_gp": (1150, "trainer.loss=wgan_gp", "trainer.d_steps=1"),
        "dragan": (1150, "trainer.penalty=dragan"),
        "r1": (1150, "trainer.penalty=r1", "trainer.penalty_weight=1"),
        "relativistic": (1650, "trainer.relativistic=yes"),
        "pack=2": (1900, "trainer.pack=2", "run.batch=32"),
    }
    figures = (Figure("ratio", "worst / best", "%.2f", most=2.0),
               *(Figure(name, name, "%.2f") for name in SETTINGS))

    def sources(self):
        return [*super().sources(), OBJECTIVES]

    def measure(self, work, seed):
        value, seconds = {}, {}
        with work.session() as session:
            meter = self.meter(work, session)
            for name, (steps, *settings) in self.SETTINGS.items():
                before = work.trained_seconds
                checkpoint = self.train(work, self.recipe(work, name), seed, ["run.steps=%d" % steps, *settings])
                value[name] = meter.figures(frechet.samples(session, checkpoint, frechet.count(work)))["distance"]
                seconds["seconds " + name] = work.trained_seconds - before
        return {"ratio": max(value.values()) / min(value.values()), **value, **seconds}

    @staticmethod
    def recipe(work, name):
        """Of packs, the discriminator has as many channels."""
        with open(OBJECTIVES) as file:
            text = file.read()
        _, _, pack = name.partition("pack=")
        if not pack:
            return OBJECTIVES
        path, _ = work.cache.place("recipes", "objectives", {"text": text, "pack": pack})
        with open(path + ".recipe", "w") as file:
            file.write(text.replace("input 28 28 1", "input 28 28 " + pack))
        return path + ".recipe"


ROWS = (BesideTorch(), Best(), Objectives())
