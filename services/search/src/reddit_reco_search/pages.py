"""Cutting one page out of a ranking that may change between two pages."""

from dataclasses import dataclass

from tantivy import DocAddress, Occur, Order, Query, Searcher

from .domain import DEEPEST, Position, Request
from .filtering import before

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
        rest = before(field, request.position.key)
        query = Query.boolean_query([(Occur.Must, query), (Occur.Must, rest)])
    found = searcher.search(
        query, request.limit + 1, count=False, order_by_field=field, order=Order.Desc
    ).hits
    hits = [Scored(address, None) for _, address in found[: request.limit]]
    more = len(found) > request.limit
    key = int(found[request.limit - 1][0]) if more else 0
    return Page(hits, Position(relaxed, key=key) if more else None)


def _by_score(query: Query, request: Request, searcher: Searcher, relaxed: bool) -> Page:
    """By score: the next page is what comes after the last score, and was not on the last pages."""
    position = request.position or Position(relaxed)
    wanted = min(DEEPEST, position.rank + request.limit + 1)
    found = searcher.search(query, wanted + len(position.seen), count=False).hits
    if request.position:
        found = _not_seen(found, position, searcher)
    shown = found[: request.limit]
    rank = position.rank + len(shown)
    if len(found) <= request.limit or rank >= DEEPEST:
        return Page([Scored(address, score) for score, address in shown], None)
    seen = (*position.seen, *_identities(searcher, [address for _, address in shown]))
    following = Position(relaxed, rank=rank, score=shown[-1][0], seen=seen[-REMEMBERED:])
    return Page([Scored(address, score) for score, address in shown], following)


def _not_seen(
    found: list[tuple[float, DocAddress]], position: Position, searcher: Searcher
) -> list[tuple[float, DocAddress]]:
    # A hit above the last score was shown, or came in since.
    rest = [hit for hit in found if hit[0] <= position.score]
    known = set(position.seen)
    identities = _identities(searcher, [address for _, address in rest])
    return [hit for hit, identity in zip(rest, identities, strict=True) if identity not in known]


def _identities(searcher: Searcher, addresses: list[DocAddress]) -> list[int]:
    """A number for each hit that stays the same in every pod, whatever becomes of its score."""
    keys = searcher.fast_field_values("newest", addresses)
    return [hash_of(int(key or 0)) for key in keys]


def hash_of(key: int) -> int:
    """Four bytes of a sort key, so that a cursor stays short."""
    return (key ^ (key >> 32)) & 0xFFFFFFFF
