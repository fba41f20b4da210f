"""The formats that files come in, a module each.

A format is a function that reads a file's chunks and gives a positioned item for every record: a
post as `POST /api/v1/posts/batch` takes it, feedback for one of the verbs, or what else became of
the record. Positions grow through the file; items at or before `start` are passed over, cheaply
where the format allows it, so that an interrupted import goes on where it was.

A new format is a module beside these and an entry in `FORMATS`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..domain import Positioned
from ..reading import Chunks, Counted, Limits, expand
from . import (
    arctic_shift,
    feedback,
    hn,
    mongoexport,
    reddit_export,
    reddit_listing,
    reddit_top,
    stackexchange,
)
from .options import Options

Open = Callable[[Counted, Limits], Any]
Reader = Callable[[Any, Options, int], Iterator[Positioned]]


def _chunks(source: Counted, limits: Limits) -> Chunks:
    return Chunks(expand(source, limits))


@dataclass(frozen=True)
class Format:
    """A format's reader, and what it needs to know.

    Attributes:
        read: gives the items of an opened file.
        check: raises `Refused`, naming the option, if `Options` lack something that `read` needs.
        open: opens a file: decompresses it, and finds what is to be read.
        verbs: the services that take the records.
        scope: what an importer's token needs; empty for any token.
    """

    read: Reader
    check: Callable[[Options], object] = id
    open: Open = _chunks
    verbs: tuple[str, ...] = ("posts",)
    scope: str = "posts:write"

    def items(
        self, source: Counted, limits: Limits, options: Options, start: int
    ) -> Iterator[Positioned]:
        """The items of a file behind the position `start`."""
        return self.read(self.open(source, limits), options, start)


FORMATS = {
    "reddit-listing": Format(reddit_listing.read),
    "arctic-shift": Format(arctic_shift.read),
    "mongoexport": Format(mongoexport.read),
    "reddit-top-csv": Format(reddit_top.read),
    "stackexchange-xml": Format(stackexchange.read, stackexchange.site_of),
    "hn": Format(hn.read),
    # In the names of others: for admins alone.
    "feedback": Format(feedback.read, verbs=feedback.VERBS, scope="admin"),
    # In the importer's own name.
    "reddit-reco-export": Format(
        feedback.read_own, feedback.check_own, verbs=feedback.VERBS, scope=""
    ),
    "reddit-export": Format(
        reddit_export.read,
        reddit_export.check,
        reddit_export.parts,
        verbs=("like", "hide", "tag"),
        scope="",
    ),
}

__all__ = ["FORMATS", "Format", "Options"]
