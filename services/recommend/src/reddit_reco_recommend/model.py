"""What is learned from everybody's signals: factors of posts (iALS) and posts liked together (kNN).

No reader is in it: their factors are solved for when they ask (one small system, Hu, Koren and
Volinsky 2008), so that a new reader, or a new like, needs no training, and erasing a user no more
than leaving them out of the next fit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]
from implicit.cpu.als import AlternatingLeastSquares  # type: ignore[import-untyped]
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from .factors import Factors
from .sparse import Matrix, Rows, Vector, entries, weighted

_NONE = -1
_SEED = 20260101
_BLOCK = 512
# While factors are fitted, each user takes as much as a post.
_MOST_USERS = 400_000
STRONGEST = 3.0


@dataclass(frozen=True)
class Fit:
    """How a model is fitted."""

    factors: int = 64
    confidence: float = 40.0
    regularization: float = 5.0
    iterations: int = 15
    neighbours: int = 100
    shrinkage: float = 5.0


@dataclass(frozen=True)
class Interactions:
    """Who did something with which post, and how much it counts; users are any numbers."""

    users: NDArray[np.int64]
    rows: Rows
    weights: Vector


class Model:
    """What was learned, about the posts that somebody did something with."""

    def __init__(self, matrix: Matrix, rows: Rows, fit: Fit) -> None:
        self.rows = rows
        self.popularity = np.asarray(matrix.sum(axis=0), np.float32).ravel()
        self._fit = fit
        self._item = np.full(int(rows.max(initial=-1)) + 1, _NONE, np.int32)
        self._item[rows] = np.arange(len(rows), dtype=np.int32)
        self._likes = np.bincount(matrix.indices, minlength=matrix.shape[1])
        values, self._readers = _factors(matrix, fit)
        self.factors = Factors(values, rows)
        self._gram = self.factors.values.T @ self.factors.values
        self._gram += np.eye(len(self._gram), dtype=np.float32) * np.float32(fit.regularization)
        self._together = _together(matrix, fit)

    def items(self, rows: Sequence[int]) -> Rows:
        """The items of posts by row; -1 for those that nobody had done anything with."""
        wanted = np.asarray(rows, np.int64)
        found = np.full(len(wanted), _NONE, np.int32)
        known = wanted < len(self._item)
        found[known] = self._item[wanted[known]]
        return found

    def solve(
        self, rows: Sequence[int], weights: Sequence[float], disliked: Sequence[int] = ()
    ) -> Vector | None:
        """A reader's factors; None if none of the posts is known here."""
        liked, strengths = self._known(rows, weights)
        if not len(liked):
            return None
        confidence = strengths * np.float32(self._fit.confidence)
        left = self._gram + (liked.T * (confidence - 1)) @ liked
        # With a hidden post, one is as sure that it is not wanted.
        if len(hidden := self._known(disliked, [1.0] * len(disliked))[0]):
            left += np.float32(self._fit.confidence - 1) * hidden.T @ hidden
        return np.asarray(np.linalg.solve(left, confidence @ liked), np.float32)

    def fold_in(self, readers: Vector, weights: Sequence[float]) -> Vector:
        """The factors of a post that is new here: half a step of ALS.

        Args:
            readers: the factors of those who did something with it.
            weights: how much that counts.
        """
        confidence = np.asarray(weights, np.float32) * np.float32(self._fit.confidence)
        left = self._readers + (readers.T * (confidence - 1)) @ readers
        return np.asarray(np.linalg.solve(left, confidence @ readers), np.float32)

    def likes(self, rows: Sequence[int]) -> NDArray[np.int64]:
        """How many did something with each post."""
        items = self.items(rows)
        return np.where(items >= 0, self._likes[items], 0)

    def shrunk(self, likes: NDArray[np.int64], power: float) -> Vector:
        """What pairs with posts that so many like are multiplied with."""
        return np.asarray((likes + self._fit.shrinkage) ** power, np.float32)

    def together(self, rows: Sequence[int], weights: Sequence[float]) -> Vector:
        """How often the same people liked each item and these posts."""
        items = self.items(rows)
        there = items >= 0
        return weighted(self._together, items[there], np.asarray(weights, np.float32)[there])

    def shared(self, row: int, others: Sequence[int]) -> Vector:
        """How often the same people liked one post and each of some others."""
        return np.asarray(self.between(others, [row])[:, 0], np.float32)

    def between(self, rows: Sequence[int], others: Sequence[int]) -> Vector:
        """The same for each of some posts and each of others: rows x others."""
        found = np.zeros((len(rows), len(others)), np.float32)
        left, right = self.items(others), self.items(rows)
        known, order = np.flatnonzero(left >= 0), np.argsort(right)
        items, strengths, owners = entries(self._together, left[known])
        at = np.searchsorted(right[order], items) % max(1, len(order))
        same = right[order][at] == items
        found[order[at[same]], known[owners[same]]] = strengths[same]
        return found

    def _known(self, rows: Sequence[int], weights: Sequence[float]) -> tuple[Vector, Vector]:
        """The factors of those posts that have some, and their weights."""
        places = self.factors.places(np.asarray(rows, np.int64))
        there = places >= 0
        return self.factors.values[places[there]], np.asarray(weights, np.float32)[there]


def fit_model(interactions: Interactions, fit: Fit) -> Model | None:
    """Learn from interactions; None if there are none."""
    if not len(interactions.rows):
        return None
    matrix, rows = _matrix(interactions)
    return Model(matrix, rows, fit)


def _matrix(interactions: Interactions) -> tuple[Matrix, Rows]:
    """Users x items, and the rows of the items."""
    users, user = np.unique(interactions.users, return_inverse=True)
    rows, item = np.unique(interactions.rows, return_inverse=True)
    shape = (len(users), len(rows))
    matrix = sp.coo_matrix((interactions.weights, (user, item)), shape=shape).tocsr()
    matrix.data = np.minimum(matrix.data, STRONGEST).astype(np.float32)
    return matrix, rows.astype(np.int32)


def _factors(matrix: Matrix, fit: Fit) -> tuple[Vector, Vector]:
    """The factors of the items, and what all users' say together: factors x factors."""
    matrix = _busiest(matrix, _MOST_USERS)
    with threadpool_limits(1, "blas"):
        als = AlternatingLeastSquares(
            factors=fit.factors,
            alpha=fit.confidence,
            regularization=fit.regularization,
            iterations=fit.iterations,
            num_threads=1,
            random_state=_SEED,
        )
        als.fit(matrix, show_progress=False)
    users = als.user_factors.T @ als.user_factors
    users += np.eye(len(users), dtype=np.float32) * np.float32(fit.regularization)
    return np.ascontiguousarray(als.item_factors, np.float32), users


def _together(matrix: Matrix, fit: Fit) -> Matrix:
    """For each item its nearest neighbours by the people they share.

    Somebody who likes everything says little, so each counts by the log of their number of posts;
    pairs with few people are shrunk.
    """
    number = np.bincount(matrix.indices, minlength=matrix.shape[1]) + fit.shrinkage
    people = sp.diags(1 / np.log1p(np.maximum(np.diff(matrix.indptr), 1)))
    scale = sp.diags(number**-0.5)
    left = (scale @ matrix.T).tocsr().astype(np.float32)
    right = (people @ matrix @ sp.diags(number**-0.4)).tocsr().astype(np.float32)
    # Room that is not written to takes no memory.
    most = left.shape[0] * min(fit.neighbours, left.shape[0])
    items, strengths = np.empty(most, np.int32), np.empty(most, np.float32)
    ends = [0]
    for at in range(0, left.shape[0], _BLOCK):
        for near, strength in _nearest(left[at : at + _BLOCK] @ right, at, fit.neighbours):
            span = slice(ends[-1], ends[-1] + len(near))
            items[span], strengths[span] = near, strength
            ends.append(span.stop)
    row = (strengths[: ends[-1]], items[: ends[-1]], np.array(ends, np.int32))
    return sp.csr_matrix(row, shape=(left.shape[0], left.shape[0]), copy=False)


def _nearest(block: Matrix, first: int, most: int) -> Iterator[tuple[Rows, Vector]]:
    """The largest `most` of each row of the block, but not the item itself."""
    for line in range(block.shape[0]):
        span = slice(block.indptr[line], block.indptr[line + 1])
        near, strength = block.indices[span], block.data[span]
        other = near != first + line
        near, strength = near[other], strength[other]
        if len(near) > most:
            keep = np.argpartition(-strength, most)[:most]
            near, strength = near[keep], strength[keep]
        yield near, strength


def _busiest(matrix: Matrix, most: int) -> Matrix:
    """Only the users who did most, where there are too many: who did little says little."""
    if matrix.shape[0] <= most:
        return matrix
    number = np.diff(matrix.indptr)
    return matrix[np.sort(np.argpartition(-number, most)[:most])]
