"""Rows of a CSV file: what all CSV formats do alike."""

import csv
from collections.abc import Collection, Generator, Iterator

from ..domain import Item, Positioned, Refused, Unreadable
from ..reading import Chunks, TooLong, pieces
from ..reading.lines import LONGEST_RECORD
from .records import Convert, rejected

csv.field_size_limit(LONGEST_RECORD)


def rows(
    chunks: Chunks,
    start: int,
    convert: Convert,
    *,
    needed: Collection[str],
    before: int = 0,
    longest: int = LONGEST_RECORD,
) -> Generator[Positioned, None, int]:
    """An item a row behind `start`; the position is the row's number, the header not counted.

    Args:
        chunks: the file.
        start: position of the last row that is done with.
        convert: makes an item of a row; raises `Refused` if it cannot be kept.
        needed: columns without which it is another file.
        before: number of the row before the first, for the next one of several files.
        longest: most bytes of a line.

    Returns:
        The number of the last row.

    Raises:
        Unreadable: the first line is not the header.
    """
    lines = _Lines(chunks, longest)
    reader = csv.reader(lines)
    header = _header(reader, needed, lines)
    number = before
    for number, row in enumerate(_surviving(reader), before + 1):
        flaw = lines.flaw()
        if number <= start or (not row and flaw is None):
            continue
        yield number, _item(header, row, flaw, convert)
    return number


def _item(header: list[str], row: list[str] | None, flaw: str | None, convert: Convert) -> Item:
    try:
        return convert(_record(header, row, flaw))
    except Refused as error:
        return rejected(error, ",".join(row or []).encode("utf-8", "surrogateescape"))


def _header(reader: Iterator[list[str]], needed: Collection[str], lines: "_Lines") -> list[str]:
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise Unreadable(f"the first line is no CSV header: {error}") from None
    if flaw := lines.flaw():
        raise Unreadable(f"the first line is no CSV header: {flaw}")
    if missing := [column for column in needed if column not in header]:
        raise Unreadable(f"the first line is no CSV header: no column {', '.join(missing)}")
    return header


def _surviving(reader: Iterator[list[str]]) -> Iterator[list[str] | None]:
    """The rows; None for one that is no CSV. The reader starts afresh with the next line then."""
    while True:
        try:
            yield next(reader)
        except csv.Error:
            yield None
        except StopIteration:
            return


def _record(header: list[str], row: list[str] | None, flaw: str | None) -> dict[str, str]:
    if flaw is not None:
        raise Refused(flaw)
    if row is None:
        raise Refused("not valid CSV, or a quote that does not end")
    if len(row) != len(header):
        raise Refused(f"{len(row)} columns, but the header has {len(header)}")
    return dict(zip(header, row, strict=True))


def size_of(number: int) -> str:
    """Bytes as people read them."""
    return f"{number // 2**20} MiB" if number >= 2**20 else f"{number // 2**10} KiB"


class _Lines:
    """Lines as text for the CSV reader, which remembers what was wrong with them."""

    def __init__(self, chunks: Chunks, longest: int) -> None:
        self._pieces = pieces(chunks, limit=longest)
        self._longest = longest
        self._too_long = f"longer than a record may be ({size_of(longest)})"
        self._flaw: str | None = None

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        piece = next(self._pieces)
        # Pieces are only bounded from chunk to chunk.
        if isinstance(piece, TooLong) or len(piece) > self._longest:
            self._flaw = self._too_long
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
