"""The orders of lists: their keys, the indexes that they walk along, and how a page is asked for.

Every index costs each written post mongod's time, most of all where keys come in no order: with one
for each of six orders, an import ran at a fifth of the rate that MongoDB takes posts at without. So
there are as few as lists can do with. `best` and `controversial` have theirs for the posts that
lists begin with, and sort what is below; `rising` sorts the posts of some days.
"""

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from .domain import Document, Sort

SORT_KEYS: Mapping[Sort, str] = {
    "hot": "rank.hot",
    "new": "created_at",
    "top": "score",
    "best": "rank.best",
    "controversial": "rank.controversial",
    "rising": "rank.rising",
}
_WHOLE: tuple[Sort, ...] = ("hot", "new", "top")
_HIGH: Mapping[str, float] = {"rank.best": 0.9, "rank.controversial": 16.0}
# A filter that leaves few posts has an index of its own, and MongoDB's planner tries which way is
# shorter. A source is the beginning of an id, and needs none.
_NARROWING = ("folded.subreddit", "folded.author", "folded.tags")

Keys = list[tuple[str, int]]


def indexes() -> list[IndexModel]:
    """All indexes. What a tombstone lacks, and a list asks for, keeps it out of lists."""
    return [
        *(_index(_descending(SORT_KEYS[sort])) for sort in _WHOLE),
        *(_index(_descending(key), **_partial(key, {"$gte": low})) for key, low in _HIGH.items()),
        *(_index([(name, ASCENDING), *_NEWEST], **_partial(name, _EXISTS)) for name in _NARROWING),
    ]


def former() -> set[str]:
    """Names of indexes that versions before this one made, and that nothing needs any more.

    0.1.0: one for each order, behind `over_18`, and one on the source.
    """
    orders = [[("over_18", ASCENDING), *_descending(key)] for key in SORT_KEYS.values()]
    return {_name(keys, {}) for keys in (*orders, [("source", ASCENDING)])}


def _descending(key: str) -> Keys:
    return [(key, DESCENDING), ("_id", DESCENDING)]


def _partial(name: str, condition: Document) -> dict[str, Any]:
    return {"partialFilterExpression": {name: condition}}


_NEWEST = _descending("created_at")
_EXISTS: Document = {"$exists": True}


def _index(keys: Keys, **options: Any) -> IndexModel:
    return IndexModel(keys, name=_name(keys, options), **options)


def _name(keys: Keys, options: dict[str, Any]) -> str:
    """A name that tells the definition.

    A version that defines an index anew then makes one beside the old, which the version before it
    goes on using; under one name, the two would refuse each other.
    """
    definition = zlib.crc32(repr((keys, sorted(options.items()))).encode())
    return f"{keys[0][0]}-{keys[-1][0]}-{definition:08x}"


def stages(sort: Sort) -> list[tuple[Document, Keys]]:
    """An order cut where another way to find it begins: which keys, and how MongoDB sorts them."""
    key = SORT_KEYS[sort]
    order = _descending(key)
    if key not in _HIGH:
        return [({key: _EXISTS}, order)]
    low = _HIGH[key]
    # Where nobody votes against, all are 0: then the ids alone, which have an index, say the order.
    return [
        ({key: {"$gte": low}}, order),
        ({key: {"$gt": 0, "$lt": low}}, order),
        ({key: 0}, order[1:]),
    ]


def page_query(
    conditions: list[Document], key: str, *, adult: bool, after: tuple[Any, str] | None
) -> Document:
    """The filter of a page: a branch for each stretch of the index, merged by MongoDB in order.

    Args:
        conditions: what the posts must be, in MongoDB's terms.
        key: what they are ordered by.
        adult: whether those marked `over_18` are among them; a tombstone has no such mark.
        after: key and id of the last post of the page before.
    """
    stretches: list[Document] = [{}]
    if after is not None:
        last, last_id = after
        stretches = [{key: {"$lt": last}}, {key: last, "_id": {"$lt": last_id}}]
    marks: Document = {"over_18": {"$in": [False, True]} if adult else False}
    branches = [{"$and": [*conditions, marks, stretch]} for stretch in stretches]
    return branches[0] if len(branches) == 1 else {"$or": branches}


def key_of(document: Document, sort: Sort) -> Any:
    """The value that `sort` orders a stored post by."""
    value: Any = document
    for part in SORT_KEYS[sort].split("."):
        value = value[part]
    return value


def made_between(first: datetime, last: datetime) -> Document:
    """Posts made at one of these times or between them."""
    return {"created_at": {"$gte": first, "$lte": last}}


def days_before(moment: datetime, days: float) -> datetime:
    """A moment so many days earlier, but not before 1970."""
    earliest = datetime(1970, 1, 1, tzinfo=UTC)
    return max(earliest, moment.astimezone(UTC) - timedelta(days=min(days, 365 * 200)))
