"""The formats that files come in, a module each.

A format is a function that reads a file's chunks and gives a positioned item for every record: a
post as `POST /api/v1/posts/batch` takes it, or what else became of the record. Positions grow
through the file; items at or before `start` are passed over, cheaply where the format allows it, so
that an interrupted import goes on where it was.

A new format is a module beside these and an entry in `FORMATS`. Files that hold no posts (a
person's Reddit export, feedback) do not belong here: they go to other services than posts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..domain import Positioned
from ..reading import Chunks
from . import arctic_shift, hn, mongoexport, reddit_listing, reddit_top, stackexchange
from .options import Options

Reader = Callable[[Chunks, Options, int], Iterator[Positioned]]


@dataclass(frozen=True)
class Format:
    """A format's reader, and what it needs to know.

    Attributes:
        read: gives the file's items.
        check: raises `Refused`, naming the option, if `Options` lack something that `read` needs.
    """

    read: Reader
    check: Callable[[Options], object] = id


FORMATS = {
    "reddit-listing": Format(reddit_listing.read),
    "arctic-shift": Format(arctic_shift.read),
    "mongoexport": Format(mongoexport.read),
    "reddit-top-csv": Format(reddit_top.read),
    "stackexchange-xml": Format(stackexchange.read, stackexchange.site_of),
    "hn": Format(hn.read),
}

__all__ = ["FORMATS", "Format", "Options"]
