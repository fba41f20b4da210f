"""A page of posts, read from MongoDB along the shortest way that there is."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from pymongo import DESCENDING
from pymongo.collection import Collection

from .domain import Document, Sort
from .orders import SORT_KEYS, Keys, days_before, key_of, made_between, page_query, stages
from .ranks import LONGEST_RISE_HOURS, rising, youngest

_MILLISECONDS = 10_000
_FIRST_DAYS = 1.0
_WIDER = 8.0
Posts = Collection[Document]
Find = Callable[[list[Document], Keys, int], list[Document]]


def page(
    posts: Posts,
    narrowed: Document,
    sort: Sort,
    *,
    adult: bool,
    after: tuple[Any, str] | None,
    limit: int,
) -> list[Document]:
    """The next `limit` posts in the order of `sort`, highest first.

    Args:
        posts: the collection.
        narrowed: conditions on the posts, in MongoDB's terms.
        sort: the order; posts of the same key follow by id.
        adult: whether those marked `over_18` are among them.
        after: key and id of the last post of the page before.
        limit: how many.
    """

    def find(conditions: list[Document], order: Keys, most: int) -> list[Document]:
        query = page_query([narrowed, *conditions], SORT_KEYS[sort], adult=adult, after=after)
        return list(posts.find(query).sort(order).limit(most).max_time_ms(_MILLISECONDS))

    if sort == "rising":
        return _rising(posts, find, after, limit)
    return list(islice(_distinct(_staged(find, sort, limit)), limit))


def _staged(find: Find, sort: Sort, limit: int) -> Iterator[Document]:
    left = limit
    for condition, order in stages(sort):
        if left > 0:
            found = find([condition], order, left)
            left -= len(found)
            yield from found


def _distinct(found: Iterator[Document]) -> Iterator[Document]:
    """Each post once: one may sink from a stage into the next between two reads."""
    seen = set()
    for post in found:
        if post["_id"] not in seen:
            seen.add(post["_id"])
            yield post


def _rising(posts: Posts, find: Find, after: tuple[Any, str] | None, limit: int) -> list[Document]:
    """Sort the posts of so many days that no older one can be among the first `limit`."""
    last = _latest(posts, after)
    if last is None:
        return []
    days = _FIRST_DAYS
    while True:
        first = days_before(last, days + LONGEST_RISE_HOURS / 24)
        found = find([made_between(first, last)], [("rank.rising", DESCENDING), ("_id", -1)], limit)
        older = rising(0, 0, first.timestamp()) + LONGEST_RISE_HOURS
        if first.timestamp() <= 0 or (len(found) == limit and key_of(found[-1], "rising") > older):
            return found
        days *= _WIDER


def _latest(posts: Posts, after: tuple[Any, str] | None) -> datetime | None:
    """When the latest post can have been made that comes next: it has risen since, if at all."""
    if after is not None:
        return youngest(after[0])
    newest = posts.find_one({"created_at": {"$exists": True}}, sort=[("created_at", DESCENDING)])
    return newest["created_at"].replace(tzinfo=UTC) if newest else None
