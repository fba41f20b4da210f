"""Who is reading: the tokens that login hands out lie in cookies that no script can read.

Near the end of its life the access token's cookie is gone, and the refresh token is traded for new
ones. Requests that meet while they do this get the same answer from login, and so does a later one
if that answer was lost; so pods need not agree with each other.
"""

from dataclasses import dataclass
from typing import Any

import jwt
from flask import Flask, current_app, g, request

from reddit_reco_chassis import Problem
from reddit_reco_chassis.auth import Verifier

from . import cookies, csrf
from .backends import Answer, Backends, Call, Deadline
from .deadlines import deadline
from .settings import WebSettings

_VERIFIER = "verifier"
# The part of an answer's time that a refresh may take; the services need the rest.
_REFRESH_SHARE = 0.6
# Login's answers to a refresh token that is worth nothing any more, or never was one.
_ENDED = (400, 401)
# Tokens are taken as spent a little early, or they would end on their way to a service.
_EARLY_SECONDS = 30


@dataclass(frozen=True)
class User:
    """Who is signed in, and the token that says so to the services."""

    subject: str
    name: str
    scopes: frozenset[str]
    token: str

    @property
    def may_import(self) -> bool:
        """Whether posts may be brought in by this user."""
        return bool(self.scopes & {"admin", "posts:write"})


def register(app: Flask, settings: WebSettings) -> None:
    """Find out with every request to `app` who is reading, once that is asked for."""
    app.extensions[_VERIFIER] = Verifier(settings)
    cookies.register(app, settings.base_path)


def user() -> User | None:
    """Who is signed in; None for a visitor, and for somebody whose session is `unrenewed`."""
    if "user" not in g:
        g.user = _of_cookie() or _refreshed()
    found: User | None = g.user
    return found


def unrenewed() -> bool:
    """Whether there is a session that login, late or away, could not renew for this request.

    It has not ended: its cookies stay, and it is renewed as soon as login answers.
    """
    return user() is None and bool(g.get("unrenewed"))


def sign_in(name: str, password: str, end: Deadline) -> Answer:
    """Begin a session; with a good answer the user is signed in."""
    answer = _login(
        Call("login", "/api/v1/sessions", method="POST", body=_pair(name, password)), end
    )
    if answer.ok:
        g.user = _accept(answer.body)
        csrf.renew()
    return answer


def start_oidc(end: Deadline) -> Answer:
    """Ask where the provider is; what comes along is for this browser alone."""
    return _login(Call("login", "/api/v1/sessions/oidc", method="POST"), end)


def finish_oidc(flow: str, brought: dict[str, str], end: Deadline) -> Answer:
    """Begin a session with what came back from the provider; a good answer signs the user in."""
    body = {"flow": flow, "state": "", "code": "", **brought}
    answer = _login(Call("login", "/api/v1/sessions/oidc/callback", method="POST", body=body), end)
    if answer.ok:
        g.user = _accept(answer.body)
        csrf.renew()
    return answer


def sign_up(name: str, password: str, end: Deadline) -> Answer:
    """Make an account."""
    return _login(Call("login", "/api/v1/users", method="POST", body=_pair(name, password)), end)


def forget() -> None:
    """Take the session's cookies away."""
    g.user = None
    for name in ("access", "refresh"):
        cookies.drop(name)
    csrf.renew()


def headers() -> dict[str, str]:
    """What every call of this request carries."""
    found = {"X-Request-ID": g.request_id}
    if (reader := user()) is not None:
        found["Authorization"] = f"Bearer {reader.token}"
    return found


def _of_cookie() -> User | None:
    token = cookies.read("access")
    if not token:
        return None
    verifier: Verifier = current_app.extensions[_VERIFIER]
    try:
        principal = verifier.principal(token)
    except Problem:
        return None
    return User(principal.subject, principal.name, principal.scopes, token)


def _refreshed() -> User | None:
    refresh = cookies.read("refresh")
    if not refresh:
        return None
    # Else the call below would ask who is reading.
    g.user = None
    call = Call("login", "/api/v1/sessions/refresh", method="POST", body={"refresh_token": refresh})
    answer = _login(call, Deadline(deadline().left() * _REFRESH_SHARE))
    if answer.ok:
        return _accept(answer.body)
    if answer.status in _ENDED:
        forget()
    else:
        g.unrenewed = True
    return None


def _login(call: Call, end: Deadline) -> Answer:
    backends: Backends = current_app.extensions["backends"]
    sent = {"X-Request-ID": g.request_id}
    # Unchanged: login counts tries by the address that the outermost proxy saw.
    if forwarded := ",".join(request.headers.getlist("X-Forwarded-For")):
        sent["X-Forwarded-For"] = forwarded
    [answer] = backends.ask([call], end, sent)
    return answer


def _accept(body: Any) -> User:
    """Keep what login handed out; it needs no check, since login itself said it."""
    lasts = int(body["expires_in"])
    cookies.keep("access", body["access_token"], max(lasts - _EARLY_SECONDS, lasts // 2))
    cookies.keep("refresh", body["refresh_token"], _settings().session_seconds)
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    scopes = frozenset(str(claims.get("scope", "")).split())
    return User(str(claims["sub"]), str(claims.get("name", "")), scopes, body["access_token"])


def _pair(name: str, password: str) -> dict[str, str]:
    return {"username": name, "password": password}


def _settings() -> WebSettings:
    settings: WebSettings = current_app.config["WEB"]
    return settings
