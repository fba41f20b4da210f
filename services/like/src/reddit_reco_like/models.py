"""The shapes that go in and out over HTTP."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from reddit_reco_chassis import InputModel, QueryModel
from reddit_reco_synced.batches import PastMoment, Subject

from .domain import ID_PATTERN, LONGEST_ID, MOST_COUNTS


def _yes(value: float | None) -> float | None:
    if value is not None and not value > 0:
        raise ValueError("this is no like: it is true, or more than 0; DELETE takes a like back")
    return value


PostId = Annotated[
    str,
    StringConstraints(pattern=ID_PATTERN, max_length=LONGEST_ID),
    Field(description="`<source>:<native id>`, e.g. `reddit:1fymy0`; known already or not."),
]


class PostPath(InputModel):
    """The id in a path."""

    post_id: PostId


class CountsQuery(QueryModel):
    """Which posts."""

    post: list[PostId] = Field(
        min_length=1, max_length=MOST_COUNTS, description="A post; may be given many times."
    )


class LikeLine(InputModel):
    """A line of a batch: who likes what, and since when."""

    model_config = ConfigDict(strict=True)

    user: Subject
    post: PostId
    value: Annotated[bool | float | None, AfterValidator(_yes)] = None
    at: PastMoment | None = None


class Like(BaseModel):
    """A post that you like, and since when."""

    post: str
    at: datetime


class Count(BaseModel):
    """How many like a post."""

    post: str
    count: int


class Counts(BaseModel):
    """How many like each post."""

    counts: dict[str, int] = Field(description="Every post that was asked for, also with 0.")
    mine: list[str] | None = Field(description="Which of them you like; null without a token.")


class Link(BaseModel):
    """One link."""

    href: str


class PageLinks(BaseModel):
    """Where this page and the next one are."""

    self: Link
    next: Link | None = None


class LikePage(BaseModel):
    """A page of likes."""

    items: list[Like]
    next_cursor: str | None
    links: PageLinks = Field(alias="_links")
