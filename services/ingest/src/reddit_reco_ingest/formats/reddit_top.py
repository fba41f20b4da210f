"""`reddit-top-csv`: the top posts of a subreddit as CSV, or the same as NDJSON.

The CSV file's name is the subreddit; in the NDJSON form every line says its subreddit itself.
"""

import csv
from collections.abc import Iterator
from functools import partial
from typing import Any

from ..domain import Item, Positioned, Refused, Unreadable
from ..reading import Chunks, TooLong, json_records, pieces
from ..reading.lines import LONGEST_RECORD
from .options import Options
from .records import items, rejected
from .reddit import post_of

_NEEDED = ("id", "title", "created_utc")

csv.field_size_limit(LONGEST_RECORD)


def read(chunks: Chunks, options: Options, start: int) -> Iterator[Positioned]:
    """An item a row; the position is the row's number, the header not counted."""
    if chunks.head.lstrip()[:1] in (b"{", b"["):
        bare = Options(subreddit=options.subreddit)
        return items(json_records(chunks), start, partial(_item, options=bare))
    return _rows(chunks, options, start)


def _item(record: dict[str, Any], options: Options) -> Item:
    return post_of(record, options, escaped=True)


def _rows(chunks: Chunks, options: Options, start: int) -> Iterator[Positioned]:
    lines = _Lines(chunks)
    rows = csv.reader(lines)
    header = _header(rows)
    for number, row in enumerate(_surviving(rows), 1):
        flaw = lines.flaw()
        if number <= start or (not row and flaw is None):
            continue
        try:
            yield number, _item(_record(header, row, flaw), options)
        except Refused as error:
            yield number, rejected(error, ",".join(row or []).encode("utf-8", "surrogateescape"))


def _header(rows: Iterator[list[str]]) -> list[str]:
    try:
        header = next(rows, [])
    except csv.Error as error:
        raise Unreadable(f"the first line is no CSV header: {error}") from None
    if missing := [column for column in _NEEDED if column not in header]:
        raise Unreadable(f"the first line is no CSV header: no column {', '.join(missing)}")
    return header


def _surviving(rows: Iterator[list[str]]) -> Iterator[list[str] | None]:
    """The rows; None for one that is no CSV. The reader starts afresh with the next line then."""
    while True:
        try:
            yield next(rows)
        except csv.Error:
            yield None
        except StopIteration:
            return


def _record(header: list[str], row: list[str] | None, flaw: str | None) -> dict[str, Any]:
    if flaw is not None:
        raise Refused(flaw)
    if row is None:
        raise Refused("not valid CSV, or a quote that does not end")
    if len(row) != len(header):
        raise Refused(f"{len(row)} columns, but the header has {len(header)}")
    return dict(zip(header, row, strict=True))


class _Lines:
    """Lines as text for the CSV reader, which remembers what was wrong with them."""

    def __init__(self, chunks: Chunks) -> None:
        self._pieces = pieces(chunks)
        self._flaw: str | None = None

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        piece = next(self._pieces)
        if isinstance(piece, TooLong):
            self._flaw = "longer than a record may be (8 MiB)"
            return "\n"
        try:
            return piece.decode() + "\n"
        except UnicodeDecodeError:
            self._flaw = "not valid UTF-8"
            return piece.decode("utf-8", "surrogateescape") + "\n"

    def flaw(self) -> str | None:
        """What was wrong since this was last asked."""
        flaw, self._flaw = self._flaw, None
        return flaw
