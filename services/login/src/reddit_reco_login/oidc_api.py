"""Signing in with an OpenID provider, over HTTP."""

from dataclasses import asdict
from typing import Any

from flask import Response, current_app, jsonify
from flask_openapi3 import APIBlueprint

from reddit_reco_chassis import Problem, public

from .answers import OFTEN, address, granted, private
from .models import OidcAnswer, OidcStarted, Tokens
from .oidc import OidcSignIn
from .problems import OIDC_OFF

OIDC = "reddit_reco_login_oidc"
_NO_PROVIDER: Any = {"description": "There is no provider to sign in with."}
_REFUSED: Any = {"description": "It was not begun here, is too old, or proves nothing."}
_AWAY: Any = {"description": "The provider does not answer."}

oidc = APIBlueprint("oidc", "oidc", url_prefix="/api/v1/sessions/oidc")


@oidc.post("", responses={201: OidcStarted, 404: _NO_PROVIDER, 429: OFTEN, 503: _AWAY})
@public
def start_oidc() -> Response:
    """Begin to sign in with the OpenID provider.

    Keep `flow` where only this browser has it, and send the browser to `authorization_url`. The
    provider sends it back to the redirect URL with a `state` and a `code`.
    """
    started = _oidc().start(address())
    return private(jsonify(asdict(started)), 201)


@oidc.post(
    "/callback",
    responses={201: Tokens, 401: _REFUSED, 404: _NO_PROVIDER, 429: OFTEN, 503: _AWAY},
)
@public
def finish_oidc(body: OidcAnswer) -> Response:
    """Sign in with what the browser brought back; the first time, this makes the account."""
    grant = _oidc().finish(
        body.flow.get_secret_value(), body.state, body.code.get_secret_value(), body.iss, address()
    )
    return granted(grant, 201)


def _oidc() -> OidcSignIn:
    found: OidcSignIn | None = current_app.extensions[OIDC]
    if found is None:
        raise Problem(OIDC_OFF, _NO_PROVIDER["description"])
    return found
