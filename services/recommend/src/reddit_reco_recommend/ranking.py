"""Cutting the best out of scores, and keeping one subreddit from filling a page."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

WINDOW = 12
DISTINCT = 6
# Who goes on after so many posts wants more of the same.
_FIRST = 120
# Beyond so many, what would come in is no longer as good.
_PATIENCE = 20 * WINDOW
_SAMPLE = 8_192
# The mean of so many is what a score is measured by.
BEST = 20
_GROUP = 128


def best(scores: NDArray[np.float32], allowed: NDArray[np.bool_], most: int) -> Rows:
    """The rows of the highest scores among those allowed, best first; ties by row, later first."""
    rows = highest(scores, allowed, most)
    return best_of(rows, scores[rows], most)


def best_of(rows: Rows, scores: NDArray[np.float32], most: int) -> Rows:
    """The same among some rows, given their scores."""
    keep = _highest(scores, most)
    rows, scores = rows[keep], scores[keep]
    return rows[np.lexsort((-rows, -scores))]


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


def in_turns(rows: Rows, scores: NDArray[np.float32], groups: NDArray[np.int32], most: int) -> Rows:
    """The best of each group in turn: each one's best, then each one's second best, ...

    So a group with high scores does not keep the others out. Within a turn the highest comes first.
    """
    order = np.lexsort((-rows, -scores, groups))
    begins = np.flatnonzero(np.diff(groups[order], prepend=np.int32(-2)))
    lengths = np.diff(begins, append=len(order))
    turns = np.arange(len(order)) - np.repeat(begins, lengths)
    taken = np.lexsort((-rows[order], -scores[order], turns))[:most]
    return np.asarray(rows[order][taken])


def diverse(ranked: Rows, places: NDArray[np.int32], distinct: int = DISTINCT) -> list[int]:
    """The ranking with at least so many subreddits in each window of twelve, if there are.

    The order is kept as far as can be: the next post waits only where every place that is left in
    the window is needed for a subreddit that it does not have yet. A post without one is of none.
    """
    marks = places[ranked].astype(np.int64)
    marks[marks < 0] = -1 - ranked[marks < 0]
    chosen, waiting, left = list[int](), ranked.tolist(), marks.tolist()
    while waiting and len(chosen) < _FIRST:
        taken = _window(left[: WINDOW + _PATIENCE], distinct)
        chosen += [waiting[at] for at in taken]
        for at in sorted(taken, reverse=True):
            del waiting[at], left[at]
    return [*chosen, *waiting]


def _window(marks: list[int], distinct: int) -> list[int]:
    """Where the posts of the next window are, given the subreddits of those that wait."""
    seen, taken = set[int](), list[int]()
    for at, mark in enumerate(marks[:WINDOW]):
        if mark in seen and WINDOW - at <= distinct - len(seen):
            break
        taken.append(at)
        seen.add(mark)
    wanted = min(WINDOW, len(marks)) - len(taken)
    if not wanted:
        return taken
    # From here on the window takes only subreddits that it does not have.
    fresh = [marks.index(mark) for mark in dict.fromkeys(marks) if mark not in seen][:wanted]
    there = {*taken, *fresh}
    # There are no more subreddits: the rest is as it was.
    rest = [at for at in range(min(2 * WINDOW, len(marks))) if at not in there]
    return [*taken, *fresh, *rest[: wanted - len(fresh)]]
