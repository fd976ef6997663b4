"""Writes vectors.h: what NumPy and SciPy, in double, make of rows that test_metrics.c makes, too.

    python3 make_vectors.py > vectors.h        needs NumPy and SciPy

Each figure is made as its published program makes it: the Frechet distance by scipy.linalg.sqrtm of
the product of covariances, neighbours by all distances."""
import numpy as np
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist, pdist
from scipy.special import log_softmax, softmax


def rows(seed, n, width, scale, shift, rank=0):
    """float32, as make_rows of the test: sums of four uniform numbers, and of these, where `rank`
    is given, sums with small whole factors."""
    state, base = np.uint64(seed), np.zeros((n, rank or width))
    multiplier, increment = 6364136223846793005, 1442695040888963407
    value = int(state)
    for i in range(n):
        for j in range(rank or width):
            total = 0
            for _ in range(4):
                value = (value * multiplier + increment) % 2 ** 64
                total += value >> 48
            base[i, j] = (total - 131072) / 32768
    if rank:
        factors = np.array([[(3 * k + 5 * j) % 7 - 3 for j in range(width)] for k in range(rank)])
        base = base @ factors
    return (np.float32(scale) * base.astype(np.float32) + np.float32(shift)).astype(np.float64)


def frechet(x, y):
    c, d = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    mean = ((x.mean(0) - y.mean(0)) ** 2).sum()
    root = sqrtm(c @ d)
    return mean + np.trace(c) + np.trace(d) - 2 * np.trace(root.real), mean


def frechet_low(x, y):
    """Of covariances without full rank: sqrtm's root of an eigenvalue that should be 0 has half of
    its digits, so the trace is that of the root within the space of x."""
    c, d = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    w, v = np.linalg.eigh(c)
    factor = v[:, w > w.max() * 1e-10] * np.sqrt(w[w > w.max() * 1e-10])
    w, v = np.linalg.eigh(d)
    other = v[:, w > w.max() * 1e-10] * np.sqrt(w[w > w.max() * 1e-10])
    cross = np.linalg.svd(factor.T @ other, compute_uv=False).sum()
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(c) + np.trace(d) - 2 * cross


def score(x, splits):
    parts = [x[k * len(x) // splits:(k + 1) * len(x) // splits] for k in range(splits)]
    scores = [np.exp((softmax(p, 1) * (log_softmax(p, 1) - np.log(softmax(p, 1).mean(0)))).sum(1).mean())
              for p in parts]
    return np.mean(scores), np.std(scores)


def kid(x, y, degree):
    def k(a, b):
        return (a @ b.T / a.shape[1] + 1) ** degree
    m, n = len(x), len(y)
    xx, yy = k(x, x), k(y, y)
    return ((xx.sum() - np.trace(xx)) / (m * (m - 1)) + (yy.sum() - np.trace(yy)) / (n * (n - 1))
            - 2 * k(x, y).mean())


def neighbours(real, fake, k):
    def radii(x):
        return np.sort(cdist(x, x), 1)[:, k]  # a row's own distance, 0, comes first
    r, f, d = radii(real), radii(fake), cdist(real, fake)
    inside = d <= r[:, None]
    return inside.any(0).mean(), (d <= f[None]).any(1).mean(), inside.sum() / (k * len(fake)), \
        inside.any(1).mean()


def diversity(x, labels):
    each = [pdist(x[labels == c]).mean() for c in np.unique(labels) if (labels == c).sum() > 1]
    return np.mean(each), np.min(each)


def auc(x, y):
    return ((x[:, None] > y[None]) + 0.5 * (x[:, None] == y[None])).mean()


def show(name, values):
    numbers = ",\n    ".join(repr(float(v)) for v in values)
    print(f"static const double {name}[] = {{\n    {numbers}}};")


def main():
    print("/* vectors.h: what NumPy and SciPy say, in double; made by make_vectors.py. */\n"
          "#ifndef METRICS_VECTORS_H\n#define METRICS_VECTORS_H\n\n/* clang-format off */")
    a, b = rows(1, 300, 24, 1, 0), rows(2, 200, 24, 1.25, 0.125)
    show("expected_frechet", frechet(a, b))
    far = rows(3, 300, 24, 1, 4096), rows(4, 300, 24, 1.5, 4096.5)
    show("expected_frechet_far", frechet(*far))
    show("expected_frechet_few", [frechet_low(a[:10], b[:15])])
    low = rows(5, 300, 24, 0.25, 0, 5), rows(6, 300, 24, 0.25, 1, 7)
    show("expected_frechet_low", [frechet_low(*low)])
    wide = rows(7, 400, 150, 1, 0), rows(8, 380, 150, 0.75, 0.25)
    show("expected_frechet_wide", frechet(*wide))
    logits = rows(9, 250, 10, 4, 0)
    show("expected_score", [*score(logits, 1), *score(logits, 10)])
    show("expected_kid", [kid(a, b, degree) for degree in (1, 2, 3)])
    show("expected_neighbours", [*neighbours(a, b, 3), *neighbours(a, b, 5)])
    labels = np.arange(200) * 7 % 5
    show("expected_diversity", [*diversity(b, labels), *diversity(b, 0 * labels)])
    show("expected_agreement", [(logits[:200].argmax(1) == labels).mean()])
    coarse = [np.round(rows(seed, n, 1, 2, shift)[:, 0]) for seed, n, shift in ((10, 130, 1), (11, 170, 0))]
    show("expected_auc", [auc(*coarse)])
    print("/* clang-format on */\n\n#endif")


main()
