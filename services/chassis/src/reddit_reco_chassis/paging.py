"""Lists: an opaque cursor, a limit, and links to this page and the next."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import orjson
from flask import request
from pydantic import Field, TypeAdapter, ValidationError

from .models import QueryModel
from .problems import INVALID_CURSOR, Problem

T = TypeVar("T")

# Where a page of a list by time ends: when its last item was made, and what tells equals apart.
Moment = tuple[datetime, str]

_LONGEST_CURSOR = 2048
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MOMENT: TypeAdapter[tuple[int, str]] = TypeAdapter(
    tuple[Annotated[int, Field(ge=0, lt=2**43)], Annotated[str, Field(max_length=1000)]]
)


class CursorQuery(QueryModel):
    """The query parameters that every list takes."""

    cursor: str | None = Field(
        None, max_length=_LONGEST_CURSOR, description="`next_cursor` of the page before."
    )
    limit: int = Field(20, ge=1, le=100, description="Items on a page.")


def encode_cursor(position: Any) -> str:
    """Write a position (anything that JSON can hold) as an opaque string."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).rstrip(b"=").decode()


def decode_cursor(cursor: str, shape: TypeAdapter[T]) -> T:
    """Read a position back.

    Raises:
        Problem: 400 on `cursor` if it was not made by `encode_cursor`, or is of another shape.
    """
    try:
        raw = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), b"-_", validate=True)
        return shape.validate_json(raw, strict=True)
    except (binascii.Error, UnicodeError, ValueError, ValidationError):
        raise Problem(
            INVALID_CURSOR, "This cursor was not made by this list.", field="cursor"
        ) from None


def encode_moment(moment: Moment | None) -> str | None:
    """The cursor of what follows `moment`, to the millisecond; None if nothing does."""
    if moment is None:
        return None
    time, key = moment
    return encode_cursor([(time - _EPOCH) // _MILLISECOND, key])


def decode_moment(cursor: str | None) -> Moment | None:
    """Where the page before ended; None for the first page.

    Raises:
        Problem: 400 on `cursor` if no list by time made it.
    """
    if cursor is None:
        return None
    since_1970, key = decode_cursor(cursor, _MOMENT)
    return _EPOCH + since_1970 * _MILLISECOND, key


def page(items: list[Any], next_cursor: str | None, **more: Any) -> dict[str, Any]:
    """The body of a list answer, with links that keep the request's other parameters."""
    links = {"self": {"href": _href(request.args.get("cursor"))}}
    if next_cursor is not None:
        links["next"] = {"href": _href(next_cursor)}
    return {"items": items, "next_cursor": next_cursor, **more, "_links": links}


def _href(cursor: str | None) -> str:
    args = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    if cursor is not None:
        args.append(("cursor", cursor))
    path = request.script_root + request.path
    return f"{path}?{urlencode(args)}" if args else path
