"""The shapes that go in and out over HTTP."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from reddit_reco_chassis import CursorQuery, InputModel, QueryModel

from .domain import State

FormatName = Literal[
    "reddit-listing",
    "arctic-shift",
    "mongoexport",
    "reddit-top-csv",
    "stackexchange-xml",
    "hn",
    "feedback",
    "reddit-export",
    "reddit-reco-export",
]


class ImportQuery(QueryModel):
    """What is said of a file that is to be imported."""

    format: FormatName = Field(description="The file's format.")
    site: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Stack Exchange site, as in `bicycles.meta`, unless the file's name tells it.",
    )
    subreddit: str | None = Field(
        None, min_length=1, max_length=100, description="For posts that do not say it themselves."
    )


class PathBody(InputModel):
    """A file in the folder of files."""

    path: str = Field(min_length=1, max_length=1_000, description="Path below the folder of files.")


class ImportPath(InputModel):
    """The id in a path."""

    import_id: str = Field(max_length=64)


class ImportsQuery(CursorQuery):
    """What can be asked of the list of imports."""

    state: State | None = None


class Counts(BaseModel):
    """Records, by what became of them; `read` is their sum."""

    read: int
    created: int = Field(description="Posts, likes, tags ... that were not there before.")
    updated: int = Field(description="Posts that were there, and are replaced.")
    unchanged: int = Field(description="What was there just so.")
    deleted: int = Field(description="Posts whose source says that they were deleted since.")
    skipped: int = Field(
        description="Records that are not kept: comments, answers, planted rows, down-votes."
    )
    rejected: int = Field(description="Records that were not taken, with a reason.")


class Link(BaseModel):
    """One link."""

    href: str


class ImportLinks(BaseModel):
    """Where to go from an import."""

    self: Link
    rejected: Link
    rejected_ndjson: Link
    result: Link | None = Field(None, description="When it is done.")
    resume: Link | None = Field(None, description="POST here to go on with a failed import.")


class Import(BaseModel):
    """An import, and how far it is."""

    id: str
    state: State
    format: FormatName
    name: str | None = Field(description="The file's name.")
    by: str = Field(description="Who imports it: the `sub` of their token.")
    reason: str | None = Field(description="Why it failed.")
    counts: Counts
    bytes_total: int
    bytes_done: int
    progress: float = Field(ge=0, le=1)
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    links: ImportLinks = Field(alias="_links")


class RejectedRecord(BaseModel):
    """A record that was not taken."""

    line: int = Field(description="Its line; its number where the format has no lines.")
    reason: str
    field: str | None = Field(description="The field at fault, named as in the file.")
    excerpt: str = Field(description="The record's beginning.")


class PageLinks(BaseModel):
    """Where this page and the next one are."""

    self: Link
    next: Link | None = None


class ImportPage(BaseModel):
    """A page of imports."""

    items: list[Import]
    next_cursor: str | None
    links: PageLinks = Field(alias="_links")


class RejectedPage(BaseModel):
    """A page of rejected records."""

    items: list[RejectedRecord]
    next_cursor: str | None
    rejected: int = Field(description="How many were rejected; the first of them are kept.")
    links: PageLinks = Field(alias="_links")
