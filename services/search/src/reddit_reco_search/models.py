"""The shapes that go in and out over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from reddit_reco_chassis import CursorQuery, QueryModel

from .domain import Sort

LONGEST_QUERY = 1_000
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def _moment(value: object) -> datetime:
    """RFC 3339, or a day alone, which begins at midnight UTC."""
    try:
        moment = datetime.fromisoformat(str(value).strip().upper())
    except ValueError:
        raise ValueError(
            "a time is text as in 2013-06-09T02:54:42Z, or a day as in 2013-06-09"
        ) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError("a time lies from 1970 to 2099")
    return moment.astimezone(UTC)


Moment = Annotated[datetime, BeforeValidator(_moment)]
Text = Annotated[str, StringConstraints(max_length=LONGEST_QUERY)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class SearchQuery(CursorQuery):
    """What can be asked."""

    q: Text = Field(
        description='Words (a typo is forgiven), `"a phrase"`, `prefix*`, `-not`, `field:value`; '
        "with the fields title, subreddit, author, source and tag."
    )
    source: Name | None = None
    subreddit: Name | None = Field(None, description="Upper and lower case are the same.")
    author: Name | None = Field(None, description="Upper and lower case are the same.")
    tag: Name | None = Field(None, description="Upper and lower case are the same.")
    since: Moment | None = Field(
        None, alias="from", description="Only posts made at this time or later: RFC 3339 or a day."
    )
    until: Moment | None = Field(
        None, alias="to", description="Only posts made before this time: RFC 3339 or a day."
    )
    sort: Sort = "relevance"
    mode: Literal["lexical", "hybrid"] | None = Field(
        None, description="hybrid, where text vectors are there: by meaning as well as by words."
    )
    over_18: Literal["exclude", "include"] = Field(
        "exclude", description="Whether posts marked as for adults are in the answer."
    )
    counts: bool = Field(True, description="Whether `total` and `facets` are counted.")


class SuggestQuery(QueryModel):
    """What is being typed."""

    q: Text
    limit: int = Field(10, ge=1, le=20, description="Most suggestions that are returned.")


class Link(BaseModel):
    """One link."""

    href: str


class PostLinks(BaseModel):
    """Where a post is."""

    self: Link


class PageLinks(BaseModel):
    """Where this page and the next one are."""

    self: Link
    next: Link | None = None


class FoundPost(BaseModel):
    """A post as lists show it (`text` is cut at 300 characters), and why it was found."""

    id: str
    source: str
    title: str
    text: str
    url: str | None
    permalink: str | None
    subreddit: str | None
    author: str | None
    created_at: datetime
    score: int
    num_comments: int
    over_18: bool
    tags: list[str]
    attribution: dict[str, Any] | None
    relevance: float | None = Field(description="The higher the better; null unless sorted by it.")
    highlights: dict[str, str] = Field(
        description="`title` and `text` (the part around the first match) as HTML: everything is "
        "escaped, `<mark>` around matches is its only markup. A field without a match is left out."
    )
    links: PostLinks = Field(alias="_links")


class FacetValue(BaseModel):
    """A value of a facet, and how many of the posts found have it."""

    value: str
    count: int


class SearchPage(BaseModel):
    """A page of what was found."""

    items: list[FoundPost]
    next_cursor: str | None
    total: int | None = Field(description="Posts found on all pages; null if not counted.")
    facets: dict[str, list[FacetValue]] = Field(
        description="For `source` and `subreddit`, the 20 values that most of the posts have."
    )
    took_ms: float
    engine: str
    mode: Literal["lexical", "hybrid"]
    relaxed: bool = Field(
        description="Whether so few posts have every word that those with some are shown, too."
    )
    corrections: dict[str, list[str]] = Field(
        description="Words that no post has, and what they were taken for."
    )
    degraded: list[str] = Field(
        description="What this was made without: `hide` if that did not answer, so that a post "
        "hidden within the last seconds may be here; `hybrid` if it was asked for and is not there."
    )
    links: PageLinks = Field(alias="_links")


class SuggestionItem(BaseModel):
    """How the text may go on."""

    text: str
    post: str | None = Field(description="The post whose title this is; null for a word.")


class Suggestions(BaseModel):
    """How the text may go on, words before titles."""

    items: list[SuggestionItem]
    next_cursor: None
    degraded: list[str] = Field(description="`hide` if that did not answer.")
    links: PageLinks = Field(alias="_links")
