"""Keeping one subreddit or tag from filling a page.

First by what posts are about, weighed against how well they fit; then by a bound on subreddits.
"""

import numpy as np

from .sparse import Numbers, Rows, Vector

WINDOW = 12
DISTINCT = 6
# Who goes on after so many posts wants more of the same.
_FIRST = 60
# Beyond so many, what would come in is no longer as good.
_PATIENCE = 20 * WINDOW
# Among so many of the best are so many of the first posts looked for.
CANDIDATES = 60
_MIXED = 24


def max_sum(scores: Vector, alike: Vector, weight: float) -> list[int]:
    """The order of posts by score and by how little they have in common with those before.

    Greedy max-sum diversification (Gollapudi and Sharma, 2009), which differs from MMR in that the
    mean likeness to those before counts, not the largest: so what counts is the share that a
    subject has in the list already.

    Args:
        scores: of the posts, best first.
        alike: how much each has in common with each other, 0 to 1.
        weight: how much that counts, where the scores of the best twenty are 1 at the mean.
    """
    mean = float(scores[:20].mean()) if len(scores) else 0.0
    if not weight or mean <= 0:
        return [*range(len(scores))]
    left, common = scores / np.float32(mean), np.zeros(len(scores), np.float32)
    chosen: list[int] = []
    for number in range(min(_MIXED, len(scores))):
        at = int((left - common * np.float32(weight / max(1, number))).argmax())
        chosen.append(at)
        common += alike[at]
        left[at] = -np.inf
    taken = set(chosen)
    return [*chosen, *(at for at in range(len(scores)) if at not in taken)]


def likeness(aspects: Rows, owners: Numbers, posts: int) -> Vector:
    """The cosine of each two posts' aspects, each of which a post has or has not.

    Args:
        aspects: what the posts have, one after the other.
        owners: for each, which of the posts has it.
        posts: how many there are.
    """
    names, place = np.unique(aspects, return_inverse=True)
    having = np.zeros((posts, len(names)), np.float32)
    having[owners, place] = 1
    having /= np.sqrt(np.maximum(having.sum(axis=1, keepdims=True), 1))
    return np.asarray(having @ having.T, np.float32)


def in_turns(rows: Numbers, scores: Vector, groups: Rows, most: int) -> Numbers:
    """The best of each group in turn: each one's best, then each one's second best, ...

    So a group with high scores does not keep the others out. Within a turn the highest comes first.
    """
    order = np.lexsort((-rows, -scores, groups))
    begins = np.flatnonzero(np.diff(groups[order], prepend=np.int32(-2)))
    lengths = np.diff(begins, append=len(order))
    turns = np.arange(len(order)) - np.repeat(begins, lengths)
    taken = np.lexsort((-rows[order], -scores[order], turns))[:most]
    return np.asarray(rows[order][taken])


def diverse(ranked: Numbers, places: Rows, distinct: int = DISTINCT) -> list[int]:
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
