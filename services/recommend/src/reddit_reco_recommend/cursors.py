"""Where a page begins, as an opaque cursor: [list, offset]."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from reddit_reco_chassis import decode_cursor, encode_cursor

_SHAPE: TypeAdapter[tuple[str, int]] = TypeAdapter(
    tuple[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")],
        Annotated[int, Field(ge=0, lt=2**31)],
    ]
)
_COUNTED: TypeAdapter[tuple[int, str]] = TypeAdapter(
    tuple[Annotated[int, Field(ge=0, lt=2**53)], Annotated[str, Field(max_length=400)]]
)


def write(position: tuple[str, int] | None) -> str | None:
    """The cursor of the page that begins at a position; None if there is none."""
    return None if position is None else encode_cursor(list(position))


def read(cursor: str | None) -> tuple[str, int] | None:
    """Where the page begins, None for the first.

    Raises:
        Problem: 400 on `cursor` if no list here made it.
    """
    return None if cursor is None else decode_cursor(cursor, _SHAPE)


def read_topic(cursor: str | None) -> tuple[int, str] | None:
    """The number of posts of the last topic, and its name; None for the first page.

    Raises:
        Problem: 400 on `cursor` if no list here made it.
    """
    return None if cursor is None else decode_cursor(cursor, _COUNTED)
