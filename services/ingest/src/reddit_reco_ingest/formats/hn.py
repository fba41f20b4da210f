"""`hn`: Hacker News items as the Firebase or the Algolia API gives them, one a line or in an array.

An answer of Algolia's search (`{"hits": [...]}`) will do, too. Stories, jobs and polls are posts;
comments and poll options are passed over, items that are `dead` as well; `deleted` ones are deleted
here, too.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from ..domain import SKIPPED, Gone, Item, Positioned, Refused
from ..reading import Chunks, json_records, parse
from .options import Options
from .records import items
from .values import count, moment, name, native_id, text_of_html, title, whole, words

_POSTS = ("story", "job", "poll")
_OTHERS = ("comment", "pollopt")
_PAGE = "https://news.ycombinator.com/item?id="
_SCHEMES = ("http://", "https://")


def read(chunks: Chunks, _options: Options, start: int) -> Iterator[Positioned]:
    """An item for every item, and for every hit in a search answer; the position counts them."""
    return items(_records(json_records(chunks)), start, item_of)


def _records(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        # Looking for the word first spares lines that are items a second parse.
        if type(value) is bytes and b'"hits"' in value:
            yield from _hits(value)
        elif type(value) is dict and isinstance(value.get("hits"), list):
            yield from value["hits"]
        elif value != b"":
            yield value


def _hits(line: bytes) -> Iterator[Any]:
    try:
        value = parse(line)
    except Refused:
        yield line
        return
    hits = value.get("hits") if isinstance(value, dict) else None
    yield from hits if isinstance(hits, list) else [value]


def item_of(record: dict[str, Any]) -> Item:
    """What an item is: a post, deleted, or nothing to keep."""
    native = native_id(record.get("objectID", record.get("id")))
    kind = _kind(record)
    if kind in _OTHERS or record.get("dead"):
        return SKIPPED
    if record.get("deleted"):
        return Gone("hn:" + native)
    if kind not in _POSTS:
        raise Refused("is none of story, job, poll, comment, pollopt", "type")
    address = words(record.get("url"), "url")
    return {
        "id": "hn:" + native,
        "title": title(record.get("title")),
        "text": text_of_html(_first(record, "text", "story_text", "job_text") or ""),
        "url": address if address.lower().startswith(_SCHEMES) else None,
        "permalink": _PAGE + native,
        "author": name(record.get("by", record.get("author")), "by"),
        "created_at": _created(record),
        "score": whole(_first(record, "score", "points"), "score"),
        "num_comments": count(_first(record, "descendants", "num_comments"), "num_comments"),
    }


def _kind(record: dict[str, Any]) -> Any:
    """Firebase and Algolia's items say the type; Algolia's search has it among the tags."""
    tags = record.get("_tags")
    if "type" not in record and isinstance(tags, list):
        return next((tag for tag in tags if tag in _POSTS + _OTHERS), None)
    return record.get("type")


def _created(record: dict[str, Any]) -> str:
    for field in ("time", "created_at_i", "created_at"):
        if field in record:
            return moment(record[field], field)
    raise Refused("is missing", "time")


def _first(record: dict[str, Any], *fields: str) -> Any:
    return next((record[field] for field in fields if record.get(field) is not None), None)
