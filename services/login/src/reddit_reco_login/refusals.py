"""What went wrong, as problems."""

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, Response

from reddit_reco_chassis import Problem

from .asking import ProviderAway
from .domain import AccountUnknown, LimitReached, NameTaken, RefreshRefused, SignInRefused
from .hashing import Busy
from .problems import (
    ADMIN_OF_SETTINGS,
    BUSY,
    LAST_ADMIN,
    NO_ACCOUNT,
    OIDC_AWAY,
    OIDC_REFUSED,
    REFRESH_REFUSED,
    SIGN_IN_REFUSED,
    TOO_MANY_REQUESTS,
    USERNAME_TAKEN,
)
from .provider import AnswerRefused
from .rights import LastAdmin, SetElsewhere

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Answer what the service raises with a problem."""
    for error, answer in _ANSWERS.items():
        app.register_error_handler(error, answer)


def _taken(_: NameTaken) -> Response:
    return Problem(USERNAME_TAKEN, "The name is taken.", field="username").response()


def _sign_in_refused(_: SignInRefused) -> Response:
    return Problem(SIGN_IN_REFUSED, "Unknown username or wrong password.").response()


def _answer_refused(refused: AnswerRefused) -> Response:
    log.warning("a sign-in by the provider was refused: %s", refused)
    detail = "This sign-in was not begun here, is too old, or proves nothing: begin again."
    return Problem(OIDC_REFUSED, detail).response()


def _away(away: ProviderAway) -> Response:
    log.error("the provider: %s", away)
    return Problem(OIDC_AWAY, "The provider does not answer.").response()


def _refresh_refused(_: RefreshRefused) -> Response:
    detail = "The refresh token is unknown, expired or used up: sign in again."
    return Problem(REFRESH_REFUSED, detail).response()


def _unknown(_: AccountUnknown) -> Response:
    return Problem(NO_ACCOUNT, "The token's subject has no account.").response()


def _last_admin(_: LastAdmin) -> Response:
    detail = "This is the last admin: make another one first."
    return Problem(LAST_ADMIN, detail).response()


def _set_elsewhere(_: SetElsewhere) -> Response:
    detail = "This is the admin of the installation's settings: change it there."
    return Problem(ADMIN_OF_SETTINGS, detail).response()


def _limited(reached: LimitReached) -> Response:
    wait = {"Retry-After": str(reached.retry_after)}
    detail = f"Too many tries; come again in {_about(reached.retry_after)}."
    return Problem(TOO_MANY_REQUESTS, detail, headers=wait).response()


def _about(seconds: int) -> str:
    """For people, and never too early."""
    return f"{seconds} s" if seconds < 100 else f"{-(-seconds // 60)} minutes"


def _busy(_: Busy) -> Response:
    wait = {"Retry-After": "2"}
    return Problem(BUSY, "Too many sign in at this moment.", headers=wait).response()


_ANSWERS: dict[type[Exception], Callable[[Any], Response]] = {
    NameTaken: _taken,
    SignInRefused: _sign_in_refused,
    AnswerRefused: _answer_refused,
    ProviderAway: _away,
    RefreshRefused: _refresh_refused,
    AccountUnknown: _unknown,
    LastAdmin: _last_admin,
    SetElsewhere: _set_elsewhere,
    LimitReached: _limited,
    Busy: _busy,
}
