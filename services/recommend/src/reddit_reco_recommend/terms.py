"""The terms of all posts as a sparse matrix that posts can be added to.

Weights are BM25's (Robertson and Zaragoza, 2009), each kind of term scaled to length 1 and then to
its share: what two posts have in common is the product of their rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]
from numpy.typing import NDArray

from .text import BUCKETS, KINDS

Matrix = Any  # scipy.sparse.csr_matrix
Vector = NDArray[np.float32]
Rows = NDArray[np.int32]

# The share of words, tags and the subreddit in a row's length.
SHARES = (0.5, 1.0, 0.4)
_K1 = 1.2
_BLOCK = 50_000
# A term that so many posts have tells nothing, and its list is long.
_COMMON = 0.1
_FEW = 200
_FEW_ROWS = 2_000


@dataclass(frozen=True)
class Index:
    """A snapshot of the rows, by post and by term: a large part, and what came since.

    `fresh` are the rows of the later part; what the large part has of these is out of date.
    """

    rows: Matrix
    columns: Matrix
    late_rows: Matrix
    late_columns: Matrix
    fresh: Rows
    place: Mapping[int, int]

    def row(self, number: int) -> Matrix:
        """The terms of one post, 1 x BUCKETS; empty if it is not in the snapshot."""
        if (late := self.place.get(number)) is not None:
            return self.late_rows[late]
        return self.rows[number] if number < self.rows.shape[0] else _nothing(1)

    def stacked(self, numbers: Iterable[int]) -> Matrix:
        """The terms of several posts, one a row."""
        return sp.vstack([self.row(number) for number in numbers], format="csr")

    def profile(self, numbers: Iterable[int], weights: Iterable[float]) -> Matrix:
        """The weighted sum of posts' terms, 1 x BUCKETS."""
        numbers = list(numbers)
        if not numbers:
            return _nothing(1)
        line = np.fromiter(weights, np.float32, len(numbers))[None, :]
        return sp.csr_matrix(line) @ self.stacked(numbers)

    def scores(self, profile: Matrix, posts: int, most_terms: int = 256) -> Vector:
        """How much each of the first `posts` posts has in common with a profile."""
        found = np.zeros(posts, np.float32)
        profile = _strongest(profile, most_terms)
        if self.rows.shape[0]:
            product = profile @ self.columns
            found[product.indices] = product.data
            found[self.fresh] = 0
        if len(self.fresh):
            product = profile @ self.late_columns
            found[self.fresh[product.indices]] = product.data
        return found


class Terms:
    """Terms of posts by row number, and how to weigh them. One thread writes."""

    def __init__(self) -> None:
        self._flat = np.zeros(1024, np.int32)
        self._counts = np.zeros(1024, np.uint8)
        self._used = 0
        self._start = np.zeros(1024, np.int64)
        self._length = np.zeros(1024, np.int32)
        self._rows = 0
        self._frequency = np.zeros(BUCKETS, np.int32)
        self._fresh: set[int] = set()
        self._main = _nothing(0)
        self._columns = _nothing(0).T.tocsr()

    def put(self, row: int, terms: Mapping[int, int]) -> bool:
        """Say what terms a post has; whether that is news. New rows come in order."""
        numbers = np.fromiter(terms, np.int32, len(terms))
        counts = np.fromiter(terms.values(), np.uint8, len(terms))
        order = np.argsort(numbers)
        numbers, counts = numbers[order], counts[order]
        if row < self._rows and self._same(row, numbers, counts):
            return False
        self._forget(row)
        self._write(row, numbers, counts)
        self._fresh.add(row)
        return True

    def snapshot(self) -> Index:
        """The rows as they are now."""
        if len(self._fresh) > max(_FEW_ROWS, self._rows // 10):
            self._merge()
        fresh = np.array(sorted(self._fresh), np.int32)
        late = self._weighed(fresh)
        place = {int(row): at for at, row in enumerate(fresh)}
        return Index(self._main, self._columns, late, late.T.tocsr(), fresh, place)

    def _merge(self) -> None:
        """Weigh all rows anew, and take the space of replaced ones back."""
        order = np.arange(self._rows, dtype=np.int32)
        self._compact()
        parts = [
            self._weighed(order[at : at + _BLOCK]) for at in range(0, max(1, len(order)), _BLOCK)
        ]
        self._main = sp.vstack(parts, format="csr", dtype=np.float32)
        del parts
        self._columns = self._main.T.tocsr()
        self._fresh.clear()

    def _weighed(self, rows: Rows) -> Matrix:
        lengths = self._length[rows]
        pointers = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(self._start[rows] - pointers[:-1], lengths) + np.arange(pointers[-1])
        numbers = self._flat[places]
        counts = self._counts[places].astype(np.float32)
        weights = counts * (_K1 + 1) / (counts + _K1) * self._rarity(numbers)
        kinds = np.searchsorted(KINDS, numbers, side="right") - 1
        groups = np.repeat(np.arange(len(rows)), lengths) * len(KINDS) + kinds
        squares = np.bincount(groups, weights.astype(np.float64) ** 2, len(rows) * len(KINDS))
        norms = np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)
        data = weights / norms[groups] * np.array(SHARES, np.float32)[kinds]
        return sp.csr_matrix(
            (data.astype(np.float32), numbers, pointers), shape=(len(rows), BUCKETS)
        )

    def _rarity(self, numbers: Rows) -> Vector:
        """Inverse document frequency; nothing for words that are everywhere."""
        frequency = self._frequency[numbers].astype(np.float32)
        total = np.float32(max(1, self._rows))
        rarity = np.log1p((total - frequency + 0.5) / (frequency + 0.5))
        often = max(_FEW, _COMMON * self._rows)
        common = (frequency > often) & (numbers < KINDS[1])
        rarity[common] = 0
        return np.asarray(rarity, np.float32)

    def _same(self, row: int, numbers: Rows, counts: NDArray[np.uint8]) -> bool:
        span = slice(self._start[row], self._start[row] + self._length[row])
        return bool(
            np.array_equal(self._flat[span], numbers) and np.array_equal(self._counts[span], counts)
        )

    def _forget(self, row: int) -> None:
        if row < self._rows:
            span = slice(self._start[row], self._start[row] + self._length[row])
            self._frequency[self._flat[span]] -= 1

    def _write(self, row: int, numbers: Rows, counts: NDArray[np.uint8]) -> None:
        end = self._used + len(numbers)
        self._flat, self._counts = grown(self._flat, end), grown(self._counts, end)
        self._start, self._length = grown(self._start, row + 1), grown(self._length, row + 1)
        self._flat[self._used : end] = numbers
        self._counts[self._used : end] = counts
        self._start[row], self._length[row] = self._used, len(numbers)
        self._frequency[numbers] += 1
        self._used = end
        self._rows = max(self._rows, row + 1)

    def _compact(self) -> None:
        lengths = self._length[: self._rows]
        if int(lengths.sum()) == self._used:
            return
        ends = np.cumsum(lengths, dtype=np.int64)
        starts = ends - lengths
        places = np.repeat(self._start[: self._rows] - starts, lengths) + np.arange(ends[-1])
        self._flat, self._counts = self._flat[places], self._counts[places]
        self._start[: self._rows] = starts
        self._used = int(ends[-1])


def grown(array: NDArray[Any], needed: int) -> NDArray[Any]:
    """The array, or a copy with room for `needed` and a quarter more."""
    if needed <= len(array):
        return array
    larger = np.zeros(max(needed, len(array) + len(array) // 4 + 1024), array.dtype)
    larger[: len(array)] = array
    return larger


def _strongest(profile: Matrix, most: int) -> Matrix:
    if profile.nnz <= most:
        return profile
    keep = np.argpartition(-np.abs(profile.data), most)[:most]
    row = (profile.data[keep], profile.indices[keep], [0, most])
    return sp.csr_matrix(row, shape=profile.shape)


def _nothing(rows: int) -> Matrix:
    return sp.csr_matrix((rows, BUCKETS), dtype=np.float32)
