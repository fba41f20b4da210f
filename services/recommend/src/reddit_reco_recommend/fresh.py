"""What people did with posts that no fit has seen yet, learned between two fits. Pure.

What was fitted stays as it is: each new post gets factors by half a step of ALS, from those of its
readers (as a new item is folded in: Hu, Koren and Volinsky, 2008), and neighbours by its readers.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]
from numpy.typing import NDArray

from .model import Model
from .sparse import Matrix, Rows, Vector

_MOST_POSTS = 1_000
# What somebody did: how much each post counts, by row.
Did = Mapping[int, float]


@dataclass(frozen=True)
class Fresh:
    """What was learned of posts since the fit: their rows, factors, and posts liked with them."""

    rows: Rows
    factors: Vector
    together: Matrix

    def beside(self, rows: Sequence[int], weights: Sequence[float]) -> Vector:
        """How often the same people liked each of the fresh posts and these."""
        known = np.asarray(rows, np.int64)
        there = known < self.together.shape[1]
        line = np.zeros(self.together.shape[1], np.float32)
        line[known[there]] = np.asarray(weights, np.float32)[there]
        return np.asarray(self.together @ line, np.float32)

    def between(self, rows: Sequence[int], others: Sequence[int]) -> Vector:
        """How often the same people liked each of some posts and each of others: rows x others.

        0 for posts that are not fresh.
        """
        found = np.zeros((len(rows), len(others)), np.float32)
        (at, fresh), known = self.places(rows), np.asarray(others, np.int64)
        there = np.flatnonzero(known < self.together.shape[1])
        if len(at) and len(there):
            found[np.ix_(at, there)] = self.together[fresh][:, known[there]].toarray()
        return found

    def places(self, rows: Sequence[int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Which of some posts are fresh, and where each of these is here."""
        here, at = np.nonzero(self.rows[:, None] == np.asarray(rows, np.int64))
        return at, here


def learn(readers: Sequence[Did], model: Model) -> Fresh | None:
    """Learn of the posts that the model does not know; None if there are none.

    Args:
        readers: what each of some people did, all of it: also with posts that the model knows.
        model: as it was fitted.
    """
    fans = _fans(readers, model)
    if not fans:
        return None
    vectors = [model.solve([*did], [*did.values()]) for did in readers]
    factors = np.zeros((len(fans), model.factors.values.shape[1]), np.float32)
    for at, (row, people) in enumerate(fans.items()):
        known = [(vector, readers[n][row]) for n in people if (vector := vectors[n]) is not None]
        if known:
            factors[at] = model.fold_in(
                np.array([each[0] for each in known]), [w for _, w in known]
            )
    return Fresh(np.fromiter(fans, np.int32), factors, _together(readers, fans, model))


def _fans(readers: Sequence[Did], model: Model) -> dict[int, list[int]]:
    """For each post that is new to the model who of the readers did something with it."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for number, did in enumerate(readers):
        rows = [*did]
        for at in np.flatnonzero(model.items(rows) < 0):
            found[rows[at]].append(number)
    most = sorted(found, key=lambda row: (-len(found[row]), row))[:_MOST_POSTS]
    return {row: found[row] for row in most}


def _together(readers: Sequence[Did], fans: Mapping[int, list[int]], model: Model) -> Matrix:
    """Fresh posts x posts: as the model counts what the same people liked."""
    parts = [
        (at, other, readers[n][row] * weight / np.log1p(len(readers[n])))
        for at, (row, people) in enumerate(fans.items())
        for n in people
        for other, weight in readers[n].items()
        if other != row
    ]
    width = max((max(did, default=0) for did in readers), default=0) + 1
    if not parts:
        return sp.csr_matrix((len(fans), width), dtype=np.float32)
    at, other, strength = (np.array(each) for each in zip(*parts, strict=True))
    likes = np.array([len(people) for people in fans.values()])
    strength = (
        strength * model.shrunk(likes, -0.4)[at] * model.shrunk(model.likes(other.tolist()), -0.5)
    )
    return sp.csr_matrix((strength.astype(np.float32), (at, other)), shape=(len(fans), width))
