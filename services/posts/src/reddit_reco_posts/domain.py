"""What a post is, and what a write makes of it. Knows neither HTTP nor MongoDB."""

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b
from operator import itemgetter
from typing import Any, Literal, get_args

import orjson

from .ranks import rank

Document = dict[str, Any]
Sort = Literal["hot", "new", "top", "best", "controversial", "rising"]
SORTS: tuple[Sort, ...] = get_args(Sort)

ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,31}:[!-.0-~]+$"
LONGEST_ID = 200
MOST_IDS = 100
FIELDS = (
    "title",
    "text",
    "url",
    "permalink",
    "subreddit",
    "author",
    "created_at",
    "score",
    "ups",
    "downs",
    "num_comments",
    "over_18",
    "tags",
    "attribution",
)
_values = itemgetter(*FIELDS)
_ATTRIBUTION = ("text", "url", "licence", "licence_url")


class PostUnknown(Exception):
    """There is no post with this id."""


class PostDeleted(Exception):
    """The post was deleted, and does not come back."""


class PreconditionFailed(Exception):
    """The stored post is not the one that the writer asked for."""


def source_of(post_id: str) -> str:
    """The part of an id before its first colon."""
    return post_id.partition(":")[0]


def etag_of(post_id: str, fields: Mapping[str, Any]) -> str:
    """Hash of a post's content: the same content has the same tag, whoever writes it and when."""
    content = (post_id, *_values(fields))
    return blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def document(post_id: str, fields: Mapping[str, Any]) -> Document:
    """The post as it is stored: content, tag, and what lists are ordered and narrowed by."""
    content = dict(zip(FIELDS, _values(fields), strict=True))
    content["tags"] = list(dict.fromkeys(content["tags"]))
    if content["attribution"] is not None:
        content["attribution"] = {name: content["attribution"].get(name) for name in _ATTRIBUTION}
    return {
        "_id": post_id,
        "source": source_of(post_id),
        **content,
        "etag": etag_of(post_id, content),
        "rank": rank(content),
        "folded": _folded(content),
    }


def tombstone(post_id: str, now: datetime) -> Document:
    """What is left of a deleted post."""
    etag = blake2b(f"deleted {post_id}".encode(), digest_size=16).hexdigest()
    return {
        "_id": post_id,
        "source": source_of(post_id),
        "deleted": True,
        "deleted_at": now,
        "etag": etag,
    }


def folded(name: str) -> str:
    """A name as it is compared: without upper case."""
    return name.casefold()


def _folded(content: Document) -> Document:
    """The names that lists are narrowed by; what a post lacks is left out, and out of the index."""
    names = {name: folded(content[name]) for name in ("subreddit", "author") if content[name]}
    return names | {"tags": [folded(tag) for tag in content["tags"]]} if content["tags"] else names


# A condition says whether a write may go on, given the post's tag (None: there is no post).
Condition = Callable[[str | None], bool]


def put(current: Document | None, new: Document, condition: Condition) -> Document | None:
    """What a PUT stores; None if that is there already.

    Raises:
        PostDeleted: a tombstone stands there.
        PreconditionFailed: the condition does not hold.
    """
    _check(current, condition)
    return None if current is not None and current["etag"] == new["etag"] else new


def patch(
    current: Document | None, change: Callable[[Document], Document], condition: Condition
) -> Document | None:
    """What a PATCH stores; None if it changes nothing.

    Raises:
        PostUnknown: there is nothing to change.
        PostDeleted: a tombstone stands there.
        PreconditionFailed: the condition does not hold.
    """
    _check(current, condition)
    if current is None:
        raise PostUnknown
    new = change(current)
    return None if current["etag"] == new["etag"] else new


def delete(current: Document | None, grave: Document, condition: Condition) -> Document | None:
    """What a DELETE stores; None if the post is deleted already, which is no error.

    A post that was never seen gets a tombstone too: the import that brings it may be under way at
    this moment, and whoever was told "deleted" must not see the post appear afterwards.

    Raises:
        PreconditionFailed: the condition does not hold.
    """
    if current is not None and current.get("deleted"):
        return None
    _check(current, condition)
    return grave


def _check(current: Document | None, condition: Condition) -> None:
    if current is not None and current.get("deleted"):
        raise PostDeleted
    if not condition(current["etag"] if current is not None else None):
        raise PreconditionFailed
