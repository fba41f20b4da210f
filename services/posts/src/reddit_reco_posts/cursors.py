"""Where a page of posts ends, as an opaque cursor: [order, sort key, id]."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from reddit_reco_chassis import Problem, decode_cursor, encode_cursor
from reddit_reco_chassis.problems import INVALID_CURSOR

from .domain import LONGEST_ID, Document, Sort
from .models import PostQuery
from .orders import key_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_Id = Annotated[str, Field(max_length=LONGEST_ID)]
_Score = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_Milliseconds = Annotated[int, Field(ge=0, lt=2**43)]
_Real = Annotated[float, Field(allow_inf_nan=False)]

_ANY: TypeAdapter[tuple[str, Any, str]] = TypeAdapter(tuple[Sort, _Real, _Id])
_SHAPES: dict[Sort, TypeAdapter[tuple[str, Any, str]]] = {
    "new": TypeAdapter(tuple[Sort, _Milliseconds, _Id]),
    "top": TypeAdapter(tuple[Sort, _Score, _Id]),
}


def after(last: Document, sort: Sort) -> str:
    """The cursor of what follows the stored post `last`."""
    key = key_of(last, sort)
    if isinstance(key, datetime):
        key = (key - _EPOCH) // _MILLISECOND
    return encode_cursor([sort, key, last["_id"]])


def position(query: PostQuery) -> tuple[Any, str] | None:
    """Sort key and id of the last post of the page before, None for the first page.

    Raises:
        Problem: 400 on `cursor` if no list in this order made it.
    """
    if query.cursor is None:
        return None
    sort, key, post_id = decode_cursor(query.cursor, _SHAPES.get(query.sort, _ANY))
    if sort != query.sort:
        detail = f"This cursor is of a list sorted by {sort}."
        raise Problem(INVALID_CURSOR, detail, field="cursor")
    return (_EPOCH + key * _MILLISECOND if sort == "new" else key), post_id
