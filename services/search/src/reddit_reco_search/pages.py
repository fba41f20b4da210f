"""Cutting one page out of a ranking that may change between two pages."""

from dataclasses import dataclass

from tantivy import DocAddress, Occur, Order, Query, Searcher

from .domain import DEEPEST, Position, Request
from .filtering import between
from .index import SCHEMA
from .ranking import BEFORE_ALL, Place, Ranking, identity, rounded

# How many of the hits already shown a cursor names. Two full pages: a score does not move further.
REMEMBERED = 200
_KEYS = {"new": "newest", "top": "top"}


@dataclass(frozen=True)
class Scored:
    """Where a hit is in the index, and its score if it has one."""

    address: DocAddress
    score: float | None


@dataclass(frozen=True)
class Page:
    """The hits of a page, and where the next one begins."""

    hits: list[Scored]
    following: Position | None


def cut(query: Query, request: Request, searcher: Searcher, *, relaxed: bool) -> Page:
    """The page that the request asks for."""
    if request.sort == "relevance":
        return _by_score(query, request, searcher, relaxed)
    return _by_key(query, request, searcher, relaxed)


def _by_key(query: Query, request: Request, searcher: Searcher, relaxed: bool) -> Page:
    """By a sort key that no two posts share: the next page is what comes after the last key."""
    field = _KEYS[request.sort]
    if request.position:
        rest = between(field, None, request.position.key)
        query = Query.boolean_query([(Occur.Must, query), (Occur.Must, rest)])
    found = searcher.search(
        query, request.limit + 1, count=False, order_by_field=field, order=Order.Desc
    ).hits
    hits = [Scored(address, None) for _, address in found[: request.limit]]
    more = len(found) > request.limit
    key = int(found[request.limit - 1][0]) if more else 0
    return Page(hits, Position(relaxed, key=key) if more else None)


def _by_score(query: Query, request: Request, searcher: Searcher, relaxed: bool) -> Page:
    """By score: the next page is what comes after the last hit, as its score is by now."""
    position = request.position or Position(relaxed)
    after = _place(query, position, searcher) if request.position else None
    ranking = Ranking(query, searcher, after, frozenset(position.seen))
    found = ranking.first(request.limit + 1, position.rank)
    shown = found[: min(request.limit, DEEPEST - position.rank)]
    rank = position.rank + len(shown)
    hits = [Scored(hit.address, hit.score) for hit in shown]
    if len(found) <= request.limit or rank >= DEEPEST:
        return Page(hits, None)
    last = ranking.place(shown[-1])
    seen = (*position.seen, *(identity(hit.key) for hit in shown))[-REMEMBERED:]
    following = Position(
        relaxed, rank=rank, score=last.score, seen=seen, millis=last.millis, last=last.id
    )
    return Page(hits, following)


def _place(query: Query, position: Position, searcher: Searcher) -> Place:
    """Where the last hit is in the order of this pod, by now."""
    this = Query.const_score_query(Query.term_query(SCHEMA, "id", position.last, "basic"), 0.0)
    both = Query.boolean_query([(Occur.Must, query), (Occur.Must, this)])
    if position.last and (hits := searcher.search(both, 1, count=False).hits):
        return Place(rounded(hits[0][0]), position.millis, position.last)
    return _last_known(Ranking(query, searcher), position)


def _last_known(ranking: Ranking, position: Position) -> Place:
    """The place of the last hit shown that is there: the very last is not, or not known by id."""
    known = {identity(hit.key): hit for hit in ranking.first(position.rank + REMEMBERED, 0)}
    for one in reversed(position.seen):
        if one in known:
            return ranking.place(known[one])
    millis = position.millis if position.last else BEFORE_ALL
    return Place(rounded(position.score), millis, position.last)
