"""Taking along: a reader's own likes, tags and their rules, hidden posts and shares as a file.

The lines are those of the import format `feedback`, so that `reddit-reco-export` reads them back.
"""

import time
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any
from urllib.parse import quote

import orjson
from flask import Blueprint, Response, request, stream_with_context

from . import domain, sessions
from .asking import ask, has, settings
from .backends import Answer, Call, Deadline
from .errors import error_page
from .guards import signed_in

taking = Blueprint("taking", __name__)
_PAGE = 100
_TRIES = 3
_PAUSE = 0.5
_NDJSON = "application/x-ndjson"
Row = Mapping[str, Any]


class Broken(Exception):
    """A service does not answer: without its part the file would look whole and not be.

    Attributes:
        verb: the service.
    """

    def __init__(self, verb: str) -> None:
        super().__init__(f"the service {verb} does not answer")
        self.verb = verb


@taking.get("/account/export")
@signed_in
def export() -> Response:
    """All that I did, one JSON object a line."""
    user = sessions.user()
    subject, name = (user.subject, user.name) if user else ("", "")
    lines = ({"user": subject, **row} for row in _all_rows())
    day = time.strftime("%Y-%m-%d", time.gmtime())
    return download(lines, f"reddit-reco-{name or 'account'}-{day}.jsonl")


def download(rows: Iterator[Row], name: str) -> Response:
    """The rows as a file, made while it is sent: it may be larger than memory.

    Nothing is sent before the first row is there. A service that goes away later breaks the
    connection, so that no browser takes the beginning for the whole.
    """
    try:
        first = next(rows, None)
    except Broken as broken:
        text = f"The service “{broken.verb}” does not answer, so the file would not be whole."
        return error_page(503, f"{text} Try again in a moment.")
    begun = () if first is None else (first,)
    lines = (orjson.dumps(row) + b"\n" for row in chain(begun, rows))
    body = () if request.method == "HEAD" else stream_with_context(lines)
    response = Response(body, mimetype=_NDJSON)
    safe = "".join(one for one in name if one.isascii() and (one.isalnum() or one in "-_."))
    response.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def rows_of(verb: str, path: str, **params: str) -> Iterator[Row]:
    """Every item of a list, page by page.

    Raises:
        Broken: the service does not answer, though it was asked again.
    """
    cursor: dict[str, str] = {}
    while True:
        answer = _asked(Call(verb, path, {"limit": _PAGE, **params, **cursor}))
        yield from domain.items(answer.body)
        if not (following := domain.next_cursor(answer.body)):
            return
        cursor = {"cursor": following}


def _asked(call: Call) -> Answer:
    for left in range(_TRIES - 1, -1, -1):
        [answer] = ask(call, end=Deadline(settings().fan_out_seconds))
        if answer.ok:
            return answer
        if left:
            time.sleep(_PAUSE)
    raise Broken(call.verb)


def _all_rows() -> Iterator[Row]:
    if has("like"):
        yield from (_row("like", one) for one in rows_of("like", "/api/v1/likes"))
    if has("tag"):
        yield from _tag_rows()
    if has("hide"):
        yield from (_row("hide", one) for one in rows_of("hide", "/api/v1/hidden"))
    if has("share"):
        shares = rows_of("share", "/api/v1/shares", box="out")
        yield from (_row("share", one) for one in shares)


def _tag_rows() -> Iterator[Row]:
    for tag in rows_of("tag", "/api/v1/tags"):
        name = str(tag.get("tag"))
        for one in rows_of("tag", f"/api/v1/tags/{quote(name, safe='')}/posts"):
            yield _row("tag", {**one, "value": name})
    rules = _asked(Call("tag", "/api/v1/tags/rules")).body
    for rule in rules.get("rules", ()) if isinstance(rules, dict) else ():
        yield {"verb": "tag", "value": rule["tag"], "when": _given(rule["when"])}


def _given(fields: Row) -> Row:
    return {name: value for name, value in fields.items() if value is not None}


def _row(verb: str, one: Row) -> Row:
    kept = ("post", "subreddit", "value", "by", "to")
    found = _given({name: one.get(name) for name in kept})
    return {"verb": verb, **found, "time": one.get("at")}
