"""Cutting the best out of scores, and keeping one subreddit from filling a page."""

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

WINDOW = 12
DISTINCT = 6
# Who goes on after so many posts wants more of the same.
_FIRST = 120


def best(scores: NDArray[np.float32], allowed: NDArray[np.bool_], most: int) -> Rows:
    """The rows of the highest scores among those allowed, best first; ties by row, later first."""
    rows = np.flatnonzero(allowed)
    if len(rows) > most:
        chosen = scores[rows]
        keep = np.argpartition(chosen, len(rows) - most)[len(rows) - most :]
        rows = np.sort(rows[keep])
    order = np.lexsort((-rows, -scores[rows]))
    return rows[order]


def diverse(ranked: Rows, places: NDArray[np.int32], distinct: int = DISTINCT) -> list[int]:
    """The ranking with at least so many subreddits in each window of twelve, if there are.

    The order is kept as far as can be: the next post waits only where every place that is left in
    the window is needed for a subreddit that it does not have yet. A post without one is of none.
    """
    waiting, chosen = deque(ranked.tolist()), list[int]()
    while waiting and len(chosen) < _FIRST:
        chosen += _window(waiting, places, distinct)
    return [*chosen, *waiting]


def _window(waiting: deque[int], places: NDArray[np.int32], distinct: int) -> list[int]:
    window, seen, passed = list[int](), set[Any](), list[int]()
    # Beyond so many, what would come in is no longer as good.
    patience = 20 * WINDOW
    while waiting and len(window) < WINDOW and len(passed) < patience:
        row = waiting.popleft()
        place = int(places[row])
        mark = place if place >= 0 else ("none", row)
        if mark in seen and WINDOW - len(window) <= distinct - len(seen):
            passed.append(row)
            continue
        window.append(row)
        seen.add(mark)
    # There are no more subreddits: the rest is as it was.
    while passed and len(window) < WINDOW:
        window.append(passed.pop(0))
    waiting.extendleft(reversed(passed))
    return window
