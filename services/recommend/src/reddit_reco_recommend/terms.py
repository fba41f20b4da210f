"""The terms of all posts as a sparse matrix that posts can be added to.

Weights are BM25's (Robertson and Zaragoza, 2009), each kind of term scaled to its share: what two
posts have in common is the product of their rows. A row that is longer than usual stays somewhat
longer, as in BM25: many tags are a sign that many want the post.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]
from numpy.typing import NDArray

from .sparse import Matrix, Numbers, Rows, Vector, entries, weighted
from .text import BUCKETS, KINDS

# The share of words, tags and the subreddit in a row's length.
SHARES = (0.5, 1.0, 0.4)
_K1 = 1.2
# How much of a row's length is taken out of it: 1 makes all equally long.
_LENGTH = 0.75
_BLOCK = 50_000
# A term that so many posts have tells nothing, and its list is long.
_COMMON = 0.1
_FEW = 200
_FEW_ROWS = 2_000
_MOST_TERMS = 256
_SAMPLE = 20_000
_SHORT = 1e-5


@dataclass(frozen=True)
class Profile:
    """The weighted sum of the terms of some posts."""

    terms: Rows
    weights: Vector


@dataclass(frozen=True)
class Index:
    """A snapshot of the rows, by post and by term: a large part, and what came since.

    `fresh` are the rows of the later part, in order; what the large part has of these is out of
    date. `tags` is log(1 + number of tags) of each post.
    """

    rows: Matrix
    columns: Matrix
    late_rows: Matrix
    late_columns: Matrix
    fresh: Rows
    tags: Vector

    def entries(self, numbers: Sequence[int]) -> tuple[Rows, Vector, Numbers]:
        """The terms of several posts, what each weighs, and for each which of the posts has it.

        A post that is not in the snapshot has none.
        """
        wanted = np.asarray(numbers, np.int64)
        late = np.flatnonzero(self._late(wanted))
        early = np.flatnonzero(~self._late(wanted) & (wanted < self.rows.shape[0]))
        terms, weights, owners = entries(self.rows, wanted[early])
        if not len(late):
            return terms, weights, early[owners]
        found = entries(self.late_rows, np.searchsorted(self.fresh, wanted[late]))
        return (
            np.concatenate([terms, found[0]]),
            np.concatenate([weights, found[1]]),
            np.concatenate([early[owners], late[found[2]]]),
        )

    def profile(self, numbers: Sequence[int], weights: Iterable[float]) -> Profile:
        """The weighted sum of posts' terms."""
        terms, parts, owners = self.entries(numbers)
        line = np.fromiter(weights, np.float32, len(numbers))
        found, place = np.unique(terms, return_inverse=True)
        return Profile(found, np.bincount(place, parts * line[owners]).astype(np.float32))

    def scores(self, profile: Profile, tagged: float = 0.0) -> Vector:
        """How much each post has in common with a profile.

        Args:
            profile: terms.
            tagged: the power of 1 + the number of a post's tags that its score is multiplied with.
        """
        profile = _strongest(profile, _MOST_TERMS)
        found = np.zeros(len(self.tags), np.float32)
        early = weighted(self.columns, profile.terms, profile.weights)
        found[: len(early)] = early
        if len(self.fresh):
            found[self.fresh] = weighted(self.late_columns, profile.terms, profile.weights)
        if tagged and self._tagged:
            found *= np.exp(self.tags * np.float32(tagged))
        return found

    @cached_property
    def _tagged(self) -> bool:
        """Whether any post has a tag."""
        return bool(self.tags.any())

    def between(self, numbers: Sequence[int], others: Sequence[int]) -> Vector:
        """How much each of some posts has in common with each of others: posts x others."""
        terms, weights, owners = self.entries(numbers)
        names, place = np.unique(terms, return_inverse=True)
        left = np.zeros((len(numbers), len(names)), np.float32)
        left[owners, place] = weights
        terms, weights, owners = self.entries(others)
        place = np.searchsorted(names, terms) % max(1, len(names))
        same = names[place] == terms if len(names) else np.zeros(len(terms), np.bool_)
        right = np.zeros((len(names), len(others)), np.float32)
        right[place[same], owners[same]] = weights[same]
        return np.asarray(left @ right, np.float32)

    def having(self, term: int) -> Rows:
        """The posts that have a term."""
        early, _, _ = entries(self.columns, np.array([term]))
        late, _, _ = entries(self.late_columns, np.array([term]))
        return np.concatenate([early[~self._late(early)], self.fresh[late]])

    def frequency(self, term: int) -> int:
        """About how many posts have a term; one that changed lately may count twice."""
        parts = (self.columns.indptr, self.late_columns.indptr)
        return sum(int(begins[term + 1] - begins[term]) for begins in parts)

    def _late(self, numbers: NDArray[Any]) -> NDArray[np.bool_]:
        """Which of the posts are of the later part."""
        if not len(self.fresh):
            return np.zeros(len(numbers), np.bool_)
        place = np.minimum(np.searchsorted(self.fresh, numbers), len(self.fresh) - 1)
        return np.asarray(self.fresh[place] == numbers)


class Terms:
    """Terms of posts by row number, and how to weigh them. One thread writes."""

    def __init__(self) -> None:
        self._flat = np.zeros(1024, np.int32)
        self._counts = np.zeros(1024, np.uint8)
        self._used = 0
        self._start = np.zeros(1024, np.int64)
        self._length = np.zeros(1024, np.int32)
        self._tags = np.zeros(1024, np.float32)
        self._typical = np.ones(len(KINDS), np.float32)
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
        if not self._main.shape[0]:
            self._typical = self._usual(fresh)
        late = self._weighed(fresh)
        tags = self._tags[: self._rows]
        return Index(self._main, self._columns, late, late.T.tocsr(), fresh, tags)

    def _merge(self) -> None:
        """Weigh all rows anew, and take the space of replaced ones back."""
        order = np.arange(self._rows, dtype=np.int32)
        self._compact()
        self._typical = self._usual(order)
        parts = [
            self._weighed(order[at : at + _BLOCK]) for at in range(0, max(1, len(order)), _BLOCK)
        ]
        self._main = sp.vstack(parts, format="csr", dtype=np.float32)
        del parts
        self._columns = self._main.T.tocsr()
        self._fresh.clear()

    def _weighed(self, rows: Rows) -> Matrix:
        numbers, weights, groups = self._raw(rows)
        kinds = groups % len(KINDS)
        lengths = self._lengths(weights, groups, len(rows)).ravel()[groups]
        scale = lengths**_LENGTH * self._typical[kinds] ** (1 - _LENGTH)
        data = weights / scale * np.array(SHARES, np.float32)[kinds]
        pointers = np.concatenate([[0], np.cumsum(self._length[rows])])
        shape = (len(rows), BUCKETS)
        return sp.csr_matrix((data.astype(np.float32), numbers, pointers), shape=shape)

    def _raw(self, rows: Rows) -> tuple[Rows, Vector, NDArray[np.int64]]:
        """The terms of posts, what each weighs, and for each the number of its row and kind."""
        lengths = self._length[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(self._start[rows] - starts[:-1], lengths) + np.arange(starts[-1])
        numbers, counts = self._flat[places], self._counts[places].astype(np.float32)
        weights = counts * np.float32(_K1 + 1) / (counts + np.float32(_K1)) * self._rarity(numbers)
        kinds = np.searchsorted(KINDS, numbers, side="right") - 1
        return numbers, weights, np.repeat(np.arange(len(rows)), lengths) * len(KINDS) + kinds

    @staticmethod
    def _lengths(weights: Vector, groups: NDArray[np.int64], rows: int) -> Vector:
        """How long each kind of term makes each row: rows x kinds."""
        squares = np.bincount(groups, weights.astype(np.float64) ** 2, rows * len(KINDS))
        return np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32).reshape(rows, len(KINDS))

    def _usual(self, rows: Rows) -> Vector:
        """How long each kind of term makes a row that has any of it, at the mean of a sample."""
        sample = rows[:: len(rows) // _SAMPLE + 1]
        _, weights, groups = self._raw(sample)
        lengths = self._lengths(weights, groups, len(sample))
        there = lengths > _SHORT
        sums = np.where(there, lengths, 0).sum(axis=0)
        return np.where(there.any(axis=0), sums / np.maximum(there.sum(axis=0), 1), 1).astype("f4")

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
        self._tags = grown(self._tags, row + 1)
        self._tags[row] = np.log1p(np.sum((numbers >= KINDS[1]) & (numbers < KINDS[2])))
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


def _strongest(profile: Profile, most: int) -> Profile:
    if len(profile.terms) <= most:
        return profile
    keep = np.argpartition(-np.abs(profile.weights), most)[:most]
    return Profile(profile.terms[keep], profile.weights[keep])


def _nothing(rows: int) -> Matrix:
    return sp.csr_matrix((rows, BUCKETS), dtype=np.float32)
