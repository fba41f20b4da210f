"""Scopes over HTTP, for admins."""

from typing import Any, cast

from flask import Response, current_app, jsonify
from flask_openapi3 import APIBlueprint

from reddit_reco_chassis import Problem, current_principal, requires

from .accounts import Accounts
from .answers import ADMIN, account, private
from .api import ACCOUNTS
from .domain import AccountUnknown, User
from .models import Account, ScopePath, UserPath
from .problems import NO_USER
from .rights import Rights

RIGHTS = "reddit_reco_login_rights"
_NOBODY: Any = {"description": "No user has this name."}
_KEPT: Any = {"description": "The last admin stays one; the settings' admin is changed there."}

rights = APIBlueprint("rights", "rights", url_prefix="/api/v1/users")


@rights.get("/<username>", responses={200: Account, 404: _NOBODY}, security=ADMIN)
@requires("admin")
def get_user(path: UserPath) -> Response:
    """A user's account, for admins."""
    return private(jsonify(account(_named(path.username), mine=False)), 200)


@rights.put(
    "/<username>/scopes/<scope>",
    responses={200: Account, 201: Account, 404: _NOBODY},
    security=ADMIN,
)
@requires("admin")
def give_scope(path: ScopePath) -> Response:
    """Give a user a scope: 201, or 200 if they had it. Their next tokens carry it."""
    user = _named(path.username)
    new = _rights().give(user.name, path.scope, current_principal().subject)
    return private(jsonify(account(_named(user.name), mine=False)), 201 if new else 200)


@rights.delete(
    "/<username>/scopes/<scope>",
    responses={204: None, 404: _NOBODY, 409: _KEPT},
    security=ADMIN,
)
@requires("admin")
def take_scope(path: ScopePath) -> Response:
    """Take a scope from a user.

    Tokens that carry it end by themselves within minutes; the next ones do not have it.
    """
    user = _named(path.username)
    _rights().take(user.name, path.scope, current_principal().subject)
    return private(Response(), 204)


def _rights() -> Rights:
    return cast(Rights, current_app.extensions[RIGHTS])


def _named(name: str) -> User:
    try:
        return cast(Accounts, current_app.extensions[ACCOUNTS]).user(name)
    except AccountUnknown:
        raise Problem(NO_USER, _NOBODY["description"], field="username") from None
