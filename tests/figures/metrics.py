"""What the figures are: numbers of scores, of pictures, and of several seeds. Python alone."""
import math
import statistics

STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306,
           10: 2.262}  # 97.5 %, by how many values there are


def auc(positives, negatives):
    """How often a positive has the larger score of a pair; equal scores count half."""
    if not positives or not negatives:
        raise ValueError("auc: %d positives, %d negatives" % (len(positives), len(negatives)))
    scores = sorted([(score, 1) for score in positives] + [(score, 0) for score in negatives])
    if any(math.isnan(score) for score, _ in scores):
        raise ValueError("auc: a score is not a number")
    wins, below, at = 0.0, 0, 0
    while at < len(scores):
        end, ours = at, 0
        while end < len(scores) and scores[end][0] == scores[at][0]:
            ours += scores[end][1]
            end += 1
        theirs = end - at - ours
        wins += ours * (below + theirs / 2)
        below += theirs
        at = end
    return wins / (len(positives) * len(negatives))


def above(values, threshold=0.0):
    """Bytes of 1 and 0. Pictures in [-1, 1] have the middle of their range at 0."""
    return bytes(value > threshold for value in values)


def agreement(found, truth):
    """The share of equal ones among bytes of 1 and 0."""
    check_pair(found, truth)
    return sum(map(int.__eq__, found, truth)) / len(truth)


def f1(found, truth):
    """Of the ones: the harmonic mean of precision and recall; 0 where none is found rightly."""
    check_pair(found, truth)
    right = sum(map(int.__and__, found, truth))
    return 2 * right / (sum(found) + sum(truth)) if right else 0.0


def check_pair(found, truth):
    if len(found) != len(truth) or not truth:
        raise ValueError("%d values found, %d true ones" % (len(found), len(truth)))


def mean_square(a, b):
    return compare(a, b, lambda d: d * d)


def mean_absolute(a, b):
    return compare(a, b, abs)


def compare(a, b, cost):
    check_pair(a, b)
    return math.fsum(cost(x - y) for x, y in zip(a, b)) / len(b)


def interval(values):
    """The mean, and the 95 % interval of the mean (Student's t): (mean, low, high). None for low and
    high where there is one value."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, None, None
    half = STUDENT[len(values)] * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half
