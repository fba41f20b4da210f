"""What the reader did with posts: asked beside a post, or after a list of posts is known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from . import answers, sessions
from .asking import ask, has
from .backends import Answer, Call

_TAGS_OF_A_POST = 50
_SUGGESTED = 5
# Of a request's first line, of which servers read 8190 bytes.
_LONGEST_QUERY = 7_000


def liked(posts: Sequence[str]) -> frozenset[str]:
    """Which of these posts the reader likes."""
    if not posts or sessions.user() is None or not has("like"):
        return frozenset()
    found = ask(*(_counts(part) for part in parts(posts)))
    return frozenset(post for one in found for post in answers.likes(one.body).mine)


def parts(ids: Iterable[str]) -> Iterator[list[str]]:
    """The ids in as many requests as a service takes them in: a few, with the longest ids."""
    part: list[str] = []
    room = _LONGEST_QUERY
    for one in ids:
        length = len(quote(one, safe="")) + len("&post=")
        if part and room < length:
            yield part
            part, room = [], _LONGEST_QUERY
        part.append(one)
        room -= length
    if part:
        yield part


def calls(post: str) -> dict[str, Call]:
    """What to ask beside a post, by name."""
    found = {}
    if has("like"):
        found["like"] = _counts([post])
    if has("tag") and sessions.user() is not None:
        found |= tag_calls(post)
    return found


def tag_calls(post: str) -> dict[str, Call]:
    """What to ask for the reader's tags of a post, and for suggestions."""
    suggest = f"/api/v1/tags/suggest/{quote(post, safe=':')}"
    return {
        "tags": Call("tag", "/api/v1/tags", {"post": post, "limit": _TAGS_OF_A_POST}),
        "suggested": Call("tag", suggest, {"limit": _SUGGESTED}),
    }


def state(asked: Mapping[str, Answer], post: str) -> dict[str, Any]:
    """What a post's template knows of its reader."""
    likes = answers.likes(asked["like"].body if "like" in asked else None)
    return {"liked": frozenset(likes.mine), "likes": likes.counts.get(post), **tags(asked)}


def tags(asked: Mapping[str, Answer]) -> dict[str, Any]:
    """The reader's tags of a post, and suggestions that are none of them."""
    own = [one.tag for one in answers.counted_tags(asked["tags"].body)] if "tags" in asked else []
    offers = answers.suggested_tags(asked["suggested"].body) if "suggested" in asked else ()
    known = {one.casefold() for one in own}
    return {
        "my_tags": own,
        "suggested": tuple(one for one in offers if one.tag.casefold() not in known),
    }


def _counts(posts: Sequence[str]) -> Call:
    return Call("like", "/api/v1/likes/counts", {"post": list(posts)})
