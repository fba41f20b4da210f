"""Errors as pages for people, and as problem documents for everybody else."""

import logging
from typing import Any

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from reddit_reco_chassis import Problem
from reddit_reco_chassis.problems import INTERNAL_ERROR, of_http

log = logging.getLogger(__name__)
_SAYINGS = {
    404: ("Nothing here", "There is no page at this address."),
    405: ("Not like this", "This page can only be read."),
    410: ("Deleted", "This post was deleted, and its text with it."),
    413: ("Too large", "This file is larger than this site takes."),
    503: (
        "Not right now",
        "A part of the site that this page needs does not answer. Try again soon.",
    ),
}
# Where the error says more than the saying above would.
_SPEAKING = frozenset({400, 403})
_UNKNOWN = ("Something went wrong", "This is our fault, not yours.")
_REFUSED = ("That did not work", "The request could not be understood.")


def register(app: Flask) -> None:
    """Answer every error of `app` in the form that the reader can use."""
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Problem, _from_problem)
    app.register_error_handler(Exception, _from_bug)


def error_page(status: int, detail: str = "", **context: Any) -> Response:
    """A page that says what is wrong; for its context see the template."""
    title, sentence = _SAYINGS.get(status, _REFUSED if status < 500 else _UNKNOWN)
    sentence = detail or sentence
    body = render_template("error.html", title=title, sentence=sentence, status=status, **context)
    return make_response(body, status)


def part_failed(verb: str, refusal: str = "") -> Response:
    """What a script is told when a part of the page cannot be had: it shows the sentence."""
    if refusal:
        return plain(refusal, 400)
    text = f"The service “{verb}” does not answer right now. Try again in a moment."
    response = plain(text, 503)
    response.headers["Degraded"] = verb
    return response


def plain(text: str, status: int) -> Response:
    """A sentence, which a script shows."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
    return make_response(text, status, headers)


def _for_people() -> bool:
    return "text/html" in str(request.accept_mimetypes) and not request.path.startswith("/api/")


def _from_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    problem = of_http(error)
    return _answer(problem, status, problem.detail if status in _SPEAKING else "")


def _from_problem(problem: Problem) -> Response:
    return _answer(problem, problem.status, problem.detail)


def _from_bug(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error)
    return _answer(Problem(INTERNAL_ERROR, "Something went wrong in this service."), 500)


def _answer(problem: Problem, status: int, detail: str = "") -> Response:
    if "HX-Request" in request.headers:
        return plain(problem.detail, status)
    if not _for_people():
        return problem.response()
    response = error_page(status, detail)
    response.headers.update(problem.headers)
    return response
