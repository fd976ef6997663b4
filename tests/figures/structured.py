"""Rows of structured outputs: what is right only as a whole, and sequences.

Permutation matrices have a rule that a program can check (examples/data/permutations.py). The same decoder is
trained against a discriminator, which sees whole matrices, and element by element, as that of a VAE and of an
auto-encoder. The figure is the share of valid matrices among what each makes of random codes."""
import array
import cmath
import math
import os
import random
import sys
import tempfile

import metrics
from rows import SOURCE, Figure, Row

DATA = os.path.join(SOURCE, "examples", "data")
sys.path.append(DATA)
import permutations

SAMPLES, QUICK_SAMPLES = 10000, 100


def samples_of(work):
    return QUICK_SAMPLES if work.quick else SAMPLES


class Valid(Row):
    """Of the samples of one system."""
    figures = (Figure("valid", "valid", "%.5f"), Figure("new", "of these new"),
               Figure("distinct", "and different"))
    recipe = ""

    def sources(self):
        return [*super().sources(), permutations.__file__]

    def measure(self, work, seed):
        return self.judge(work, seed)

    def judge(self, work, seed):
        with tempfile.TemporaryDirectory() as beside:
            data = os.path.join(beside, "permutations.npy")
            with open(data, "wb") as file:
                file.write(permutations.array_file(permutations.known()))
            folder = work.train(work.recipe(self.recipe), seed, files=["data.real.path=" + data])
            return permutations.judge(self.samples(work, folder, seed, beside))

    def samples(self, work, folder, seed, beside):
        """Whether each pixel is brighter than the middle."""
        path = os.path.join(beside, "samples.npy")
        work.command("sample", folder, "--count", str(samples_of(work)), "--seed", str(seed), "--float",
                     "--threads", str(work.threads), "--out", path)
        return permutations.read(path)


class Gan(Valid):
    name = "permutations-gan"
    title = "valid permutation matrices among samples of permutations-gan"
    recipe = "permutations-gan"


class Vae(Valid):
    name = "permutations-vae"
    title = "the same decoder as that of a VAE"
    recipe = "permutations-vae"


class Autoencoder(Valid):
    """Codes are drawn from the normal distribution that has the mean and the covariance of those of the
    matrices that it was trained on."""
    name = "permutations-autoencoder"
    title = "the same decoder as that of an auto-encoder, on normal codes like those of the data"
    recipe = "permutations-autoencoder"

    def samples(self, work, folder, seed, beside):
        with work.session() as session:
            trainer = session.load_trainer(work.checkpoint(folder))
            given = array.array("f", (pixel / 127.5 - 1 for one in permutations.known()
                                      for pixel in permutations.picture(one)))
            (codes,) = session.run(session.route(trainer, "image > code"), given)
            decoder = session.role(trainer, "decoder")
            size = session.input_size(decoder, 0)
            (made,) = session.run(decoder, like(codes, size, samples_of(work), random.Random(seed)))
            return bytes(value > 0 for value in made)


def like(rows, size, count, source):
    """So many normal rows of the same mean and covariance."""
    n = len(rows) // size
    mean = [sum(rows[k::size]) / n for k in range(size)]
    columns = [[value - mean[k] for value in rows[k::size]] for k in range(size)]
    root = cholesky([[sum(map(float.__mul__, a, b)) / n for b in columns] for a in columns])
    made = array.array("f")
    for _ in range(count):
        z = [source.gauss(0, 1) for _ in range(size)]
        made.extend(mean[i] + sum(map(float.__mul__, root[i], z)) for i in range(size))
    return made


def cholesky(matrix):
    """The lower triangle L of a covariance L L', which may be singular."""
    n = len(matrix)
    root = [[0.0] * n for _ in range(n)]
    for j in range(n):
        rest = matrix[j][j] - sum(value * value for value in root[j])
        root[j][j] = math.sqrt(max(0.0, rest))
        for i in range(j + 1, n if root[j][j] > 0 else 0):
            both = sum(map(float.__mul__, root[i], root[j]))
            root[i][j] = (matrix[i][j] - both) / root[j][j]
    return root


class Ratio(Valid):
    """A share of none counts as one sample."""
    name = "structured"
    title = "valid matrices of permutations-gan beside the better one of the VAE and the auto-encoder"
    figures = (Figure("ratio", "times as many:", "%.1f", least=3), Figure("gan", "GAN", "%.4f"),
               Figure("vae", "VAE", "%.4f"), Figure("autoencoder", "auto-encoder", "%.4f"))

    def measure(self, work, seed):
        shares = {row.__name__.lower(): row().judge(work, seed)["valid"] for row in (Gan, Vae, Autoencoder)}
        others = max(shares["vae"], shares["autoencoder"], 1 / samples_of(work))
        return {**shares, "ratio": shares["gan"] / others}


class Chance(Row):
    """Elements that are drawn each by itself, as often bright as in a permutation matrix."""
    name = "permutations-chance"
    title = "elements of chance, one in each row on average"
    figures = (Figure("valid", "valid", "%.7f"),)
    seeded = False

    def measure(self, work, seed):
        n = permutations.SIDE
        return {"valid": math.factorial(n) * (1 / n) ** n * (1 - 1 / n) ** (n * n - n)}


ECG = os.path.join(DATA, "fetched", "ecg.npy")
WINDOW, RATE, UNSEEN = 256, 180, 5400  # numbers, numbers in a second, the first window of the last minute
MOST_WINDOWS, QUICK_WINDOWS = 400, 10


class Electrocardiogram(Row):
    """Windows that ecg-gan makes, and those that it was trained on, beside the record's last minute, which has no
    number in common with the latter."""
    name = "ecg"
    title = "sequences of ecg-gan and those that it was trained on, beside the record's last minute"
    figures = (Figure("spectrum", "difference of spectra"), Figure("spectrum_known", "that of its examples"),
               Figure("beats", "beats in a second", "%.2f"), Figure("beats_known", "of its examples", "%.2f"),
               Figure("beats_unseen", "of the last minute", "%.2f"))
    recipe = "ecg-gan"

    def missing(self, without=""):
        return None if os.path.exists(ECG) else "what python examples/data/fetch_ecg.py fetches"

    def measure(self, work, seed):
        folder = work.train(work.recipe(self.recipe), seed)
        most = QUICK_WINDOWS if work.quick else MOST_WINDOWS
        with tempfile.TemporaryDirectory() as beside, work.session() as session:
            path = os.path.join(beside, "samples.npy")
            work.command("sample", folder, "--count", str(most), "--seed", str(seed), "--float",
                         "--threads", str(work.threads), "--out", path)
            made = windows(session, "npy path=\"%s\"" % path, 0, most)
            data = "npy path=\"%s\"" % ECG
            known = windows(session, data + " count=%s" % session.option(
                session.load_recipe(work.recipe(self.recipe)), "data.real.count"), 0, most)
            unseen = windows(session, data, UNSEEN, most)
        true = spectrum(unseen)
        return {"spectrum": difference(spectrum(made), true), "beats": rate(made),
                "spectrum_known": difference(spectrum(known), true), "beats_known": rate(known),
                "beats_unseen": rate(unseen)}


def windows(session, spec, start, most):
    """About so many, evenly from all from `start` on."""
    data = session.open_data(spec)
    left = range(start, session.count(data))
    values = session.read(data, "image", left[::max(1, len(left) // most)])
    return [list(values[at:at + WINDOW]) for at in range(0, len(values), WINDOW)]


def fourier(values):
    """The discrete Fourier transform of a power of two of numbers."""
    n = len(values)
    if n == 1:
        return [complex(values[0])]
    even, odd = fourier(values[::2]), fourier(values[1::2])
    turned = [cmath.exp(-2j * math.pi * k / n) * value for k, value in enumerate(odd)]
    return [a + b for a, b in zip(even, turned)] + [a - b for a, b in zip(even, turned)]


def spectrum(sequences):
    """The decimal logarithm of the mean power at each frequency but 0, of windows that fade at their ends."""
    n = len(sequences[0])
    power = [0.0] * (n // 2 - 1)
    for sequence in sequences:
        mean = sum(sequence) / n
        faded = [(value - mean) * (1 - math.cos(2 * math.pi * i / n)) for i, value in enumerate(sequence)]
        for k, value in enumerate(fourier(faded)[1:n // 2]):
            power[k] += abs(value) ** 2 / len(sequences)
    return [math.log10(max(value, 1e-12)) for value in power]


def difference(a, b):
    """The mean one, without sign."""
    return sum(abs(x - y) for x, y in zip(a, b)) / len(a)


def beats(sequence):
    """How many peaks there are: a millivolt, a quarter, above the median, and the highest within 0.15 s."""
    least, near = sorted(sequence)[len(sequence) // 2] + 0.25, int(0.15 * RATE)
    return sum(value > least and value == max(sequence[max(0, i - near):i + near + 1]) and value > sequence[i - 1]
               for i, value in enumerate(sequence) if i > 0)


def rate(sequences):
    """Beats in a second."""
    return sum(map(beats, sequences)) * RATE / sum(map(len, sequences))


ROWS = (Ratio(), Gan(), Vae(), Autoencoder(), Chance(), Electrocardiogram())
