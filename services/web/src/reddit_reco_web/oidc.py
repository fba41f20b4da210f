"""Signing in with an OpenID provider: the browser's way there and back. Login does the checking."""

import logging
import re
from urllib.parse import quote, unquote

from flask import Blueprint, Flask, Response, redirect, request, url_for

from . import cookies, csrf, sessions
from .asking import page, settings, way_back
from .backends import Answer, Deadline
from .settings import WebSettings

log = logging.getLogger(__name__)
oidc = Blueprint("oidc", __name__)
_LONGEST_WAY = 1_500
_UNKNOWN_ERROR = "something else"
_ERROR = re.compile(r"[a-z_]{1,50}")


def register(app: Flask, settings: WebSettings) -> None:
    """Add the way to the provider, and its name for pages, if there is one."""
    app.jinja_env.globals["oidc_name"] = settings.oidc_name
    if settings.oidc_name:
        app.register_blueprint(oidc)


@oidc.get("/sign-in/oidc")
def start() -> Response:
    """Send the browser to the provider."""
    if csrf.from_elsewhere():
        # Nobody else's link signs somebody in.
        return redirect(url_for("account.sign_in"), 303)  # type: ignore[return-value]
    way = way_back(request.args.get("next"))
    answer = sessions.start_oidc(Deadline(settings().sign_in_seconds))
    if not answer.ok:
        return _failed(answer, way)
    quoted = quote(way)
    kept = f"{answer.body['flow']} {quoted if len(quoted) <= _LONGEST_WAY else ''}"
    cookies.keep("flow", kept, int(answer.body["expires_in"]))
    return redirect(answer.body["authorization_url"], 303)  # type: ignore[return-value]


@oidc.get("/sign-in/oidc/callback")
def callback() -> Response:
    """Take what the browser brings back, if it is the browser that was sent."""
    flow, _, quoted = cookies.read("flow").partition(" ")
    way = way_back(unquote(quoted))
    cookies.drop("flow")
    if error := request.args.get("error"):
        said = error if _ERROR.fullmatch(error) else _UNKNOWN_ERROR
        log.info("the provider signed nobody in: %s", said)
        return _form(f"{_provider()} did not sign you in.", 403, way)
    brought = {
        name: request.args[name] for name in ("state", "code", "iss") if name in request.args
    }
    answer = sessions.finish_oidc(flow, brought, Deadline(settings().sign_in_seconds))
    if not answer.ok:
        return _failed(answer, way)
    return redirect(way, 303)  # type: ignore[return-value]


def _failed(answer: Answer, way: str) -> Response:
    if answer.status == 429:
        response = _form(answer.detail, 429, way)
        response.headers["Retry-After"] = answer.retry_after
        return response
    if answer.status in (400, 401):
        fault = "This sign-in took too long, or was not begun in this browser. Try again."
        return _form(fault, 403, way)
    fault = f"Signing in with {_provider()} does not work right now. Try again soon."
    return _form(fault, 503, way)


def _form(fault: str, status: int, way: str) -> Response:
    """The sign-in page, which leads on to where this way was going to."""
    return page("sign_in.html", {}, status=status, fault=fault, field="", username="", way=way)


def _provider() -> str:
    return settings().oidc_name
