"""What all pages do: ask the services within the page's time, and make a page of what came."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Response, current_app, make_response, render_template, request

from . import notices, sessions
from .backends import Answer, Backends, Call, Deadline
from .deadlines import deadline
from .hidden import Hidden
from .settings import WebSettings

_LONGEST_PATH = 2_000
_ODD = re.compile(r"[\\\x00-\x20\x7f]")


def settings() -> WebSettings:
    """The service's settings."""
    found: WebSettings = current_app.config["WEB"]
    return found


def has(verb: str) -> bool:
    """Whether this site has the verb at all; one that has and does not answer is another thing."""
    return verb in settings().addresses()


def ask(*calls: Call, end: Deadline | None = None) -> list[Answer]:
    """Ask at once, as the one who is reading; gives answers in the order of the calls."""
    if not calls:
        return []
    end = end or deadline()
    backends: Backends = current_app.extensions["backends"]
    return backends.ask(list(calls), end, sessions.headers())


def ask_with_hidden(*calls: Call) -> tuple[list[Answer], Hidden]:
    """As `ask`, and beside it what the reader hides, which goes into no page."""
    if sessions.user() is None or not has("hide"):
        return ask(*calls), Hidden()
    *answers, hidden = ask(*calls, Call("hide", "/api/v1/hidden/all"))
    return answers, Hidden.of(hidden.body if hidden.ok else None)


def page(
    template: str,
    asked: Mapping[str, Answer],
    status: int = 200,
    degraded: tuple[str, ...] = (),
    **context: Any,
) -> Response:
    """The page, with a note and a header for every verb that is missing from it."""
    missing = {verb for verb, answer in asked.items() if answer.missing}
    if sessions.unrenewed():
        missing.add("login")
    named = sorted(missing | set(degraded))
    notice = None if is_part() else notices.take()
    body = render_template(
        template, missing=sorted(missing), degraded=degraded, notice=notice, **context
    )
    response = make_response(body, status)
    response.headers["Vary"] = "HX-Request, Cookie"
    if is_part():
        # A browser must not show it in the page's place when a reader goes back.
        response.headers["Cache-Control"] = "no-store"
    if named:
        response.headers["Degraded"] = ", ".join(named)
    return response


def is_part() -> bool:
    """Whether htmx asks, for a part of what it gets."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def this_page() -> str:
    """Path and query of this page, for forms that lead back to it."""
    query = request.query_string.decode("ascii", "replace")
    path = quote(request.script_root + request.path, safe="/:@!$&'()*+,;=~")
    return path + (f"?{query}" if query else "")


def way_back(given: str | None) -> str:
    """Where a form leads: a path of this site, whatever somebody wrote into the address."""
    home = request.script_root + "/"
    if not given or len(given) > _LONGEST_PATH or not given.startswith(home):
        return home
    # Browsers take a backslash as a slash and leave out control characters.
    if given.startswith("//") or _ODD.search(given):
        return home
    parts = urlsplit(given)
    return home if parts.scheme or parts.netloc else given
