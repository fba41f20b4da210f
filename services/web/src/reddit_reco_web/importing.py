"""Imports: a reader's own Reddit export; for those who may bring posts in, every other format."""

import math
from contextlib import closing
from typing import IO
from urllib.parse import quote

from flask import Blueprint, Response, abort, current_app, redirect, request, url_for
from werkzeug.exceptions import BadRequest

from reddit_reco_chassis import drain

from . import answers, csrf, domain, notices, sessions, words
from .asking import ask, page, settings
from .backends import Answer, Backends, Call
from .guards import signed_in
from .refusing import refusal
from .room import Room
from .taking import download, rows_of

importing = Blueprint("importing", __name__, url_prefix="/imports")
_REJECTED = 100
ROOM = "reddit_reco_web_room"


@importing.get("")
@signed_in
def show() -> Response:
    """My imports, and a form for another."""
    return _page()


@importing.post("")
@signed_in
def upload() -> Response:
    """Hand the file to ingest, and show how far it is."""
    # Before anything of the form is read: it may be large.
    most = settings().max_upload_bytes
    request.max_content_length = most
    size = most if request.content_length is None else request.content_length
    if size > most:
        return _refused_unread(_too_large(), 413)
    room: Room = current_app.extensions[ROOM]
    with room.taken(size) as fits:
        if not fits:
            return _refused_unread("Other files are coming in. Try again in a minute.", 503)
        return _hand_over()


def _hand_over() -> Response:
    csrf.check()
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page("Choose a file first.", 400)
    with closing(file):
        answer = _upload(file.filename, file.stream)
    made = answers.an_import(answer.body) if answer.ok else None
    if made is None:
        return _page(
            answer.detail or "The file could not be handed over. Try again in a moment.", 400
        )
    return redirect(url_for("importing.progress", import_id=made.id), 303)  # type: ignore[return-value]


def _upload(name: str, stream: IO[bytes]) -> Answer:
    wanted = request.form.get("format", "reddit-export")
    if wanted not in _formats():
        raise BadRequest("Your account cannot import this format.")
    params: dict[str, str | int | list[str]] = {"format": wanted}
    params |= {name: request.form[name] for name in ("subreddit", "site") if request.form.get(name)}
    backends: Backends = current_app.extensions["backends"]
    call = Call("ingest", "/api/v1/imports", params)
    return backends.upload(call, name, stream, settings().upload_seconds, sessions.headers())


def _refused_unread(fault: str, status: int) -> Response:
    response = _page(fault, status)
    length = request.content_length
    drain(request.environ["wsgi.input"], math.inf if length is None else length)
    response.headers["Connection"] = "close"
    return response


def _too_large() -> str:
    way = (
        "Larger files go in from a checkout of the project, by make import."
        if _operator()
        else "From an export, post_votes.csv, saved_posts.csv and hidden_posts.csv can be given "
        "one by one."
    )
    return f"This file is larger than {_megabytes()} MB, the most that this page takes. {way}"


def _megabytes() -> int:
    return settings().max_upload_bytes // 1_000_000


@importing.get("/<import_id>")
@signed_in
def progress(import_id: str) -> Response:
    """How far an import is."""
    path = _path(import_id)
    found, rejected = ask(
        Call("ingest", path), Call("ingest", f"{path}/rejected", {"limit": _REJECTED})
    )
    shown = _import(found)
    lines = domain.items(rejected.body) if rejected.ok else []
    return page("import.html", {"ingest": found}, one=shown, rejected=lines, own=tuple(_own()))


@importing.get("/<import_id>/refused.jsonl")
@signed_in
def refused(import_id: str) -> Response:
    """All lines that were not taken, with the reasons, as a file."""
    path = _path(import_id)
    [found] = ask(Call("ingest", path))
    _import(found)
    return download(rows_of("ingest", f"{path}/rejected"), f"refused-{import_id}.jsonl")


@importing.post("/<import_id>/stop")
@signed_in
def stop(import_id: str) -> Response:
    """Stop an import."""
    csrf.check()
    [answer] = ask(Call("ingest", _path(import_id), method="DELETE"))
    if answer.ok:
        notices.leave("import-stopped")
    else:
        notices.leave_failed("ingest")
    return redirect(url_for("importing.progress", import_id=import_id), 303)  # type: ignore[return-value]


def _page(fault: str = "", status: int = 200) -> Response:
    params: dict[str, str | int | list[str]] = {"limit": 20}
    if cursor := request.args.get("cursor"):
        params["cursor"] = cursor
    [answer] = ask(Call("ingest", "/api/v1/imports", params))
    return page(
        "imports.html",
        {"ingest": answer},
        status=status,
        fault=fault or refusal(answer),
        formats=_formats(),
        operator=_operator(),
        imports=answers.imports(answer.body),
        next_cursor=domain.next_cursor(answer.body),
        most=_megabytes(),
        most_bytes=settings().max_upload_bytes,
        too_large=_too_large(),
    )


def _import(found: Answer) -> answers.Import | None:
    """The import; None while ingest does not answer; 404 if it is not this reader's."""
    if found.status in (403, 404):
        abort(404)
    return answers.an_import(found.body) if found.ok else None


def _formats() -> dict[str, str]:
    """The formats that the reader may import, and what each is."""
    return dict(words.FORMATS) if _operator() else _own()


def _own() -> dict[str, str]:
    """The formats of what readers did themselves."""
    return {"reddit-export": words.REDDIT_EXPORT, "reddit-reco-export": words.OWN_EXPORT}


def _operator() -> bool:
    """Whether the reader may bring posts in."""
    user = sessions.user()
    return user is not None and user.may_import


def _path(import_id: str) -> str:
    return f"/api/v1/imports/{quote(import_id, safe='')}"
