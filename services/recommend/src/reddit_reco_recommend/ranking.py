"""Cutting the best out of scores, and keeping one subreddit from filling a page."""

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


def best(scores: NDArray[np.float32], allowed: NDArray[np.bool_], most: int) -> Rows:
    """The rows of the highest scores among those allowed, best first; ties by row, later first."""
    rows = np.flatnonzero(allowed & (scores >= _bound(scores, allowed, most)))
    if len(rows) < most:
        rows = np.flatnonzero(allowed)
    if len(rows) > most:
        chosen = scores[rows]
        keep = np.argpartition(chosen, len(rows) - most)[len(rows) - most :]
        rows = np.sort(rows[keep])
    order = np.lexsort((-rows, -scores[rows]))
    return rows[order]


def _bound(scores: NDArray[np.float32], allowed: NDArray[np.bool_], most: int) -> float:
    """A score that probably some more than `most` of those allowed have: to look at few of many."""
    step = len(scores) // _SAMPLE
    enough = 4 * most // max(1, step) + 10
    if step < 2 or enough >= _SAMPLE:
        return -np.inf
    sample = np.where(allowed[::step], scores[::step], -np.inf)
    return float(np.partition(sample, len(sample) - enough)[len(sample) - enough])


def diverse(ranked: Rows, places: NDArray[np.int32], distinct: int = DISTINCT) -> list[int]:
    """The ranking with at least so many subreddits in each window of twelve, if there are.

    The order is kept as far as can be: the next post waits only where every place that is left in
    the window is needed for a subreddit that it does not have yet. A post without one is of none.
    """
    marks = places[ranked].astype(np.int64)
    marks[marks < 0] = -1 - ranked[marks < 0]
    chosen, waiting = list[int](), np.arange(len(ranked))
    while len(waiting) and len(chosen) < _FIRST:
        taken = _window(marks[waiting[: WINDOW + _PATIENCE]], distinct)
        chosen += waiting[taken].tolist()
        waiting = np.delete(waiting, taken)
    return [*ranked[chosen].tolist(), *ranked[waiting].tolist()]


def _window(marks: Rows, distinct: int) -> list[int]:
    """Where the posts of the next window are, given the subreddits of those that wait."""
    seen, taken = set[int](), list[int]()
    for at, mark in enumerate(marks[:WINDOW].tolist()):
        if mark in seen and WINDOW - at <= distinct - len(seen):
            break
        taken.append(at)
        seen.add(mark)
    wanted = min(WINDOW, len(marks)) - len(taken)
    if not wanted:
        return taken
    # From here on the window takes only subreddits that it does not have.
    _, firsts = np.unique(marks, return_index=True)
    fresh = [at for at in sorted(firsts.tolist()) if int(marks[at]) not in seen][:wanted]
    there = {*taken, *fresh}
    # There are no more subreddits: the rest is as it was.
    rest = [at for at in range(2 * WINDOW) if at < len(marks) and at not in there]
    return [*taken, *fresh, *rest[: wanted - len(fresh)]]
