"""Many writes in one request: lines of JSON in, an answer for each line out (NDJSON)."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

import orjson
from flask import Response, request
from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter, ValidationError

from reddit_reco_chassis.problems import Problem, faults

from .problems import EMPTY_BATCH, TOO_MANY_LINES

MOST_LINES = 1_000
NDJSON = "application/x-ndjson"
ANSWERS: Any = {
    "description": "For each line that is not blank, in order: "
    '`{"line", "post", "status": 201, 200, 400 or 410, "detail"?, "field"?}`.',
    "content": {NDJSON: {"schema": {"type": "string"}}},
}
_LONGEST_ECHO = 200
# RFC 3339, section 5.6; fromisoformat alone would take much more, times without a zone among it.
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
# Clocks differ, and some write local time for UTC; a date far ahead would be the newest for ever.
_AHEAD = timedelta(days=1)

Answer = dict[str, Any]
T = TypeVar("T")


def _past(value: object) -> datetime:
    if not isinstance(value, datetime):
        if not isinstance(value, str) or not _RFC3339.fullmatch(value):
            raise ValueError("a time is text as in 2013-06-09T02:54:42Z (RFC 3339)")
        value = datetime.fromisoformat(value.upper())
    if not _EARLIEST <= value <= datetime.now(UTC) + _AHEAD:
        raise ValueError("this time lies before 1970, or has not come yet")
    # As exact as MongoDB keeps it.
    value = value.astimezone(UTC)
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


PastMoment = Annotated[
    datetime,
    BeforeValidator(_past),
    Field(description="RFC 3339, since 1970 and not in the future."),
]
# What ids are made of has no `|`.
Subject = Annotated[
    str,
    StringConstraints(pattern=r"^[!-{}~]{1,200}$"),
    Field(description="The `sub` of the user's tokens."),
]


def body(line: str) -> Any:
    """The OpenAPI request body of a batch; `line` says what one holds."""
    return {
        "requestBody": {
            "description": f"{line} At most {MOST_LINES} lines.",
            "required": True,
            "content": {NDJSON: {"schema": {"type": "string"}}},
        }
    }


def answered(
    shape: TypeAdapter[T], write: Callable[[Sequence[T]], Sequence[Answer]], echo: str = "post"
) -> Response:
    """Write the good lines of the request, and answer every line, in order.

    Args:
        shape: what a line has to be.
        write: writes the good ones; gives an answer, with its `status`, for each of them.
        echo: the field of a line that is repeated in its answer.

    Raises:
        Problem: 400 for a body without lines, 413 for too many of them.
    """
    answers: list[Answer] = []
    good: list[T] = []
    places: list[Answer] = []
    for number, line in _numbered(request.get_data(cache=False)):
        answers.append({"line": number, echo: None})
        try:
            good.append(value := shape.validate_json(line))
        except ValidationError as error:
            answers[-1] |= {echo: _echo(line, echo), **_refusal(error)}
        else:
            answers[-1][echo] = getattr(value, echo)
            places.append(answers[-1])
    for place, answer in zip(places, write(good) if good else (), strict=True):
        place.update(answer)
    return Response(b"".join(orjson.dumps(each) + b"\n" for each in answers), mimetype=NDJSON)


def _numbered(whole: bytes) -> list[tuple[int, bytes]]:
    """The lines that are not blank, numbered from 1 with the blank ones counted."""
    lines = enumerate(whole.split(b"\n"), start=1)
    found = [(number, line) for number, line in lines if line and not line.isspace()]
    if not found:
        raise Problem(EMPTY_BATCH, "The body has no line.", field="body")
    if len(found) > MOST_LINES:
        detail = f"The body has {len(found)} lines; {MOST_LINES} are allowed."
        raise Problem(TOO_MANY_LINES, detail, field="body")
    return found


def _refusal(error: ValidationError) -> Answer:
    found = faults(error)
    detail = "; ".join(f"{fault['field']}: {fault['detail']}" for fault in found[:5])
    return {"status": 400, "detail": detail, "field": found[0]["field"]}


def _echo(line: bytes, name: str) -> str | None:
    try:
        value = orjson.loads(line)[name]
    except (ValueError, TypeError, KeyError, IndexError):
        return None
    return value[:_LONGEST_ECHO] if isinstance(value, str) else None
