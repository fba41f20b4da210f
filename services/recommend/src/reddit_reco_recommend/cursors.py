"""Where a walk goes on, as an opaque cursor.

After a first page nothing is stored: the cursor says what that page showed, and a seal that it did.
From the second page on a list is, and the cursor is a place in it: [list, offset].

Pods of two versions answer while one takes the other's place. So these two forms stay what they
are, and another one begins with its number, as [3, ...]: whoever does not know it refuses it as
they refuse every other, and a release reads it before a later one writes it.
"""

import base64
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StringConstraints, TypeAdapter

from reddit_reco_chassis import decode_cursor, encode_cursor

from .domain import mark

# As many marks as a page has posts, 4 bytes each, as base64.
_MARKS = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]*$", max_length=540)]
_SEAL = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16}$")]
_LIST = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
_OFFSET = Annotated[int, Field(ge=0, lt=2**31)]
_SHAPE: TypeAdapter[tuple[str, int] | tuple[str, str]] = TypeAdapter(
    tuple[_LIST, _OFFSET] | tuple[_MARKS, _SEAL]
)
_COUNTED: TypeAdapter[tuple[int, str]] = TypeAdapter(
    tuple[Annotated[int, Field(ge=0, lt=2**53)], Annotated[str, Field(max_length=400)]]
)


@dataclass(frozen=True)
class Place:
    """A place in a stored list: so many of its posts were looked at."""

    list: str
    offset: int


@dataclass(frozen=True)
class Shown:
    """The marks of the posts that a first page showed, written down, and its seal."""

    marks: str
    seal: str

    @property
    def numbers(self) -> NDArray[np.uint32]:
        """The marks."""
        raw = base64.urlsafe_b64decode(self.marks + "=" * (-len(self.marks) % 4))
        return np.frombuffer(raw, "<u4", len(raw) // 4)


Position = Place | Shown


def marks(posts: list[str]) -> str:
    """The marks of posts, written down."""
    raw = np.array([mark(post) for post in posts], "<u4").tobytes()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def write(position: Position | None) -> str | None:
    """The cursor of the page that begins at a position; None if there is none."""
    match position:
        case None:
            return None
        case Place(name, offset):
            return encode_cursor([name, offset])
        case Shown(written, seal):
            return encode_cursor([written, seal])


def read(cursor: str | None) -> Position | None:
    """Where the page begins, None for the first.

    Raises:
        Problem: 400 on `cursor` if no list here made it.
    """
    if cursor is None:
        return None
    first, second = decode_cursor(cursor, _SHAPE)
    return Place(first, second) if isinstance(second, int) else Shown(first, second)


def read_topic(cursor: str | None) -> tuple[int, str] | None:
    """The number of posts of the last topic, and its name; None for the first page.

    Raises:
        Problem: 400 on `cursor` if no list here made it.
    """
    return None if cursor is None else decode_cursor(cursor, _COUNTED)
