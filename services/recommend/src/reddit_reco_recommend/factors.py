"""Factors of posts, the longest first: how much a reader may like a post, where that matters.

A product of two vectors is at most that of their lengths. So the highest are found among the
longest factors, and whether a short one can count at all is known before it is looked at: the
factors of a hundred thousand posts are 25 MB, too many to read for each reader.
"""

import numpy as np
from numpy.typing import NDArray

from .ranking import BEST, mean_of_best
from .sparse import Rows, Vector

_NONE = -1
_FIRST = 4_096
# Sums are rounded: a bound is not to be below what it bounds for that.
_SLACK = 1.0001


class Factors:
    """The factors of the posts that somebody did something with.

    Args:
        values: posts x factors.
        rows: the row of each of these posts in the catalog.
    """

    def __init__(self, values: Vector, rows: Rows) -> None:
        lengths = np.linalg.norm(values, axis=1)
        order = np.argsort(-lengths, kind="stable")
        self.values = np.ascontiguousarray(values[order])
        self.lengths = lengths[order]
        self.rows = rows[order]
        self._place = np.full(int(rows.max(initial=-1)) + 1, _NONE, np.int32)
        self._place[self.rows] = np.arange(len(rows), dtype=np.int32)

    def places(self, rows: NDArray[np.int64]) -> Rows:
        """Where the factors of posts by row are; -1 for those that have none."""
        found = np.full(len(rows), _NONE, np.int32)
        there = rows < len(self._place)
        found[there] = self._place[rows[there]]
        return found

    def spread(self, posts: int) -> Vector:
        """The length of each post's factors; 0 where a post has none."""
        found = np.zeros(posts, np.float32)
        found[self.rows] = self.lengths
        return found

    def first(self, reader: Vector) -> Vector:
        """How much a reader may like the first posts: as many as it takes to have the best."""
        found, length = np.empty(0, np.float32), float(np.linalg.norm(reader))
        while (done := len(found)) < len(self.values):
            after = self.values[done : max(_FIRST, 2 * done)] @ reader
            found = np.concatenate([found, after])
            if len(found) < len(self.values):
                last = np.partition(found, -BEST)[-BEST]
                if self.lengths[len(found)] * length * _SLACK <= last:
                    break
        return found


class Pull:
    """How much a reader's factors draw them to posts: a weight, times what the best do at the mean.

    Args:
        factors: of posts.
        reader: the factors of a reader.
        weight: how much the best count.
    """

    def __init__(self, factors: Factors, reader: Vector, weight: float) -> None:
        self._factors = factors
        first = factors.first(reader)
        mean = mean_of_best(first)
        scale = np.float32(weight / mean if mean > 0 else 0)
        self._reader = reader * scale
        self._first = first * scale

    def __bool__(self) -> bool:
        return bool(self._reader.any())

    def at(self, rows: NDArray[np.int64]) -> Vector:
        """How much these posts draw."""
        places, done = self._factors.places(rows), len(self._first)
        found = np.zeros(len(rows), np.float32)
        first, later = (places >= 0) & (places < done), places >= done
        found[first] = self._first[places[first]]
        found[later] = self._factors.values[places[later]] @ self._reader
        return found

    def of(self, factors: Vector) -> Vector:
        """How much posts with these factors draw."""
        return np.asarray(factors @ self._reader, np.float32)

    def most(self, spread: Vector) -> Vector:
        """How much each post can draw at most.

        Args:
            spread: the length of each post's factors.
        """
        found = spread * np.float32(np.linalg.norm(self._reader) * _SLACK)
        found[self._factors.rows[: len(self._first)]] = self._first
        return found
