"""Where a page ends, as an opaque cursor: [time in milliseconds, record id without the user]."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field, TypeAdapter

from reddit_reco_chassis import decode_cursor, encode_cursor

from .domain import Position

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# A name can be three times as long without upper case.
_LONGEST_KEY = 700
_SHAPE: TypeAdapter[tuple[int, str]] = TypeAdapter(
    tuple[
        Annotated[int, Field(ge=0, lt=2**43)],
        Annotated[str, Field(max_length=_LONGEST_KEY)],
    ]
)


def write(position: Position | None) -> str | None:
    """The cursor of what follows `position`; None if nothing does."""
    if position is None:
        return None
    at, key = position
    return encode_cursor([(at - _EPOCH) // _MILLISECOND, key])


def read(cursor: str | None) -> Position | None:
    """Where the page before ended, None for the first page.

    Raises:
        Problem: 400 on `cursor` if no list here made it.
    """
    if cursor is None:
        return None
    at, key = decode_cursor(cursor, _SHAPE)
    return _EPOCH + at * _MILLISECOND, key
