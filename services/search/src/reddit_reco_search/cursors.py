"""A position as an opaque cursor, which fits only the query that it was made for."""

import base64
import struct
import zlib
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from reddit_reco_chassis import Problem, decode_cursor, encode_cursor
from reddit_reco_chassis.problems import INVALID_CURSOR

from .domain import DEEPEST, Position
from .models import SearchQuery
from .pages import REMEMBERED
from .ranking import BEFORE_ALL

_Relaxed = Annotated[int, Field(ge=0, le=1)]
_Fingerprint = Annotated[int, Field(ge=0, lt=2**32)]
_Key = tuple[Literal["k"], _Fingerprint, _Relaxed, Annotated[int, Field(ge=-(2**63), lt=2**63)]]
_Rank = Annotated[int, Field(ge=0, le=DEEPEST)]
_Number = Annotated[float, Field(allow_inf_nan=False)]
_Seen = Annotated[str, Field(max_length=REMEMBERED * 6)]
_Millis = Annotated[int, Field(ge=-BEFORE_ALL, le=BEFORE_ALL)]
_Id = Annotated[str, Field(max_length=200)]
_Score = tuple[Literal["r"], _Fingerprint, _Relaxed, _Rank, _Number, _Seen, _Millis, _Id]
# Without the last hit's place, as pods of an older version give them out.
_OldScore = tuple[Literal["s"], _Fingerprint, _Relaxed, _Rank, _Number, _Seen]
_SHAPE: TypeAdapter[_Key | _Score | _OldScore] = TypeAdapter(_Key | _Score | _OldScore)


def encode(position: Position, query: SearchQuery) -> str:
    """The cursor of the page that begins at a position."""
    mark, relaxed = _fingerprint(query), int(position.relaxed)
    if query.sort != "relevance":
        return encode_cursor(["k", mark, relaxed, position.key])
    packed = struct.pack(f"<{len(position.seen)}I", *position.seen)
    seen = base64.urlsafe_b64encode(packed).decode()
    place = [position.rank, position.score, seen, position.millis, position.last]
    return encode_cursor(["r", mark, relaxed, *place])


def decode(query: SearchQuery) -> Position | None:
    """Where the page begins that is asked for; None for the first.

    Raises:
        Problem: 400 on `cursor` if it is forged, or of another query.
    """
    if query.cursor is None:
        return None
    parts = decode_cursor(query.cursor, _SHAPE)
    if parts[1] != _fingerprint(query) or (parts[0] == "k") == (query.sort == "relevance"):
        raise Problem(INVALID_CURSOR, "This cursor was made by another query.", field="cursor")
    if parts[0] == "k":
        return Position(bool(parts[2]), key=parts[3])
    position = Position(bool(parts[2]), rank=parts[3], score=parts[4], seen=_unpacked(parts[5]))
    return position if parts[0] == "s" else replace(position, millis=parts[6], last=parts[7])


def _unpacked(seen: str) -> tuple[int, ...]:
    try:
        packed = base64.b64decode(seen, b"-_", validate=True)
        return struct.unpack(f"<{len(packed) // 4}I", packed)
    except (ValueError, struct.error):
        raise Problem(
            INVALID_CURSOR, "This cursor was not made by this list.", field="cursor"
        ) from None


def _fingerprint(query: SearchQuery) -> int:
    """Of all that decides what is found; a page may be of another length than the one before."""
    said = query.model_dump(exclude={"cursor", "limit", "counts", "mode"})
    return zlib.crc32(repr(sorted(said.items())).encode())
