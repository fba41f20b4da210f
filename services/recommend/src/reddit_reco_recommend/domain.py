"""What recommending is: who asks, what they did, what may be shown, and why it is.

Knows neither HTTP nor MongoDB.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Post = Mapping[str, Any]
Verb = Literal["like", "tag", "rule", "share"]
Basis = Literal["personal", "topics", "popular", "similar"]

SHORT_TEXT = 300
# As in posts; what is not of this form can have no recommendations.
ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,31}:[!-.0-~]+$"
LONGEST_ID = 200

SHOWN = (
    *("source", "title", "url", "permalink", "subreddit", "author", "created_at", "score"),
    *("num_comments", "over_18", "tags", "attribution"),
)


@dataclass(frozen=True)
class Signal:
    """What somebody did with a post. `rule` is a tag that a rule of theirs gave."""

    post: str
    verb: Verb
    at: datetime
    tag: str = ""

    @property
    def seen(self) -> bool:
        """Whether they have seen the post; a rule's tag is no sign of that."""
        return self.verb != "rule"


@dataclass(frozen=True)
class Hidden:
    """What somebody hides: posts, and subreddits in lower case; `complete` unless there is more."""

    posts: frozenset[str] = frozenset()
    subreddits: frozenset[str] = frozenset()
    complete: bool = True


@dataclass(frozen=True)
class Wish:
    """What may be recommended: topics are subreddits or tags in lower case, none for all."""

    topics: frozenset[str] = frozenset()
    adult: bool = False


@dataclass(frozen=True)
class Taste:
    """What is known of a reader: rows of posts, how much each counts, and what they hide."""

    rows: Sequence[int] = ()
    weights: Sequence[float] = ()
    disliked: Sequence[int] = ()
    signals: Mapping[int, Signal] = field(default_factory=dict)


class NotReady(Exception):
    """Nothing can be recommended yet: the posts are still being read."""


class UnknownPost(Exception):
    """There is no such post, or it was deleted."""


def fair(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """How many of each kind to take, `most` in all: as many of each, but what some do not need."""
    given, left = dict[str, int](), most
    for at, (kind, count) in enumerate(sorted(counts.items(), key=lambda each: each[1])):
        given[kind] = min(count, left // (len(counts) - at))
        left -= given[kind]
    return given


def folded(name: str) -> str:
    """A name such that upper and lower case are the same."""
    return name.strip().casefold()


def mark(post_id: str) -> int:
    """32 bits that stand for a post. Where two have the same, one is taken for the other."""
    return zlib.crc32(post_id.encode())


def shown(post: Post) -> dict[str, Any]:
    """A post as lists show it, but for its reason and links."""
    text = str(post.get("text") or "")[:SHORT_TEXT]
    return {"id": post["_id"], **{name: post.get(name) for name in SHOWN}, "text": text}
