"""A post as Reddit's API and the dumps made from it describe it."""

import re
from typing import Any

from ..domain import Post, Refused
from .options import Options
from .values import count, moment, name, native_id, title, truth, unescaped, whole, words

REDDIT = "https://www.reddit.com"
_IN_PERMALINK = re.compile(r"/r/([^/]+)/")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NOT_IN_A_TAG = re.compile(r"[^\w.-]+")
_REMOVED = ("[deleted]", "[removed]")


def post_of(record: dict[str, Any], options: Options, *, escaped: bool) -> Post:
    """The post that a record describes.

    Args:
        record: fields named as in Reddit's API.
        options: says the subreddit where the record does not.
        escaped: whether `&`, `<` and `>` are written as entities, as the API does without raw_json.

    Raises:
        Refused: the record is no post; the error names the field.
    """
    text = words(record.get("selftext"), "selftext")
    permalink = _absolute(words(record.get("permalink"), "permalink"))
    heading = title(record.get("title"))
    address = words(record.get("url"), "url")
    if escaped:
        heading, text, address = unescaped(heading), unescaped(text), unescaped(address)
    return {
        "id": "reddit:" + reddit_id(record),
        "title": heading,
        "text": "" if text in _REMOVED else text,
        "url": _absolute(address),
        "permalink": permalink,
        "subreddit": _subreddit(record, permalink, options),
        "author": name(record.get("author"), "author"),
        "created_at": moment(record.get("created_utc"), "created_utc"),
        "score": whole(record.get("score"), "score"),
        "ups": count(record.get("ups"), "ups", None),
        "downs": count(record.get("downs"), "downs", None),
        "num_comments": count(record.get("num_comments"), "num_comments"),
        "over_18": truth(record.get("over_18"), "over_18"),
        "tags": flair_tags(words(record.get("link_flair_text"), "link_flair_text")),
    }


def flair_tags(flair: str) -> list[str]:
    """A post's flair as a tag: letters, digits, `-`, `_` and `.`, at most 50; none for no flair."""
    tag = _NOT_IN_A_TAG.sub("-", flair).strip("-")[:50]
    return [tag.lower()] if tag else []


def reddit_id(record: dict[str, Any]) -> str:
    """A record's id, without the `t3_` of full names.

    Importers of CSV make numbers of ids like `180097` and `12e45`; the full name stays right.
    """
    own, full = record.get("id"), record.get("name")
    if type(own) is not str and type(full) is str and full.startswith("t3_"):
        own = full
    if type(own) is float:
        raise Refused("was made a number, and its digits are lost", "id")
    return native_id(own).removeprefix("t3_")


def _subreddit(record: dict[str, Any], permalink: str | None, options: Options) -> str | None:
    own = name(record.get("subreddit"), "subreddit") or options.subreddit
    if own is None and permalink and (found := _IN_PERMALINK.search(permalink)):
        own = found[1]
    return own or options.stem or None


def _absolute(address: str) -> str | None:
    """An address with its scheme and host; Reddit leaves them out for its own pages."""
    if not address:
        return None
    if address.startswith("/"):
        return REDDIT + address
    if not _SCHEME.match(address):
        return None
    return address
