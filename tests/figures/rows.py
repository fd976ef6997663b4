"""What a row of the table is: how it is measured, which of its figures have a goal, and whether that is met.

A row measures one seed at a time; a figure is the mean over the seeds with its 95 % interval."""
import dataclasses
import importlib.metadata
import importlib.util
import inspect
import os
import re
import subprocess
import sys
import time

import cache
import library
import metrics

SOURCE = cache.SOURCE
RECIPES = os.path.join(SOURCE, "examples", "recipes")
QUICK_HELD_OUT = 40


@dataclasses.dataclass
class Figure:
    """One number of a row. least, most: the mean must reach it, or stay at or below it. within: the whole
    interval must lie between -within and within. With none of them there is no goal."""
    key: str
    label: str
    form: str = "%.3f"
    least: float = None
    most: float = None
    within: float = None

    def goal(self):
        if self.least is not None:
            return "%s at least %s" % (self.label, self.form % self.least)
        if self.most is not None:
            return "%s at most %s" % (self.label, self.form % self.most)
        if self.within is not None:
            return "%s within %s" % (self.label, self.form.replace("+", "") % self.within)
        return ""

    def text(self, values):
        mean, low, high = metrics.interval(values)
        said = "%s %s" % (self.label, self.form % mean)
        return said if low is None else said + " [%s .. %s]" % (self.form % low, self.form % high)

    def met(self, values):
        """None: there is no goal. One value has no interval, which lies nowhere then."""
        mean, low, high = metrics.interval(values)
        if self.least is not None:
            return mean >= self.least
        if self.most is not None:
            return mean <= self.most
        if self.within is not None:
            return low is not None and -self.within <= low and high <= self.within
        return None


class Row:
    name = title = ""
    figures = ()
    modules = ()  # of Python, beyond its standard library
    seeded = True  # else it is measured once
    seeds = 1  # so many at least, however few are asked for

    def missing(self, without=""):
        """What it needs and there is not: the first module that is not installed, or is not to be used."""
        return next((name for name in self.modules
                     if name == without or not importlib.util.find_spec(name)), None)

    def sources(self):
        """The files whose change makes a measurement another one."""
        files = {inspect.getsourcefile(kind) for kind in type(self).__mro__[:-1]}
        return sorted(files - {os.path.abspath(__file__)}) + [metrics.__file__, library.__file__]

    def measure(self, work, seed):
        """{a figure's key: its number}; further keys go into the JSON alone."""
        raise NotImplementedError

    def goal(self):
        return "; ".join(filter(None, (figure.goal() for figure in self.figures)))

    def result(self, values):
        """The text, and whether the goals are met (None: there are none), of one dict a seed."""
        columns = [(figure, [value[figure.key] for value in values]) for figure in self.figures]
        judged = [figure.met(column) for figure, column in columns]
        judged = [met for met in judged if met is not None]
        return "; ".join(figure.text(column) for figure, column in columns), all(judged) if judged else None


class Work:
    """What the rows work with: the build, the cache, the threads; and how long they may take."""

    def __init__(self, build, folder, threads, quick, tell):
        self.gan = program(build, "gan", "gan.exe")
        path = program(build, "libgan.so", "libgan.dylib", "gan.dll", "libgan.dll")
        self.library, self.build = library.open_library(path), build
        self.cache = cache.Cache(folder, path)
        self.threads, self.quick, self.tell = threads, quick, tell
        self.steps = 2 if quick else 0  # of every training; 0: as the recipe has them
        self.trained_seconds, self.trained = 0, {}

    def session(self):
        return library.Session(self.library, "threads=%d" % self.threads)

    def row(self, row, seed):
        """The cached or new measurement of one seed."""
        identity = {"row": row.name, "seed": seed, "quick": self.quick, "threads": self.threads,
                    "sources": [cache.checksum(path) for path in row.sources()]}
        made = self.cache.once("rows", row.name, identity, lambda: self.measure(row, seed), self.holds)
        self.trained.update(made["value"].get("trained", {}))
        return made

    def measure(self, row, seed):
        """With the recipes that it trained by, and their checksums."""
        around = self.trained_seconds, self.trained  # of a row that measures this one beside it
        self.trained_seconds, self.trained = 0, {}
        value = row.measure(self, seed)
        value = {**value, "trained_seconds": self.trained_seconds, "trained": self.trained}
        self.trained_seconds, self.trained = around
        return value

    @staticmethod
    def holds(value):
        """Whether none of those recipes has changed."""
        return all(os.path.exists(path) and cache.checksum(path) == known for path, known in (
            (os.path.join(SOURCE, name), known) for name, known in value.get("trained", {}).items()))

    def part(self, name, seed, files, function):
        """A part of a row's measurement that is kept by itself: what follows from these files."""
        identity = {"seed": seed, "steps": self.steps, "threads": self.threads,
                    "files": [cache.checksum(path) for path in files]}
        return self.cache.once("parts", name, identity, function)["value"]

    def recipe(self, name):
        return os.path.join(RECIPES, name + ".recipe")

    def train(self, recipe, seed, settings=(), files=()):
        """The folder of this recipe's run, trained by the command to its end; one that was interrupted
        goes on where it stopped. `files` are settings, too: where it finds what it reads."""
        settings = ["context.seed=%d" % seed, "context.threads=%d" % self.threads, *settings]
        if self.quick:
            settings += ["run.steps=%d" % self.steps]
            with open(recipe, encoding="utf-8") as file:
                settings += ["run.batch=8"] if re.search(r"\bbatch=\d\d", file.read()) else []
        identity = {"recipe": cache.checksum(recipe), "settings": settings}
        self.trained[os.path.relpath(recipe, SOURCE)] = identity["recipe"]
        name = os.path.splitext(os.path.basename(recipe))[0]
        folder, _ = self.cache.place("runs", name, identity)
        note = folder + ".json"
        done = cache.read_json(note) or {"seconds": 0, "whole": False}
        if not done["whole"]:
            self.tell("  training %s, seed %d%s" % (name, seed, ", ".join(["", *settings[2:]])))
            started = time.perf_counter()
            try:
                self.command("train", recipe, "--out", folder,
                             *(word for setting in [*settings, *files] for word in ("--set", setting)))
                done["whole"] = True
            finally:
                done["seconds"] += time.perf_counter() - started
                cache.write_json(note, done)
        self.trained_seconds += done["seconds"]
        return folder

    def sample(self, folder, path, count, seed):
        """So many samples of a run as numbers, in an .npy file."""
        self.command("sample", folder, "--out", path, "--float", "--count", str(count), "--seed",
                     str(seed), "--threads", str(self.threads))

    def command(self, *words):
        with subprocess.Popen([self.gan, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as process:
            try:
                _, said = process.communicate()
            except KeyboardInterrupt:
                process.wait()  # it has the signal too, and saves
                raise
        if process.returncode:
            raise library.Failure("gan %s ended with %d: %s" % (
                words[0], process.returncode, (said.strip().splitlines() or ["no message"])[-1]))

    def checkpoint(self, folder):
        return os.path.join(folder, "checkpoint.safetensors")


def torch_version():
    """Without what it was built for: 2.14.0."""
    return importlib.metadata.version("torch").partition("+")[0]


def program(build, *names):
    for name in names:
        path = os.path.join(os.path.abspath(build), name)
        if os.path.exists(path):
            return path
    sys.exit("there is no %s in %s" % (names[0], build))


PICTURES = ("size", "fit", "channels")
FILES = {"idx": ("path", "labels", *PICTURES), "npz": ("path", "image", "label", "vector", *PICTURES)}


def feed_spec(session, recipe, feed, keys):
    """What the feed's data set is opened from: its files, and these options of the recipe."""
    text = session.library.gan_recipe_text(recipe).decode()
    kind = re.search(r"^\[data\.%s\]\n(\w+)" % feed, text, re.MULTILINE)[1]
    option = {key: session.option(recipe, "data.%s.%s" % (feed, key)) for key in (*FILES[kind], *keys)}
    return kind + " " + " ".join('%s="%s"' % pair for pair in option.items() if pair[1])


def seen(session, recipe, feed):
    """A data set with the examples that the recipe's training of this feed draws, and their indices."""
    data = session.open_data(feed_spec(session, recipe, feed, ("count", "heldout", "part")))
    return data, range(session.count(data))


def held_out(work, session, recipe, *feeds, extra=""):
    """A data set with the examples that the recipe's training has seen in none of these feeds, which draw
    from the same files, and their indices in it: those behind the first count=N, or else those that lie
    between what the feeds of part=train leave and what those of part=heldout take. `extra` are further
    options of the data set. A recipe that sees all is refused."""
    whole = session.open_data(feed_spec(session, recipe, feeds[0], ()) + " " + extra)
    counts = [int(session.option(recipe, "data.%s.count" % feed)) for feed in feeds]
    if all(0 < count < session.count(whole) for count in counts):
        data, indices = whole, range(max(counts), session.count(whole))
    else:
        data, indices = between(session, recipe, feeds, extra)
    return data, indices[:QUICK_HELD_OUT] if work.quick else indices


def between(session, recipe, feeds, extra):
    """What a share sets apart a larger one does too: of the most that all of part=train leave, those that
    none of part=heldout takes."""
    def share(feed):
        return float(session.option(recipe, "data.%s.heldout" % feed))

    parts = {feed: session.option(recipe, "data.%s.part" % feed) for feed in feeds}
    left = min((share(feed) for feed in feeds if parts[feed] == "train"), default=0)
    taken = max((share(feed) for feed in feeds if parts[feed] == "heldout"), default=0)
    counts = {session.option(recipe, "data.%s.count" % feed) for feed in feeds}
    if "all" in parts.values() or len(counts) > 1 or left <= taken:
        raise library.Failure("the recipe holds out no examples of the feed " + " or ".join(feeds))

    def set_apart(share, end=""):
        spec = feed_spec(session, recipe, feeds[0], ("count",))
        return session.open_data("%s heldout=%r part=heldout %s" % (spec, share, end))

    def pictures(share):
        data = set_apart(share)
        count = session.count(data)
        numbers = session.read(data, "image", range(count))
        size = len(numbers) // count
        return [numbers[i * size:(i + 1) * size] for i in range(count)]

    trained, unseen = (pictures(taken) if taken else []), []
    for i, picture in enumerate(pictures(left)):  # both are in the order of the files
        if trained and picture == trained[0]:
            trained.pop(0)
        else:
            unseen.append(i)
    assert not trained, "what heldout=%r sets apart heldout=%r does not" % (taken, left)
    return set_apart(left, extra), unseen
