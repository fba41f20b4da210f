"""What searching is, whatever engine does it: what is asked, what is found, what a post says.

Knows neither HTTP nor MongoDB nor an engine.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from typing import Any, Literal, Protocol

from .language import Query

Post = Mapping[str, Any]
Sort = Literal["relevance", "new", "top"]

SHORT_TEXT = 300
FACETS = ("source", "subreddit")
FACET_VALUES = 20
# Beyond this rank nobody looks, and every page would cost more than the one before.
DEEPEST = 10_000
# Queries of more words are sentences, pasted rather than made up: their quotes are no demand.
SENTENCE = 5

_SHOWN = (
    *("source", "title", "url", "permalink", "subreddit", "author", "created_at", "score"),
    *("num_comments", "over_18", "tags", "attribution"),
)
_MARKUP = re.compile(r"</?(?:p|a|pre|code|ul|ol|li|em|strong|i|b|br|hr|blockquote|img|h\d)\b[^>]*>")


@dataclass(frozen=True)
class Filters:
    """What narrows the answer without being searched for. Names match in any case."""

    source: str | None = None
    subreddit: str | None = None
    author: str | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    adult: bool = False


@dataclass(frozen=True)
class Hidden:
    """What a reader hides: ids of posts, and names of subreddits; `complete` if that is all."""

    posts: frozenset[str] = frozenset()
    subreddits: frozenset[str] = frozenset()
    complete: bool = True

    def __or__(self, other: "Hidden") -> "Hidden":
        """What one of the two hides."""
        return Hidden(self.posts | other.posts, self.subreddits | other.subreddits)


NOTHING = Hidden()


@dataclass(frozen=True)
class Request:
    """One page of an answer."""

    query: Query
    filters: Filters
    sort: Sort
    limit: int
    position: "Position | None" = None
    counts: bool = True
    hidden: Hidden = NOTHING


@dataclass(frozen=True)
class Position:
    """Where the next page begins, right behind the last hit of this one.

    `new` and `top` are cut by that hit's sort key. Relevance is cut by that hit's place: its score,
    its time in `millis` since 1970 and its id, `last`; and by the hits of the last pages, `seen`,
    since scores move a little when posts come and go.
    """

    relaxed: bool
    key: int = 0
    rank: int = 0
    score: float = 0.0
    seen: tuple[int, ...] = ()
    millis: int = 0
    last: str = ""


@dataclass(frozen=True)
class Hit:
    """A post that was found, as it is shown, its score, and where its matches are."""

    item: Mapping[str, Any]
    relevance: float | None
    highlights: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Counts:
    """How many posts were found in all, and how many of each source and subreddit."""

    total: int
    facets: Mapping[str, Sequence[tuple[str, int]]]


@dataclass(frozen=True)
class Found:
    """A page of the answer.

    `relaxed` says that too few posts have all the words, so that these have some of them;
    `corrections`, which words were not known and what they were taken for.
    """

    hits: Sequence[Hit]
    counts: Counts | None = None
    following: Position | None = None
    relaxed: bool = False
    corrections: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Suggestion:
    """How a query may go on: a word, or a whole title (then with the post's id)."""

    text: str
    post: str | None = None


class NotReady(Exception):
    """The engine cannot answer yet."""


class Engine(Protocol):
    """Finds posts."""

    name: str

    def search(self, request: Request) -> Found:
        """One page of what the request asks for. NotReady if the engine cannot answer yet."""

    def suggest(self, text: str, limit: int, hidden: Hidden = NOTHING) -> list[Suggestion]:
        """How the text that is being typed may go on, without the titles of hidden posts."""

    def check(self) -> None:
        """NotReady if the engine cannot answer yet."""


def folded(name: str) -> str:
    """A name such that upper and lower case are the same."""
    return name.strip().casefold()


def plain(text: str) -> str:
    """The words of a text, without the HTML that some sources write."""
    return unescape(_MARKUP.sub(" ", text)) if _MARKUP.search(text) else text


def shown(post: Post) -> dict[str, Any]:
    """A post as lists show it, but for its text and links."""
    return {"id": post["_id"], **{name: post.get(name) for name in _SHOWN}}
