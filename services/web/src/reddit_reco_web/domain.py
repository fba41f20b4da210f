"""What a page shows, made of what the services answered. No Flask, no HTTP."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
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


def post(item: Any) -> Post | None:
    """A post out of a service's JSON; None if there is nothing to show."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        return None
    source = _text(item.get("source")) or item["id"].partition(":")[0]
    title = " ".join((_text(item.get("title")) or "").split()) or "(no title)"
    marks = _highlights(item)
    return Post(
        id=item["id"],
        title=title,
        source=source,
        title_html=highlighted(marks["title"]) if marks.get("title") else title,
        snippet=_snippet(item, marks, source),
        text=_text(item.get("text")) or "",
        url=web_address(item.get("url")),
        permalink=_permalink(item.get("permalink"), source),
        subreddit=_text(item.get("subreddit")),
        author=_text(item.get("author")),
        created=_time(item.get("created_at")),
        score=_number(item.get("score")),
        comments=_number(item.get("num_comments")),
        adult=item.get("over_18") is True,
        tags=tuple(_texts(item.get("tags"))),
        attribution=_attribution(item.get("attribution")),
    )


def posts(body: Any) -> tuple[Post, ...]:
    """The posts of a list answer."""
    items = body.get("items") if isinstance(body, dict) else None
    found = (post(item) for item in (items if isinstance(items, list) else []))
    return tuple(one for one in found if one is not None)


def next_cursor(body: Any) -> str | None:
    """Where the next page of a list answer begins, if there is one."""
    return _text(body.get("next_cursor")) if isinstance(body, dict) else None


def results(body: Any) -> Results:
    """The page of results in search's answer."""
    body = body if isinstance(body, dict) else {}
    took = body.get("took_ms")
    return Results(
        posts=posts(body),
        total=_number(body.get("total")) or 0,
        took_ms=float(took) if isinstance(took, int | float) else None,
        engine=_text(body.get("engine")) or "",
        facets=tuple(_facets(body.get("facets"))),
        next_cursor=next_cursor(body),
        degraded=tuple(_texts(body.get("degraded"))),
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
    tips.append("Check the spelling; one wrong letter is forgiven, three are not.")
    return tips


def _highlights(item: Json) -> dict[str, str]:
    marks = item.get("highlights")
    if not isinstance(marks, dict):
        return {}
    return {name: _joined(value) for name, value in marks.items() if _joined(value)}


def _joined(value: Any) -> str:
    return " … ".join(_texts(value)) if isinstance(value, list) else _text(value) or ""


def _snippet(item: Json, marks: Mapping[str, str], source: str) -> Markup | str:
    if marks.get("text"):
        return highlighted(marks["text"])
    return preview(_text(item.get("text")) or "", source)


def _corrections(given: Any) -> dict[str, str]:
    pairs = given.items() if isinstance(given, dict) else ()
    return {word: ", ".join(_texts(readings)) for word, readings in pairs if _texts(readings)}


def _attribution(given: Any) -> Attribution | None:
    if not isinstance(given, dict) or not _text(given.get("text")):
        return None
    return Attribution(
        text=given["text"],
        url=web_address(given.get("url")),
        licence=_text(given.get("licence")),
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
        value = _text(entry.get("value")) if isinstance(entry, dict) else None
        if value:
            label = SOURCE_NAMES.get(value, value) if name == "source" else value
            yield FacetValue(value, _number(entry.get("count")) or 0, label)


def _permalink(given: Any, source: str) -> str | None:
    if source == "reddit" and isinstance(given, str) and given.startswith("/"):
        given = "https://www.reddit.com" + given
    return web_address(given)


def _path(url: str) -> str:
    return re.sub(r"^https?://(www\.|old\.)?", "", url).rstrip("/")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _texts(value: Any) -> list[str]:
    return [one for one in value if _text(one)] if isinstance(value, list) else []


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _time(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
