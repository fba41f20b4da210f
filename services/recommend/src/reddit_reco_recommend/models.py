"""The shapes that go in and out over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from reddit_reco_chassis import CursorQuery, InputModel

from .domain import ID_PATTERN, LONGEST_ID, Basis, folded

MOST_TOPICS = 50
_LONGEST_TOPICS = 2_000

PostId = Annotated[
    str,
    StringConstraints(pattern=ID_PATTERN, max_length=LONGEST_ID),
    Field(description="`<source>:<native id>`, e.g. `reddit:1fymy0`."),
]


def _few(topics: str) -> str:
    if len(names(topics)) > MOST_TOPICS:
        raise ValueError(f"at most {MOST_TOPICS} topics")
    return topics


def names(topics: str) -> list[str]:
    """The topics of a comma-separated list, each once, folded and in order."""
    return sorted({folded(each) for each in topics.split(",")} - {""})


class ListQuery(CursorQuery):
    """What every list of posts can be asked."""

    over_18: Literal["exclude", "include"] = Field(
        "exclude", description="Whether posts marked as for adults are in the answer."
    )


class RecommendQuery(ListQuery):
    """What recommendations can be asked for."""

    topics: Annotated[str, StringConstraints(max_length=_LONGEST_TOPICS), AfterValidator(_few)] = (
        Field(
            "",
            description="Only posts of these subreddits, separated by commas; "
            "a name that no subreddit has is a tag.",
        )
    )


class PostPath(InputModel):
    """The id in a path."""

    post: PostId


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


class RecommendedPost(BaseModel):
    """A post as lists show it (`text` is cut at 300 characters), and why it is recommended."""

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
    reason: str = Field(description="Why it is recommended, in words for a person.")
    links: PostLinks = Field(alias="_links")


class RecommendPage(BaseModel):
    """A page of recommendations."""

    items: list[RecommendedPost]
    next_cursor: str | None
    basis: Basis = Field(description="What they are based on.")
    degraded: list[str] = Field(
        description="`hide` if it did not answer in time, so that its synced copy was used."
    )
    links: PageLinks = Field(alias="_links")


class Topic(BaseModel):
    """A topic, and how many posts it has."""

    topic: str
    posts: int


class TopicPage(BaseModel):
    """A page of topics."""

    items: list[Topic]
    next_cursor: str | None
    links: PageLinks = Field(alias="_links")
