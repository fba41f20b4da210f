"""The shapes that go in and out over HTTP."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from reddit_reco_chassis import CursorQuery, InputModel
from reddit_reco_synced.batches import PastMoment, Subject

from .domain import ID_PATTERN, LONGEST_ID, Box


def _yes(value: float | None) -> float | None:
    if value is not None and not value > 0:
        raise ValueError("this shares nothing: it is true, or more than 0")
    return value


PostId = Annotated[
    str,
    StringConstraints(pattern=ID_PATTERN, max_length=LONGEST_ID),
    Field(description="`<source>:<native id>`, e.g. `reddit:1fymy0`; known already or not."),
]
Username = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x20\x7f]{1,100}$")]


class ShareInput(InputModel):
    """What is shared, and with whom."""

    model_config = ConfigDict(strict=True)

    post: PostId
    to: Username | None = Field(
        None, description="A username, in whose inbox it is put; nobody checks that there is one."
    )


class ShareLine(InputModel):
    """A line of a batch: who shared which post, and when; with nobody by name."""

    model_config = ConfigDict(strict=True)

    user: Subject
    post: PostId
    value: Annotated[bool | float | None, AfterValidator(_yes)] = None
    at: PastMoment | None = None


class SharesQuery(CursorQuery):
    """Which shares."""

    box: Box = Field("out", description="`out`: what I shared; `in`: what was shared with me.")


class CodePath(BaseModel):
    """Which short link. What cannot be a code is a 404 like any other that is not there."""

    code: str


class Share(BaseModel):
    """A share. `from` is the name of who shared; `visits` counts people, each of them once."""

    code: str
    href: str
    post: str
    sender: str = Field(alias="from")
    to: str | None
    at: datetime
    visits: int


class SharePage(BaseModel):
    """Shares, newest first."""

    items: list[Share]
    next_cursor: str | None
    links: dict[str, Any] = Field(alias="_links")
