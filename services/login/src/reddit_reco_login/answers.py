"""What the routes have in common: whose request it is, and the forms of answers."""

from typing import Any

from flask import Response, current_app, jsonify, request

from reddit_reco_chassis import timestamp

from . import domain
from .accounts import Grant
from .domain import User

PROXIES = "reddit_reco_login_proxies"
USER: list[dict[str, list[str]]] = [{"bearer": []}]
ADMIN: list[dict[str, list[str]]] = [{"bearer": ["admin"]}]
OFTEN: Any = {"description": "Too often; `Retry-After` says when to come again."}


def granted(grant: Grant, status: int) -> Response:
    """The tokens of a session."""
    body = {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token.text,
        "expires_in": grant.expires_in,
        "token_type": "Bearer",
    }
    return private(jsonify(body), status)


def account(user: User, mine: bool = True) -> dict[str, Any]:
    """An account, to its owner or to an admin."""
    return {
        "id": user.subject,
        "username": user.name,
        "scopes": list(user.scopes),
        "created_at": timestamp(user.created_at),
        "_links": {"self": {"href": href("/api/v1/me" if mine else f"/api/v1/users/{user.name}")}},
    }


def private(response: Response, status: int) -> Response:
    """An answer that nobody keeps."""
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def href(path: str) -> str:
    """The path below the base path."""
    return request.script_root + path


def address() -> str:
    """Whom limits count."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    entries = [each for each in forwarded.split(",") if each.strip()]
    proxies: int = current_app.extensions[PROXIES]
    return domain.client_address(request.remote_addr or "", entries, proxies)
