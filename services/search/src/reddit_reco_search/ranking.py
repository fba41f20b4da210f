"""Hits by relevance, in an order that every pod gives, though each numbers its posts its own way.

Equal scores go by time, newer first, then by id. tantivy breaks ties by where a post is in the
index instead, so that a tie at the end of a page is resolved here: by fetching more of it, and if
it is too long for that, by walking over the posts by time and asking for the scores of these.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter

import orjson
from tantivy import DocAddress, Occur, Query, Searcher

from .filtering import between
from .index import KEY_BITS

# How many more hits than needed are fetched at first, and if the last tie is longer than that.
_AHEAD, _FURTHER = 24, 2_000
# Posts in the first step along a tie that is longer still; each step is so many times the last.
_STEP, _GROWTH = 500, 8
# Of more posts than these that have one score and one millisecond, some have no certain place.
SAME_MOMENT = 10_000
# A time, in ms since 1970, that comes before all others.
BEFORE_ALL = 2**42

_Hits = list[tuple[float, DocAddress]]


@dataclass(frozen=True)
class Place:
    """A place in the order: a score, rounded, a time in ms since 1970, and an id."""

    score: float
    millis: int
    id: str


@dataclass(frozen=True)
class Ranked:
    """A hit: where it is in the index, its score, rounded, and its sort key by time."""

    address: DocAddress
    score: float
    key: int


@dataclass(frozen=True)
class Ranking:
    """The hits of a query, in order.

    Args:
        after: only those after this place; None for all.
        shown: those to leave out, by `identity`.
    """

    query: Query
    searcher: Searcher
    after: Place | None = None
    shown: frozenset[int] = frozenset()

    def first(self, most: int, rank: int) -> list[Ranked]:
        """The first hits after the place, at most `most`; `rank` hits or so are before it."""
        least = fetched = rank + most + _AHEAD
        while True:
            hits: _Hits = self.searcher.search(self.query, fetched, count=False).hits
            if len(hits) < fetched:
                return list(islice(self._in_order(hits), most))
            edge = rounded(hits[-1][0])
            whole = hits[: bisect_left(hits, -edge, key=_worse)]
            found = list(islice(self._in_order(whole), most))
            if len(found) == most:
                return found
            reached = self.after is None or edge <= self.after.score
            if reached and (fetched > least or not edge):
                return found + self._tied(edge, most - len(found))
            fetched = 2 * fetched + _FURTHER

    def place(self, hit: Ranked) -> Place:
        """The place of a hit."""
        return Place(hit.score, hit.key >> KEY_BITS, self._id(hit))

    def _tied(self, score: float, most: int) -> list[Ranked]:
        """Hits with this very score, whole milliseconds at a time, however long the tie is."""
        entered = self.after and self.after.score == score
        below = (self.after.millis + 1) << KEY_BITS if self.after and entered else None
        found: list[Ranked] = []
        step = _STEP
        while len(found) < most:
            newest = self._during(None, below)
            by_time = self.searcher.search(newest, step, count=False, order_by_field="newest").hits
            if not by_time:
                break
            least = int(by_time[-1][0]) >> KEY_BITS << KEY_BITS
            limit = len(by_time) + SAME_MOMENT
            hits = self.searcher.search(self._during(least, below), limit, count=False).hits
            found += self._in_order([hit for hit in hits if rounded(hit[0]) == score])
            below, step = least, step * _GROWTH
        return found[:most]

    def _during(self, least: int | None, below: int | None) -> Query:
        if least is None and below is None:
            return self.query
        made = between("newest", least, below)
        return Query.boolean_query([(Occur.Must, self.query), (Occur.Must, made)])

    def _in_order(self, hits: _Hits) -> Iterator[Ranked]:
        """Those of the hits that come after the place and were not shown, in order."""
        start = bisect_left(hits, -self.after.score, key=_worse) if self.after else 0
        rest = hits[start:]
        keys = self.searcher.fast_field_values("newest", [address for _, address in rest])
        places = sorted(
            (_worse(hit), -(int(key or 0) >> KEY_BITS), at)
            for at, (hit, key) in enumerate(zip(rest, keys, strict=True))
        )
        if self.after:
            places = places[bisect_left(places, (-self.after.score, -self.after.millis, 0)) :]
        for (score, millis), tied in groupby(places, key=itemgetter(0, 1)):
            found = [Ranked(rest[at][1], -score, int(keys[at] or 0)) for _, _, at in tied]
            for hit in self._by_id(found, -millis):
                if identity(hit.key) not in self.shown:
                    yield hit

    def _by_id(self, tied: list[Ranked], millis: int) -> list[Ranked]:
        """Hits of one score and time, in order. Only here are ids looked up."""
        after = self.after
        entered = after and (after.score, after.millis) == (tied[0].score, millis)
        if len(tied) == 1 and not entered:
            return tied
        ids = {self._id(hit): hit for hit in tied}
        last = after.id if after and entered else ""
        return [ids[one] for one in sorted(ids) if one > last]

    def _id(self, hit: Ranked) -> str:
        return str(orjson.loads(self.searcher.doc(hit.address)["shown"][0])["id"])


def _worse(hit: tuple[float, DocAddress]) -> float:
    """What the less of comes first."""
    return -rounded(hit[0])


def rounded(score: float) -> float:
    """A score as every pod has it: to five digits, however small it is.

    The last digits of a sum depend on the order in which it was added up.
    """
    return float(f"{score:.5g}")


def identity(key: int) -> int:
    """Four bytes of a sort key by time: the same in every pod, whatever becomes of the score."""
    return (key ^ (key >> 32)) & 0xFFFFFFFF
