"""Who is asking: bearer tokens (JWT, EdDSA), checked by every service itself."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import jwt
from flask import Flask, current_app, g, request

from .problems import MISSING_SCOPE, UNAUTHORIZED, Problem
from .settings import Settings

log = logging.getLogger(__name__)
View = TypeVar("View", bound=Callable[..., Any])
_NEEDS = "_reddit_reco_scope"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_LEEWAY = 5
# So many tokens are remembered as good, some 900 bytes each.
_MOST_KNOWN = 4_096


@dataclass(frozen=True)
class Principal:
    """The subject of a valid token, what it may do, and the name that people know it by."""

    subject: str
    scopes: frozenset[str]
    name: str = ""

    def may(self, scope: str) -> bool:
        """Whether this principal has `scope`; an admin has all of them."""
        return scope in self.scopes or "admin" in self.scopes


_Keys = dict[str | None, jwt.PyJWK]
_Known = dict[str, tuple[Principal, float]]


class Verifier:
    """Checks tokens against a key set file, read again whenever the file changes.

    A reader's token comes with each of their requests, and its signature is the most of what there
    is to check: it is checked once, until the token ends or the keys change.
    """

    def __init__(self, settings: Settings) -> None:
        self._path = Path(settings.jwks_file) if settings.jwks_file else None
        self._decode = partial(
            jwt.decode,
            algorithms=["EdDSA"],
            audience=settings.token_audience,
            issuer=settings.token_issuer,
            options={"require": ["exp", "sub", "iss", "aud"]},
            leeway=_LEEWAY,
        )
        self._seen: int = -1
        # By their ids; and the tokens that these were found to have signed, with the end of each.
        self._keys: tuple[_Keys, _Known] = ({}, {})

    def principal(self, token: str) -> Principal:
        """The token's principal.

        Raises:
            Problem: 401 if the token is malformed, expired, or not signed by a known key.
        """
        self._reload()
        # Both as they are now: should the keys change meanwhile, the others do not know this token.
        keys, known = self._keys
        principal, end = known.get(token, (None, 0.0))
        if principal is None or time.time() >= end:
            principal, end = self._checked(token, keys)
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[token] = principal, end
        return principal

    def _checked(self, token: str, keys: _Keys) -> tuple[Principal, float]:
        """The token's principal, and until when it is good, in seconds since 1970."""
        try:
            key = keys[jwt.get_unverified_header(token).get("kid")]
            claims = self._decode(token, key)
        except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
            reason = "unknown key" if isinstance(error, KeyError) else str(error)
            raise _unauthorized(f"The token was refused: {reason}.") from None
        scopes = frozenset(str(claims.get("scope", "")).split())
        principal = Principal(str(claims["sub"]), scopes, str(claims.get("name") or ""))
        return principal, int(claims["exp"]) + _LEEWAY

    def _reload(self) -> None:
        if self._path is None:
            return
        try:
            changed = self._path.stat().st_mtime_ns
        except OSError:
            return
        if changed != self._seen:
            self._read(self._path)
            # Last, since other threads trust the keys as soon as they see it.
            self._seen = changed

    def _read(self, path: Path) -> None:
        try:
            keys = jwt.PyJWKSet.from_json(path.read_text()).keys
        except (OSError, ValueError, TypeError, AttributeError, jwt.PyJWTError) as error:
            # Half a file must not lock everyone out: the keys known so far stay good.
            log.error("%s holds no key set: %s", path, error)
            return
        self._keys = ({key.key_id: key for key in keys}, {})
        log.info("read %d token keys from %s", len(keys), path)


def authenticated(view: View) -> View:
    """Mark a view that any valid token may call."""
    return requires("")(view)


def public(view: View) -> View:
    """Mark a view that changes something and still needs no token: signing up, signing in."""
    setattr(view, _NEEDS, None)
    return view


def requires(scope: str) -> Callable[[View], View]:
    """Mark a view that needs a token with `scope`. Goes below the route decorator."""

    def mark(view: View) -> View:
        setattr(view, _NEEDS, scope)
        return view

    return mark


def current_principal() -> Principal:
    """Who is asking.

    Raises:
        Problem: 401 if the request carries no token.
    """
    principal = optional_principal()
    if principal is None:
        raise _unauthorized("This needs a token: Authorization: Bearer ...")
    return principal


def optional_principal() -> Principal | None:
    """Who is asking, or None for a request without a token."""
    principal: Principal | None = g.get("principal")
    return principal


def register(app: Flask, settings: Settings) -> None:
    """Check the token of every request to `app` before its input is looked at."""
    verifier = Verifier(settings)

    @app.before_request
    def check_token() -> None:
        g.principal = None
        if header := request.headers.get("Authorization"):
            scheme, _, token = header.partition(" ")
            if scheme.lower() != "bearer":
                raise _unauthorized("Only the Bearer scheme is understood.")
            g.principal = verifier.principal(token.strip())
        _check_scope(settings.open_reading)


def _check_scope(open_reading: bool) -> None:
    if request.endpoint is None:
        return
    view = current_app.view_functions[request.endpoint]
    scope: str | None = getattr(view, _NEEDS, None if _may_read(open_reading) else "")
    if scope is None:
        return
    if scope and not current_principal().may(scope):
        raise Problem(MISSING_SCOPE, f"The token lacks the scope {scope}.", scope=scope)
    current_principal()


def _may_read(open_reading: bool) -> bool:
    """Whether an unmarked view needs no token: a write that somebody forgot to mark needs one."""
    if not request.path.startswith("/api/"):
        return True
    return open_reading and request.method in _READING


def _unauthorized(detail: str) -> Problem:
    return Problem(UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"})
