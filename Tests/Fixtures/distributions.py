"""Distances of features and scores of classes: NumPy, SciPy. `pip install scipy`"""

import numpy as np
from scipy.special import softmax
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

import philox
from fixtures import Fixture


def features(number, samples, size):
    u = philox.uniform((90 + number, 0), samples, size).astype(np.float64) - 0.5
    mix = philox.uniform((90 + number, 1), size, size).astype(np.float64) - 0.5
    return (3 * u @ mix + 4 + number / 3).astype(np.float32)


def frechet(a, b):
    a, b = a.astype(np.float64), b.astype(np.float64)
    first, second = np.cov(a.T), np.cov(b.T)
    roots = np.sqrt(np.maximum(np.linalg.eigvals(first @ second).real, 0)).sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(first) + np.trace(second) - 2 * roots


def kernel(a, b):
    a, b, m = a.astype(np.float64), b.astype(np.float64), len(a)
    k = lambda x, y: (x @ y.T / x.shape[1] + 1) ** 3
    same = sum(k(x, x).sum() - np.trace(k(x, x)) for x in (a, b))
    return same / (m * (m - 1)) - 2 * k(a, b).mean()


def inception(logits, parts):
    p = np.split(softmax(logits.astype(np.float64), axis=1), parts)
    scores = [np.exp(np.mean([entropy(row, part.mean(0)) for row in part])) for part in p]
    return [np.mean(scores), np.std(scores)]


def make():
    fixture = Fixture("distributions", 0)
    # Fewer samples than features in the last: covariances without full rank.
    for number, (samples, size) in enumerate([(100, 8), (200, 48), (40, 48)]):
        a, b = features(number, samples, size), features(number + 10, samples, size)
        fixture.case(f"features{number}", {"scores": [frechet(a, b), kernel(a, b), *inception(a, 10)]}, {"first": a, "second": b})
    p, q = np.array([1.0, 2, 3, 0]), np.array([3.0, 2, 1, 2])
    fixture.case(
        "histograms", {"scores": [entropy(p, q), jensenshannon(p, q) ** 2, jensenshannon(q, p) ** 2]}, {"first": p, "second": q})
    fixture.write()


if __name__ == "__main__":
    make()
