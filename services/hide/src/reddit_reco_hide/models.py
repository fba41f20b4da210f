"""The shapes that go in and out over HTTP."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from reddit_reco_chassis import InputModel
from reddit_reco_synced.batches import PastMoment, Subject

from .domain import (
    ID_PATTERN,
    LONGEST_ID,
    LONGEST_NAME,
    NAME_PATTERN,
    Hidden,
    post,
    subreddit,
)


def _yes(value: float | None) -> float | None:
    if value is not None and not value > 0:
        raise ValueError("this hides nothing: it is true, or more than 0; DELETE shows it again")
    return value


PostId = Annotated[
    str,
    StringConstraints(pattern=ID_PATTERN, max_length=LONGEST_ID),
    Field(description="`<source>:<native id>`, e.g. `reddit:1fymy0`; known already or not."),
]
Name = Annotated[
    str,
    StringConstraints(pattern=NAME_PATTERN, max_length=LONGEST_NAME),
    Field(description="Upper and lower case are the same."),
]


class PostPath(InputModel):
    """The id in a path."""

    post_id: PostId


class SubredditPath(InputModel):
    """The name in a path."""

    name: Name


class HiddenLine(InputModel):
    """A line of a batch: who hides which post, or which subreddit, and since when."""

    model_config = ConfigDict(strict=True)

    user: Subject
    post: PostId | None = None
    subreddit: Name | None = None
    value: Annotated[bool | float | None, AfterValidator(_yes)] = None
    at: PastMoment | None = None

    @model_validator(mode="after")
    def _hides_one(self) -> Self:
        if (self.post is None) == (self.subreddit is None):
            raise PydanticCustomError("one_of_two", "a line hides a post or a subreddit")
        return self

    @property
    def what(self) -> Hidden:
        """What is hidden."""
        if self.subreddit is not None:
            return subreddit(self.subreddit)
        return post(self.post or "")


class HiddenPost(BaseModel):
    """A post that you hide, and since when."""

    post: str
    at: datetime


class HiddenSubreddit(BaseModel):
    """A subreddit that you hide, in lower case, and since when."""

    subreddit: str
    at: datetime


class AllHidden(BaseModel):
    """All that you hide, newest first."""

    posts: list[str]
    subreddits: list[str] = Field(description="In lower case.")
    complete: bool = Field(description="False if there are more, older ones, which were left out.")


class Link(BaseModel):
    """One link."""

    href: str


class PageLinks(BaseModel):
    """Where this page and the next one are."""

    self: Link
    next: Link | None = None


class HiddenPage(BaseModel):
    """A page of what you hide."""

    items: list[HiddenPost | HiddenSubreddit]
    next_cursor: str | None
    links: PageLinks = Field(alias="_links")
