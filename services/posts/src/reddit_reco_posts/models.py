"""The shapes that go in and out over HTTP."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal, NotRequired

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    with_config,
)
from typing_extensions import TypedDict

from reddit_reco_chassis import CursorQuery, InputModel

from .domain import ID_PATTERN, LONGEST_ID, MOST_IDS, Sort, source_of

# RFC 3339, section 5.6; fromisoformat alone would take much more, times without a zone among it.
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
# Every JSON reader keeps integers up to here exact (RFC 8259, section 6).
_LARGEST = 2**53 - 1


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        if not isinstance(value, str) or not _RFC3339.fullmatch(value):
            raise ValueError("a time is text as in 2013-06-09T02:54:42Z (RFC 3339)")
        value = datetime.fromisoformat(value.upper())
    if not _EARLIEST <= value < _LATEST:
        raise ValueError("a time lies from 1970 to 2099")
    # MongoDB keeps milliseconds: what is hashed has to be what is kept.
    value = value.astimezone(UTC)
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    Field(description="RFC 3339, from 1970 to 2099, kept to the millisecond."),
]
PostId = Annotated[
    str,
    StringConstraints(pattern=ID_PATTERN, max_length=LONGEST_ID),
    Field(description="`<source>:<native id>`, e.g. `stackexchange:bicycles.meta:1`."),
]
Title = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Text = Annotated[str, StringConstraints(max_length=1_000_000)]
# Pages put these into href: a script's address must not get in.
Url = Annotated[str, StringConstraints(pattern=r"^(?i:https?|ftp)://", max_length=8_000)]
Permalink = Annotated[str, StringConstraints(pattern=r"^((?i:https?)://|/)", max_length=8_000)]
Ids = Annotated[list[PostId], Field(max_length=MOST_IDS)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Tags = Annotated[list[Tag], Field(max_length=100)]
Whole = Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)]
Count = Annotated[int, Field(ge=0, le=_LARGEST)]
SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


@with_config(ConfigDict(extra="forbid", strict=True))
class Attribution(TypedDict):
    """What the source wants to be said of where a post comes from."""

    text: Text
    url: NotRequired[Url | None]
    licence: NotRequired[Name | None]
    licence_url: NotRequired[Url | None]


class PostContent(InputModel):
    """What a post says, all but its id."""

    model_config = ConfigDict(strict=True)

    title: Title
    text: Text = ""
    url: Url | None = None
    permalink: Permalink | None = None
    subreddit: Name | None = None
    author: Name | None = None
    created_at: Moment
    score: Whole = 0
    ups: Count | None = None
    downs: Count | None = None
    num_comments: Count = 0
    over_18: bool = False
    tags: Tags = Field([])
    attribution: Attribution | None = None


class PostPut(PostContent):
    """The body of a PUT; `id` and `source` may be repeated in it."""

    id: PostId | None = None
    source: SourceName | None = None


class PostLine(PostContent):
    """One line of a batch."""

    id: PostId
    source: SourceName | None = None

    @field_validator("source")
    @classmethod
    def _same_as_in_id(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and value != source_of(info.data.get("id", "")):
            raise ValueError("the source is the part of the id before its first colon")
        return value


class PostPatch(InputModel):
    """The body of a PATCH, a JSON Merge Patch (RFC 7396): null takes a field away."""

    model_config = ConfigDict(strict=True)

    title: Title | None = None
    text: Text | None = None
    url: Url | None = None
    permalink: Permalink | None = None
    subreddit: Name | None = None
    author: Name | None = None
    created_at: Moment | None = None
    score: Whole | None = None
    ups: Count | None = None
    downs: Count | None = None
    num_comments: Count | None = None
    over_18: bool | None = None
    tags: Tags | None = None
    attribution: Attribution | None = None


class PostPath(InputModel):
    """The id in a path."""

    post_id: PostId


class PostQuery(CursorQuery):
    """What can be asked of the list of posts."""

    id: Ids = Field([], description="These posts, adult ones too, in this order; nothing beside.")
    source: SourceName | None = None
    subreddit: Name | None = Field(None, description="Upper and lower case are the same.")
    author: Name | None = Field(None, description="Upper and lower case are the same.")
    tag: Tag | None = Field(None, description="Upper and lower case are the same.")
    since: Moment | None = Field(None, description="Only posts made at this time or later.")
    over_18: Literal["exclude", "include"] = Field(
        "exclude", description="Whether posts marked as for adults are in the list."
    )
    sort: Sort = "hot"


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


class PostInList(BaseModel):
    """A post as lists show it: `text` is cut at 300 characters."""

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
    attribution: Attribution | None
    links: PostLinks = Field(alias="_links")


class Post(PostInList):
    """A whole post."""

    ups: int | None
    downs: int | None


class PostPage(BaseModel):
    """A page of posts."""

    items: list[PostInList]
    next_cursor: str | None
    links: PageLinks = Field(alias="_links")


class LineAnswer(BaseModel):
    """The answer to one line of a batch."""

    line: int = Field(description="The line's number in the request, from 1.")
    id: str | None = Field(description="The post's id; null where the line has none.")
    status: Literal[200, 201, 400, 410] = Field(
        description="201 created, 200 replaced or unchanged, 400 refused, 410 deleted for good."
    )
    detail: str | None = None
    field: str | None = None
