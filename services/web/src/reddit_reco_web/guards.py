"""Who may go on: readers who are signed in. Visitors sign in first.

A reader whose session login cannot renew right now is no visitor: the sign-in page would ask them
for what they did already. They are told so, and keep what they typed.
"""

from functools import wraps
from typing import Any, Protocol

from flask import Response, make_response, redirect, request, url_for
from werkzeug.datastructures import MultiDict

from reddit_reco_chassis import drain

from . import csrf, sessions
from .asking import is_part, settings, this_page
from .errors import error_page, plain

_WHY = "The service “login” does not answer right now, so your session could not be renewed."
_UPLOAD = "multipart/form-data"
#: Fields of forms that people type into, and what they are called there.
_TYPED = {
    "what": "Tag or name",
    "name": "Name",
    "tag": "Tag",
    "subreddit": "Subreddit",
    "author": "Author",
    "words": "Words",
}


class View(Protocol):
    """A view, whatever its path's parts are."""

    __name__: str

    def __call__(self, *args: Any, **kwargs: Any) -> Response:
        """The page."""


def signed_in(view: View) -> View:
    """Let only readers in; goes below the route."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Response:
        return visitors_out(this_page()) or view(*args, **kwargs)

    return guarded


def readers_only() -> Response | None:
    """Where reading needs an account, let only readers in."""
    return None if settings().open_reading else visitors_out(this_page())


def visitors_out(way: str) -> Response | None:
    """None for a reader; a visitor signs in first, and comes back to `way`."""
    if sessions.user() is not None:
        return None
    if sessions.unrenewed():
        return not_now()
    to = url_for("account.sign_in", next=way)
    if is_part():
        return make_response("", 200, {"HX-Redirect": to, "Cache-Control": "no-store"})
    return redirect(to, 303)  # type: ignore[return-value]


def not_now() -> Response:
    """Nothing was done, since login does not answer; a button does the same again."""
    if is_part():
        response = plain(f"{_WHY} Nothing was done; try again in a moment.", 503)
    elif request.method in ("GET", "HEAD"):
        response = error_page(503, f"{_WHY} It goes on once login answers.", again=True)
    elif request.mimetype == _UPLOAD:
        response = _unread()
    else:
        csrf.check()
        response = error_page(503, f"{_WHY} Nothing was done.", again=True, resend=True, **_kept())
    response.headers.update({"Retry-After": "2", "Degraded": "login"})
    return response


def _kept() -> dict[str, Any]:
    """What was sent, to be sent again: in sight what somebody typed, out of sight the rest."""
    given: MultiDict[str, str] = request.form
    fields = [pair for pair in given.items(multi=True) if pair[0] != csrf.FIELD]
    typed = [(_TYPED[name], name, value) for name, value in fields if name in _TYPED and value]
    return {"typed": typed, "rest": [pair for pair in fields if pair[0] not in _TYPED]}


def _unread() -> Response:
    """A file cannot be kept; read to its end, so that the browser shows why it was not taken."""
    drain(request.environ["wsgi.input"], settings().max_upload_bytes)
    response = error_page(503, f"{_WHY} Nothing was done: choose the file again.", again=True)
    response.headers["Connection"] = "close"
    return response
