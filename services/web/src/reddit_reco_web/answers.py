"""What a page shows of the verbs beside posts, out of their JSON. No Flask, no HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .domain import fields, items, number, text, texts, time

_MOST_RULES = 100
# What ingest calls the counts of an import, and what people do.
_COUNTS = {
    "created": "new",
    "updated": "changed",
    "unchanged": "unchanged",
    "rejected": "refused",
}


@dataclass(frozen=True)
class Topic:
    """Something to be recommended posts about, and how many there are."""

    name: str
    posts: int | None = None


@dataclass(frozen=True)
class Suggestion:
    """How a search may go on; a title leads to its post."""

    text: str
    post: str | None = None


@dataclass(frozen=True)
class Likes:
    """How many like posts, and which of them the reader likes."""

    counts: Mapping[str, int] = field(default_factory=dict)
    mine: tuple[str, ...] = ()


@dataclass(frozen=True)
class SuggestedTag:
    """A tag that the reader may want, and why."""

    tag: str
    reason: str


@dataclass(frozen=True)
class Counted:
    """One of the reader's tags, and on how many posts it is."""

    tag: str
    count: int


@dataclass(frozen=True)
class Entry:
    """One record of a reader's list: a post or a subreddit, since when, and what else is known."""

    post: str = ""
    subreddit: str = ""
    at: datetime | None = None
    by_rule: bool = False
    code: str = ""
    sender: str = ""
    to: str = ""
    visits: int = 0


@dataclass(frozen=True)
class Rule:
    """New posts like this get the tag; only what is given counts."""

    tag: str
    subreddit: str = ""
    author: str = ""
    source: str = ""
    words: tuple[str, ...] = ()

    def body(self) -> dict[str, Any]:
        """As the service tag takes it."""
        names = ("subreddit", "author", "source")
        when: dict[str, Any] = {name: getattr(self, name) for name in names if getattr(self, name)}
        if self.words:
            when["words"] = list(self.words)
        return {"tag": self.tag, "when": when}


@dataclass(frozen=True)
class Account:
    """An account, to its owner."""

    created: datetime | None = None


@dataclass(frozen=True)
class Import:
    """An import, and how far it is."""

    id: str
    state: str
    format: str
    name: str
    progress: float
    counts: Mapping[str, int]
    size: int = 0
    reason: str = ""
    created: datetime | None = None
    finished: datetime | None = None

    @property
    def refused(self) -> int:
        """How many lines were not taken."""
        return self.counts.get("refused", 0)

    @property
    def in_vain(self) -> bool:
        """Whether nothing of it was taken: most likely its format is another one."""
        return self.state == "done" and self.refused == self.counts.get("read", 0)

    @property
    def over(self) -> bool:
        """Whether nothing more happens with it."""
        return self.state in ("done", "failed", "cancelled")


def degraded(body: Any) -> tuple[str, ...]:
    """The verbs that an answer was made without."""
    return tuple(texts(body.get("degraded"))) if isinstance(body, dict) else ()


def basis(body: Any) -> str:
    """What recommendations were made from, as `personal` or `popular`."""
    return (text(body.get("basis")) or "") if isinstance(body, dict) else ""


def topics(body: Any) -> tuple[Topic, ...]:
    """The topics that recommend offers, those with the most posts first."""
    named = ((text(one.get("topic")), number(one.get("posts"))) for one in items(body))
    return tuple(Topic(name, posts) for name, posts in named if name)


def suggestions(body: Any) -> tuple[Suggestion, ...]:
    """How search says that a text may go on."""
    named = ((text(one.get("text")), text(one.get("post"))) for one in items(body))
    return tuple(Suggestion(" ".join(words.split()), post) for words, post in named if words)


def likes(body: Any) -> Likes:
    """The counts in like's answer."""
    body = body if isinstance(body, dict) else {}
    numbers = {post: number(count) for post, count in fields(body, "counts").items()}
    known = {post: count for post, count in numbers.items() if count is not None}
    return Likes(known, tuple(texts(body.get("mine"))))


def suggested_tags(body: Any) -> tuple[SuggestedTag, ...]:
    """The tags that the service tag learned to suggest."""
    named = ((text(one.get("tag")), text(one.get("reason")) or "") for one in items(body))
    return tuple(SuggestedTag(tag, reason) for tag, reason in named if tag)


def counted_tags(body: Any) -> tuple[Counted, ...]:
    """The reader's tags, with their counts."""
    named = ((text(one.get("tag")), number(one.get("count")) or 0) for one in items(body))
    return tuple(Counted(tag, count) for tag, count in named if tag)


def entries(body: Any) -> tuple[Entry, ...]:
    """The records of a list of likes, hidden, tagged or shared posts."""
    found = (_entry(one) for one in items(body))
    return tuple(one for one in found if one.post or one.subreddit)


def rules(body: Any) -> tuple[Rule, ...]:
    """The reader's rules."""
    given = body.get("rules") if isinstance(body, dict) else None
    found = (
        [_rule(one) for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    )
    return tuple(one for one in found if one.tag)[:_MOST_RULES]


def faults(body: Any) -> list[tuple[str, str]]:
    """What a refusal says, each with the field of a rule's form that it is about, if it is one."""
    given = body.get("errors") if isinstance(body, dict) else None
    found = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    pairs = [(text(one.get("field")) or "", text(one.get("detail")) or "") for one in found]
    whole = text(body.get("detail")) if isinstance(body, dict) else None
    return [(_form_field(field), detail) for field, detail in pairs if detail] or [
        ("", whole or "This was not accepted")
    ]


def account(body: Any) -> Account:
    """The account in login's answer."""
    return Account(time(body.get("created_at")) if isinstance(body, dict) else None)


def an_import(body: Any) -> Import | None:
    """An import; None if the answer holds none."""
    if not isinstance(body, dict) or not text(body.get("id")):
        return None
    progress = body.get("progress")
    return Import(
        id=body["id"],
        state=text(body.get("state")) or "unknown",
        format=text(body.get("format")) or "",
        name=text(body.get("name")) or "",
        progress=min(1.0, max(0.0, float(progress))) if isinstance(progress, int | float) else 0.0,
        counts=_counts(fields(body, "counts")),
        size=number(body.get("bytes_total")) or 0,
        reason=text(body.get("reason")) or "",
        created=time(body.get("created_at")),
        finished=time(body.get("finished_at")),
    )


def imports(body: Any) -> tuple[Import, ...]:
    """The imports of a list."""
    found = (an_import(one) for one in items(body))
    return tuple(one for one in found if one is not None)


def _counts(given: Mapping[str, Any]) -> dict[str, int]:
    """The counts as people name them; the rare ones only where there are some."""
    found = {_COUNTS.get(name, name): number(value) or 0 for name, value in given.items()}
    always = ("read", *_COUNTS.values()) if found else ()
    rare = {name: value for name, value in found.items() if name not in always and value}
    return {name: found.get(name, 0) for name in always} | rare


def _form_field(path: str) -> str:
    """The last name in a path as `rules.1.when.words.0` that a person has typed into."""
    names = [name for name in path.split(".") if name in Rule.__dataclass_fields__]
    return names[-1] if names else ""


def _entry(one: Mapping[str, Any]) -> Entry:
    return Entry(
        post=text(one.get("post")) or "",
        subreddit=text(one.get("subreddit")) or "",
        at=time(one.get("at")),
        by_rule=one.get("by") == "rule",
        code=text(one.get("code")) or "",
        sender=text(one.get("from")) or "",
        to=text(one.get("to")) or "",
        visits=number(one.get("visits")) or 0,
    )


def _rule(given: Mapping[str, Any]) -> Rule:
    when = fields(given, "when")
    return Rule(
        tag=text(given.get("tag")) or "",
        subreddit=text(when.get("subreddit")) or "",
        author=text(when.get("author")) or "",
        source=text(when.get("source")) or "",
        words=tuple(texts(when.get("words"))),
    )
