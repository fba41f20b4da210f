"""HTTP in, HTTP out."""

import logging
from dataclasses import asdict
from typing import Any, cast

import jwt
from flask import Response, current_app, jsonify, request
from flask_openapi3 import APIBlueprint

from reddit_reco_chassis import (
    Problem,
    authenticated,
    current_principal,
    public,
    requires,
    timestamp,
)

from . import domain
from .accounts import Accounts, Grant
from .asking import ProviderAway
from .domain import (
    AccountUnknown,
    LimitReached,
    NameTaken,
    RefreshRefused,
    SignInRefused,
    User,
)
from .hashing import Busy
from .models import (
    Account,
    Erasure,
    KeySet,
    OidcAnswer,
    OidcStarted,
    Refresh,
    ScopePath,
    SignIn,
    SignOut,
    SignUp,
    Tokens,
    UserPath,
)
from .oidc import OidcSignIn
from .provider import AnswerRefused
from .rights import LastAdmin, Rights, SetElsewhere

log = logging.getLogger(__name__)
ACCOUNTS = "reddit_reco_login"
PROXIES = "reddit_reco_login_proxies"
OIDC = "reddit_reco_login_oidc"
RIGHTS = "reddit_reco_login_rights"
_USER: list[dict[str, list[str]]] = [{"bearer": []}]
_TAKEN: Any = {"description": "The name is taken."}
_REFUSED: Any = {"description": "The name, the password or the token is not the right one."}
_OFTEN: Any = {"description": "Too often; `Retry-After` says when to come again."}
_UNKNOWN: Any = {"description": "The token's subject has no account."}
_NO_PROVIDER: Any = {"description": "There is no provider to sign in with."}
_AWAY: Any = {"description": "The provider does not answer."}
_ADMIN: list[dict[str, list[str]]] = [{"bearer": ["admin"]}]
_NOBODY: Any = {"description": "No user has this name."}
_KEPT: Any = {"description": "The last admin stays one; the settings' admin is changed there."}
_KEYS_SECONDS = 60

api = APIBlueprint("login", "login", url_prefix="/api/v1")
keys = APIBlueprint("keys", "keys")


def _accounts() -> Accounts:
    return cast(Accounts, current_app.extensions[ACCOUNTS])


def _oidc() -> OidcSignIn:
    found: OidcSignIn | None = current_app.extensions[OIDC]
    if found is None:
        raise Problem(404, "oidc-off", _NO_PROVIDER["description"])
    return found


@api.post("/users", responses={201: Account, 409: _TAKEN, 429: _OFTEN})
@public
def sign_up(body: SignUp) -> Response:
    """Make an account."""
    password = body.password.get_secret_value()
    if weakness := domain.weakness(password, domain.folded(body.username)):
        raise Problem(400, "weak-password", f"password: {weakness}.", field="password")
    user = _accounts().sign_up(body.username, password, _address())
    response = _private(jsonify(_account(user)), 201)
    response.headers["Location"] = _href("/api/v1/me")
    return response


@api.post("/sessions", responses={201: Tokens, 401: _REFUSED, 429: _OFTEN})
@public
def sign_in(body: SignIn) -> Response:
    """Sign in: a short access token, and a refresh token for the next."""
    password = body.password.get_secret_value()
    return _granted(_accounts().sign_in(body.username, password, _address()), 201)


@api.post("/sessions/refresh", responses={200: Tokens, 401: _REFUSED})
@public
def refresh(body: Refresh) -> Response:
    """Trade a refresh token for new tokens.

    Each is good once. The one used last gets the same answer again, for two tabs that meet and for
    an answer that was lost: until the answer's own token is used, for some days. Any other that
    comes again ends its session, since somebody has a copy.
    """
    return _granted(_accounts().refresh(body.refresh_token.get_secret_value()), 200)


@api.post(
    "/sessions/oidc", responses={201: OidcStarted, 404: _NO_PROVIDER, 429: _OFTEN, 503: _AWAY}
)
@public
def start_oidc() -> Response:
    """Begin to sign in with the OpenID provider.

    Keep `flow` where only this browser has it, and send the browser to `authorization_url`. The
    provider sends it back to the redirect URL with a `state` and a `code`.
    """
    started = _oidc().start(_address())
    return _private(jsonify(asdict(started)), 201)


@api.post(
    "/sessions/oidc/callback",
    responses={201: Tokens, 401: _REFUSED, 404: _NO_PROVIDER, 429: _OFTEN, 503: _AWAY},
)
@public
def finish_oidc(body: OidcAnswer) -> Response:
    """Sign in with what the browser brought back; the first time, this makes the account."""
    grant = _oidc().finish(
        body.flow.get_secret_value(), body.state, body.code.get_secret_value(), body.iss, _address()
    )
    return _granted(grant, 201)


@api.delete("/sessions", responses={204: None}, security=_USER)
@authenticated
def sign_out(query: SignOut) -> Response:
    """Sign out: this session, or all; access tokens end by themselves within minutes."""
    subject = current_principal().subject
    _accounts().sign_out(subject, _session_of_token(), everywhere=query.all)
    return _private(Response(), 204)


@api.get("/me", responses={200: Account, 404: _UNKNOWN}, security=_USER)
@authenticated
def get_me() -> Response:
    """Whose token this is."""
    return _private(jsonify(_account(_accounts().me(current_principal().subject))), 200)


@api.delete("/me", responses={202: Erasure, 404: _UNKNOWN}, security=_USER)
@authenticated
def delete_me() -> Response:
    """Erase me: the account and its sessions at once, my data in every service within seconds."""
    subject = current_principal().subject
    at = timestamp(_accounts().erase(subject))
    return _private(jsonify({"state": "erasing", "id": subject, "at": at}), 202)


@api.get("/users/<username>", responses={200: Account, 404: _NOBODY}, security=_ADMIN)
@requires("admin")
def get_user(path: UserPath) -> Response:
    """A user's account, for admins."""
    return _private(jsonify(_account(_named(path.username), mine=False)), 200)


@api.put(
    "/users/<username>/scopes/<scope>",
    responses={200: Account, 201: Account, 404: _NOBODY},
    security=_ADMIN,
)
@requires("admin")
def give_scope(path: ScopePath) -> Response:
    """Give a user a scope: 201, or 200 if they had it. Their next tokens carry it."""
    user = _named(path.username)
    new = _rights().give(user.name, path.scope, current_principal().subject)
    return _private(jsonify(_account(_named(user.name), mine=False)), 201 if new else 200)


@api.delete(
    "/users/<username>/scopes/<scope>",
    responses={204: None, 404: _NOBODY, 409: _KEPT},
    security=_ADMIN,
)
@requires("admin")
def take_scope(path: ScopePath) -> Response:
    """Take a scope from a user.

    Tokens that carry it end by themselves within minutes; the next ones do not have it.
    """
    user = _named(path.username)
    _rights().take(user.name, path.scope, current_principal().subject)
    return _private(Response(), 204)


@keys.get("/.well-known/jwks.json", responses={200: KeySet, 304: None})
def public_keys() -> Response:
    """The public keys that tokens are checked against."""
    response = jsonify(_accounts().keys.public_set())
    response.headers["Cache-Control"] = f"public, max-age={_KEYS_SECONDS}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    return cast(Response, response.make_conditional(request))


@api.errorhandler(NameTaken)
def _taken(_: NameTaken) -> Response:
    return Problem(409, "username-taken", _TAKEN["description"], field="username").response()


@api.errorhandler(SignInRefused)
def _sign_in_refused(_: SignInRefused) -> Response:
    return Problem(401, "sign-in-refused", "Unknown username or wrong password.").response()


@api.errorhandler(AnswerRefused)
def _answer_refused(refused: AnswerRefused) -> Response:
    log.warning("a sign-in by the provider was refused: %s", refused)
    detail = "This sign-in was not begun here, is too old, or proves nothing: begin again."
    return Problem(401, "oidc-refused", detail).response()


@api.errorhandler(ProviderAway)
def _away(away: ProviderAway) -> Response:
    log.error("the provider: %s", away)
    return Problem(503, "oidc-away", _AWAY["description"]).response()


@api.errorhandler(RefreshRefused)
def _refresh_refused(_: RefreshRefused) -> Response:
    detail = "The refresh token is unknown, expired or used up: sign in again."
    return Problem(401, "refresh-refused", detail).response()


@api.errorhandler(AccountUnknown)
def _unknown(_: AccountUnknown) -> Response:
    return Problem(404, "no-account", _UNKNOWN["description"]).response()


@api.errorhandler(LastAdmin)
def _last_admin(_: LastAdmin) -> Response:
    detail = "This is the last admin: make another one first."
    return Problem(409, "last-admin", detail).response()


@api.errorhandler(SetElsewhere)
def _set_elsewhere(_: SetElsewhere) -> Response:
    detail = "This is the admin of the installation's settings: change it there."
    return Problem(409, "admin-of-settings", detail).response()


@api.errorhandler(LimitReached)
def _limited(reached: LimitReached) -> Response:
    wait = {"Retry-After": str(reached.retry_after)}
    detail = f"Too many tries; come again in {reached.retry_after} s."
    return Problem(429, "too-many-requests", detail, headers=wait).response()


@api.errorhandler(Busy)
def _busy(_: Busy) -> Response:
    wait = {"Retry-After": "2"}
    return Problem(503, "busy", "Too many sign in at this moment.", headers=wait).response()


def _granted(grant: Grant, status: int) -> Response:
    body = {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token.text,
        "expires_in": grant.expires_in,
        "token_type": "Bearer",
    }
    return _private(jsonify(body), status)


def _rights() -> Rights:
    return cast(Rights, current_app.extensions[RIGHTS])


def _named(name: str) -> User:
    try:
        return _accounts().user(name)
    except AccountUnknown:
        raise Problem(404, "no-user", _NOBODY["description"], field="username") from None


def _account(user: User, mine: bool = True) -> dict[str, Any]:
    return {
        "id": user.subject,
        "username": user.name,
        "scopes": list(user.scopes),
        "created_at": timestamp(user.created_at),
        "_links": {"self": {"href": _href("/api/v1/me" if mine else f"/api/v1/users/{user.name}")}},
    }


def _private(response: Response, status: int) -> Response:
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _href(path: str) -> str:
    return request.script_root + path


def _session_of_token() -> str:
    """The session that the token is of; the chassis has checked the token already."""
    token = request.headers["Authorization"].partition(" ")[2].strip()
    family = jwt.decode(token, options={"verify_signature": False}).get("sid")
    return family if isinstance(family, str) else ""


def _address() -> str:
    forwarded = request.headers.get("X-Forwarded-For", "")
    entries = [each for each in forwarded.split(",") if each.strip()]
    proxies: int = current_app.extensions[PROXIES]
    return domain.client_address(request.remote_addr or "", entries, proxies)
