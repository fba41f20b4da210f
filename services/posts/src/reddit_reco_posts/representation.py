"""Between stored posts and what HTTP shows or asks: representations, filters, patches."""

from typing import Any
from urllib.parse import quote

from flask import request

from reddit_reco_chassis import timestamp

from .domain import FIELDS, Document, document, folded
from .models import PostContent, PostPatch, PostQuery

_SHORT = 300
_WHOLE = ("source", *FIELDS)
_LISTED = tuple(name for name in _WHOLE if name not in ("ups", "downs"))


def href(post_id: str) -> str:
    """The path of a post, below the release's base path."""
    return f"{request.script_root}/api/v1/posts/{quote(post_id, safe=':')}"


def whole(post: Document) -> Document:
    """A stored post as it is shown on its own."""
    return _shown(post, _WHOLE)


def short(post: Document) -> Document:
    """A stored post as it is shown in a list, its text cut."""
    return _shown(post, _LISTED) | {"text": post["text"][:_SHORT]}


def _shown(post: Document, names: tuple[str, ...]) -> Document:
    fields = {name: post[name] for name in names}
    created_at = timestamp(post["created_at"])
    links = {"self": {"href": href(post["_id"])}}
    return {"id": post["_id"], **fields, "created_at": created_at, "_links": links}


def narrowed(query: PostQuery) -> Document:
    """The filters of a list, in MongoDB's terms."""
    wanted: dict[str, Any] = {
        "_id": query.source and {"$gte": f"{query.source}:", "$lt": f"{query.source};"},
        "folded.subreddit": query.subreddit and folded(query.subreddit),
        "folded.author": query.author and folded(query.author),
        "folded.tags": query.tag and folded(query.tag),
        "created_at": query.since and {"$gte": query.since},
    }
    return {name: value for name, value in wanted.items() if value is not None}


def patched(current: Document, patch: PostPatch) -> Document:
    """The stored post with a merge patch applied: null takes a field away.

    Raises:
        ValidationError: what comes out is not a post.
    """
    fields = {name: current[name] for name in FIELDS}
    for name in patch.model_fields_set:
        value = getattr(patch, name)
        if value is None:
            fields.pop(name)
        else:
            fields[name] = value
    content = PostContent.model_validate(fields)
    return document(current["_id"], content.__dict__)
