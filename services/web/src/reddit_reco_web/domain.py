"""What a page shows, made of what the services answered. No Flask, no HTTP."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from markupsafe import Markup

from .text import highlighted, host, preview, render, web_address

Json = Mapping[str, Any]
SORTS = {
    "hot": "Hot",
    "new": "New",
    "top": "Top",
    "best": "Best",
    "rising": "Rising",
    "controversial": "Controversial",
}
SEARCH_SORTS = {"relevance": "Best match", "new": "Newest", "top": "Top score"}
FILTERS = ("source", "subreddit", "author", "tag")
FACET_NAMES = {"subreddit": "Subreddit", "tag": "Tag", "source": "Source", "author": "Author"}
# Of a snippet; the whole text is a click away.
_LONGEST_SNIPPET = 240
# Addresses of which the service image knows a picture.
_PICTURE = re.compile(
    r"^https?://(?:[^?#]+\.(?:jpe?g|png|gif|webp)(?::[a-z]+)?(?:[?#]|$)"
    r"|(?:(?:i|preview)\.redd\.it|pbs\.twimg\.com)/."
    r"|(?:(?:i|m|www)\.)?imgur\.com/[a-z0-9]{5,8}(?:\.gifv)?(?:[?#]|$)"
    r"|(?:(?:m|www)\.)?youtube\.com/watch\?(?:.*&)?v=[\w-]{11}(?:[&#]|$)"
    r"|youtu\.be/[\w-]{11}(?:[?#]|$))",
    re.IGNORECASE,
)
SOURCE_NAMES = {"reddit": "Reddit", "stackexchange": "Stack Exchange", "hn": "Hacker News"}


@dataclass(frozen=True)
class Attribution:
    """Whom a post's text is owed to, where its source asks for saying so."""

    text: str
    url: str | None = None
    licence: str | None = None
    licence_url: str | None = None


@dataclass(frozen=True)
class Post:
    """A post as a page shows it; whatever a service leaves out or gets wrong shows as absent."""

    id: str
    title: str
    source: str
    title_html: Markup | str = ""
    snippet: Markup | str = ""
    text: str = ""
    url: str | None = None
    permalink: str | None = None
    subreddit: str | None = None
    author: str | None = None
    created: datetime | None = None
    score: int | None = None
    comments: int | None = None
    adult: bool = False
    tags: tuple[str, ...] = ()
    attribution: Attribution | None = None
    #: Why it is recommended.
    reason: str | None = None

    @property
    def key(self) -> str:
        """A short name for it in a page's own ids, which its id would not do for."""
        return key(self.id)

    @property
    def source_name(self) -> str:
        """The source as people call it."""
        return SOURCE_NAMES.get(self.source, self.source)

    @property
    def link(self) -> str | None:
        """The address that the post is about; None where it only leads to the discussion."""
        same = self.url is None or _path(self.url) == _path(self.permalink or "")
        return None if same else self.url

    @property
    def link_host(self) -> str:
        """Where `link` goes."""
        return host(self.link) if self.link else ""

    @property
    def pictured(self) -> bool:
        """Whether the address that it is about looks like a picture's, or like a known host's."""
        return self.url is not None and _PICTURE.search(self.url) is not None

    @property
    def body(self) -> Markup:
        """The text as safe HTML."""
        return render(self.text, self.source)


@dataclass(frozen=True)
class FacetValue:
    """A value of a filter, and how many of the results have it."""

    value: str
    count: int
    label: str


@dataclass(frozen=True)
class Facet:
    """A filter with its most frequent values."""

    name: str
    title: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True)
class Results:
    """A page of search results."""

    posts: tuple[Post, ...]
    total: int
    took_ms: float | None
    engine: str
    facets: tuple[Facet, ...]
    next_cursor: str | None
    degraded: tuple[str, ...] = ()
    relaxed: bool = False
    corrections: Mapping[str, str] = field(default_factory=dict)


def key(name: str) -> str:
    """A short name, for ids in HTML, that names of any form can be turned into."""
    return blake2b(name.encode("utf-8", "replace"), digest_size=5).hexdigest()


def post(item: Any) -> Post | None:
    """A post out of a service's JSON; None if there is nothing to show."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        return None
    source = text(item.get("source")) or item["id"].partition(":")[0]
    title = " ".join((text(item.get("title")) or "").split()) or "(no title)"
    marks = _highlights(item)
    return Post(
        id=item["id"],
        title=title,
        source=source,
        title_html=highlighted(marks["title"]) if marks.get("title") else title,
        snippet=_snippet(item, marks, source),
        text=text(item.get("text")) or "",
        url=web_address(item.get("url")),
        permalink=_permalink(item.get("permalink"), source),
        subreddit=text(item.get("subreddit")),
        author=text(item.get("author")),
        created=time(item.get("created_at")),
        score=number(item.get("score")),
        comments=number(item.get("num_comments")),
        adult=item.get("over_18") is True,
        tags=tuple(texts(item.get("tags"))),
        attribution=_attribution(item.get("attribution")),
        reason=text(item.get("reason")),
    )


def posts(body: Any) -> tuple[Post, ...]:
    """The posts of a list answer."""
    found = (post(item) for item in items(body))
    return tuple(one for one in found if one is not None)


def next_cursor(body: Any) -> str | None:
    """Where the next page of a list answer begins, if there is one."""
    return text(body.get("next_cursor")) if isinstance(body, dict) else None


def results(body: Any) -> Results:
    """The page of results in search's answer."""
    body = body if isinstance(body, dict) else {}
    took = body.get("took_ms")
    return Results(
        posts=posts(body),
        total=number(body.get("total")) or 0,
        took_ms=float(took) if isinstance(took, int | float) else None,
        engine=text(body.get("engine")) or "",
        facets=tuple(_facets(body.get("facets"))),
        next_cursor=next_cursor(body),
        degraded=tuple(texts(body.get("degraded"))),
        relaxed=body.get("relaxed") is True,
        corrections=_corrections(body.get("corrections")),
    )


def hints(query: str, filters: Mapping[str, str]) -> list[str]:
    """What a reader may try whose search found nothing."""
    tips = []
    if filters:
        tips.append("Take away a filter: it may leave out what you look for.")
    if query.count('"') >= 2:
        tips.append(
            "Search without the quotation marks: they ask for exactly these words in a row."
        )
    if re.search(r"(^|\s)-\w", query):
        tips.append("Take away the words with a minus: posts with them are left out.")
    if re.search(r"\b\w+:\w", query):
        tips.append("A word with a colon, such as subreddit:python, is taken as a filter.")
    if len(query.split()) > 3:
        tips.append("Use fewer words, the ones that a title would have.")
    tips.append("Check the spelling: a wrong letter is forgiven, a wrong word is not.")
    return tips


def _highlights(item: Json) -> dict[str, str]:
    marks = item.get("highlights")
    if not isinstance(marks, dict):
        return {}
    return {name: _joined(value) for name, value in marks.items() if _joined(value)}


def _joined(value: Any) -> str:
    return " … ".join(texts(value)) if isinstance(value, list) else text(value) or ""


def _snippet(item: Json, marks: Mapping[str, str], source: str) -> Markup | str:
    if marks.get("text"):
        return highlighted(marks["text"])
    return _cut(preview(text(item.get("text")) or "", source))


def _cut(words: str) -> str:
    if len(words) <= _LONGEST_SNIPPET:
        return words
    return words[:_LONGEST_SNIPPET].rpartition(" ")[0].rstrip(" ,;:-") + " …"


def _corrections(given: Any) -> dict[str, str]:
    pairs = given.items() if isinstance(given, dict) else ()
    return {word: ", ".join(texts(readings)) for word, readings in pairs if texts(readings)}


def _attribution(given: Any) -> Attribution | None:
    if not isinstance(given, dict) or not text(given.get("text")):
        return None
    return Attribution(
        text=given["text"],
        url=web_address(given.get("url")),
        licence=text(given.get("licence")),
        licence_url=web_address(given.get("licence_url")),
    )


def _facets(given: Any) -> Iterable[Facet]:
    for name, title in FACET_NAMES.items():
        values = given.get(name) if isinstance(given, dict) else None
        counted = tuple(_counted(name, values if isinstance(values, list) else []))
        # One value would not narrow anything down.
        if len(counted) > 1:
            yield Facet(name, title, counted)


def _counted(name: str, values: list[Any]) -> Iterable[FacetValue]:
    for entry in values:
        value = text(entry.get("value")) if isinstance(entry, dict) else None
        if value:
            label = SOURCE_NAMES.get(value, value) if name == "source" else value
            yield FacetValue(value, number(entry.get("count")) or 0, label)


def _permalink(given: Any, source: str) -> str | None:
    if source == "reddit" and isinstance(given, str) and given.startswith("/"):
        given = "https://www.reddit.com" + given
    return web_address(given)


def _path(url: str) -> str:
    return re.sub(r"^https?://(www\.|old\.)?", "", url).rstrip("/")


def text(value: Any) -> str | None:
    """The value if it is a text with something in it."""
    return value if isinstance(value, str) and value.strip() else None


def texts(value: Any) -> list[str]:
    """Of a list, what `text` lets through."""
    return [one for one in value if text(one)] if isinstance(value, list) else []


def number(value: Any) -> int | None:
    """The value if it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def time(value: Any) -> datetime | None:
    """The time that an RFC 3339 text names, in UTC."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def items(body: Any) -> list[Json]:
    """The objects in a list answer."""
    found = body.get("items") if isinstance(body, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def fields(body: Json, name: str) -> Json:
    """The object that a field holds; without fields if it holds none."""
    found = body.get(name)
    return found if isinstance(found, dict) else {}
