"""Cookies: everything that a session is lies in the browser, so any pod may answer any request."""

from dataclasses import dataclass
from typing import Literal

from flask import Flask, Response, g, request

_PREFIX = "reddit_reco_"
Name = Literal["access", "refresh", "csrf", "notice", "topics", "flow"]


@dataclass(frozen=True)
class Change:
    """A cookie that the response sets; an empty value takes it away."""

    name: Name
    value: str
    seconds: int


def read(name: Name) -> str:
    """The cookie's value, or an empty string."""
    return request.cookies.get(_PREFIX + name, "")


def keep(name: Name, value: str, seconds: int) -> None:
    """Set the cookie with this request's response."""
    changes: dict[str, Change] = g.setdefault("cookies", {})
    changes[name] = Change(name, value, seconds)


def drop(name: Name) -> None:
    """Take the cookie away with this request's response."""
    keep(name, "", 0)


def secure() -> bool:
    """Whether the browser speaks TLS, to us or to the proxy in front."""
    return request.headers.get("X-Forwarded-Proto", request.scheme) == "https"


def register(app: Flask, path: str) -> None:
    """Send the changes of each request to `app`; the cookies are for `path` and below."""

    @app.after_request
    def send(response: Response) -> Response:
        for change in g.get("cookies", {}).values():
            response.set_cookie(
                _PREFIX + change.name,
                change.value,
                max_age=change.seconds,
                path=path or "/",
                secure=secure(),
                httponly=True,
                samesite="Lax",
            )
        return response
