"""Accounts, sessions and keys over HTTP, and nothing else."""

from typing import Any, cast

import jwt
from flask import Response, current_app, jsonify, request
from flask_openapi3 import APIBlueprint

from reddit_reco_chassis import Problem, authenticated, current_principal, public, timestamp

from . import domain
from .accounts import Accounts
from .answers import OFTEN, USER, account, address, granted, href, private
from .models import Account, Erasure, KeySet, Refresh, SignIn, SignOut, SignUp, Tokens
from .problems import WEAK_PASSWORD

ACCOUNTS = "reddit_reco_login"
_TAKEN: Any = {"description": "The name is taken."}
_REFUSED: Any = {"description": "The name, the password or the token is not the right one."}
_UNKNOWN: Any = {"description": "The token's subject has no account."}
_KEYS_SECONDS = 60

api = APIBlueprint("login", "login", url_prefix="/api/v1")
keys = APIBlueprint("keys", "keys")


def _accounts() -> Accounts:
    return cast(Accounts, current_app.extensions[ACCOUNTS])


@api.post("/users", responses={201: Account, 409: _TAKEN, 429: OFTEN})
@public
def sign_up(body: SignUp) -> Response:
    """Make an account."""
    password = body.password.get_secret_value()
    if weakness := domain.weakness(password, domain.folded(body.username)):
        raise Problem(WEAK_PASSWORD, f"password: {weakness}.", field="password")
    user = _accounts().sign_up(body.username, password, address())
    response = private(jsonify(account(user)), 201)
    response.headers["Location"] = href("/api/v1/me")
    return response


@api.post("/sessions", responses={201: Tokens, 401: _REFUSED, 429: OFTEN})
@public
def sign_in(body: SignIn) -> Response:
    """Sign in: a short access token, and a refresh token for the next."""
    password = body.password.get_secret_value()
    return granted(_accounts().sign_in(body.username, password, address()), 201)


@api.post("/sessions/refresh", responses={200: Tokens, 401: _REFUSED})
@public
def refresh(body: Refresh) -> Response:
    """Trade a refresh token for new tokens.

    Each is good once. The one used last gets the same answer again, for two tabs that meet and for
    an answer that was lost: until the answer's own token is used, for some days. Any other that
    comes again ends its session, since somebody has a copy.
    """
    return granted(_accounts().refresh(body.refresh_token.get_secret_value()), 200)


@api.delete("/sessions", responses={204: None}, security=USER)
@authenticated
def sign_out(query: SignOut) -> Response:
    """Sign out: this session, or all; access tokens end by themselves within minutes."""
    subject = current_principal().subject
    _accounts().sign_out(subject, _session_of_token(), everywhere=query.all)
    return private(Response(), 204)


@api.get("/me", responses={200: Account, 404: _UNKNOWN}, security=USER)
@authenticated
def get_me() -> Response:
    """Whose token this is."""
    return private(jsonify(account(_accounts().me(current_principal().subject))), 200)


@api.delete("/me", responses={202: Erasure, 404: _UNKNOWN}, security=USER)
@authenticated
def delete_me() -> Response:
    """Erase me: the account and its sessions at once, my data in every service within seconds."""
    subject = current_principal().subject
    at = timestamp(_accounts().erase(subject))
    return private(jsonify({"state": "erasing", "id": subject, "at": at}), 202)


@keys.get("/.well-known/jwks.json", responses={200: KeySet, 304: None})
def public_keys() -> Response:
    """The public keys that tokens are checked against."""
    response = jsonify(_accounts().keys.public_set())
    response.headers["Cache-Control"] = f"public, max-age={_KEYS_SECONDS}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    return cast(Response, response.make_conditional(request))


def _session_of_token() -> str:
    """The session that the token is of; the chassis has checked the token already."""
    token = request.headers["Authorization"].partition(" ")[2].strip()
    family = jwt.decode(token, options={"verify_signature": False}).get("sid")
    return family if isinstance(family, str) else ""
