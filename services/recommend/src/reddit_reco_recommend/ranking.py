"""Cutting the best out of scores."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

_SAMPLE = 8_192
# The mean of so many is what a score is measured by.
BEST = 20
_GROUP = 128


def best(scores: NDArray[np.float32], allowed: NDArray[np.bool_], most: int) -> Rows:
    """The rows of the highest scores among those allowed, best first; ties by row, later first."""
    rows = highest(scores, allowed, most)
    return best_of(rows, scores[rows], most)[0]


def best_of(rows: Rows, scores: NDArray[np.float32], most: int) -> tuple[Rows, NDArray[np.float32]]:
    """The same among some rows, given their scores; with the scores."""
    keep = _highest(scores, most)
    rows, scores = rows[keep], scores[keep]
    order = np.lexsort((-rows, -scores))
    return rows[order], scores[order]


def highest(scores: NDArray[np.float32], allowed: NDArray[np.bool_], most: int) -> Rows:
    """The same in any order."""
    rows = np.flatnonzero(allowed & (scores >= _bound(scores, allowed, most)))
    if len(rows) < most:
        rows = np.flatnonzero(allowed)
    return np.asarray(rows[_highest(scores[rows], most)])


def _highest(scores: NDArray[np.float32], most: int) -> Any:
    if len(scores) <= most:
        return slice(None)
    return np.argpartition(scores, len(scores) - most)[len(scores) - most :]


def mean_of_best(scores: NDArray[np.float32]) -> float:
    """The mean of the twenty highest scores of those that are not 0; 0 if there are none."""
    found = _leading(scores)
    if len(found) > BEST:
        found = np.partition(found, len(found) - BEST)[len(found) - BEST :]
    return float(found.mean()) if len(found) else 0.0


def _leading(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Some of the scores that are not 0, the highest twenty among them."""
    groups = len(scores) // _GROUP
    if groups > BEST:
        highest = scores[: groups * _GROUP].reshape(_GROUP, groups).max(axis=0)
        bound = np.partition(highest, groups - BEST)[groups - BEST]
        if bound > 0:
            return np.asarray(scores[scores >= bound])
    return np.asarray(scores[scores != 0])


def _bound(scores: NDArray[np.float32], allowed: NDArray[np.bool_], most: int) -> float:
    """A score that probably some more than `most` of those allowed have: to look at few of many."""
    step = max(1, len(scores) // _SAMPLE)
    enough = 4 * most // step + 10
    sample = scores[::step][allowed[::step]]
    if step < 2 or enough >= len(sample):
        return -np.inf
    return float(np.partition(sample, len(sample) - enough)[len(sample) - enough])
