"""What users can do with their accounts, from whom and how often."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .domain import (
    RESERVED,
    NameTaken,
    RefreshRefused,
    RefreshToken,
    SignInRefused,
    User,
    folded,
    parse_refresh_token,
    place,
)
from .hashing import Passwords
from .keys import SigningKeys
from .limits import Limits
from .sessions import Sessions
from .settings import LoginSettings
from .store import LoginStore

log = logging.getLogger(__name__)
_ACCOUNT, _PLACE, _ADDRESS, SIGN_UP = "account", "place", "address", "sign-up"


@dataclass(frozen=True)
class Grant:
    """What a session hands out."""

    access_token: str
    refresh_token: RefreshToken
    expires_in: int


class Accounts:
    """Signing up, in and out."""

    def __init__(
        self,
        settings: LoginSettings,
        *,
        store: LoginStore,
        sessions: Sessions,
        passwords: Passwords,
        keys: SigningKeys,
        limits: Limits,
    ) -> None:
        self._settings = settings
        self._store = store
        self._sessions = sessions
        self._passwords = passwords
        self._limits = limits
        self.keys = keys

    def sign_up(self, name: str, password: str, address: str) -> User:
        """Make an account; the name is looked at first, since a hash is dear.

        Raises:
            NameTaken: the name is somebody's, or reserved.
            LimitReached: too many from this address.
        """
        self._limits.count(SIGN_UP, address, self._settings.signups_per_address)
        name = folded(name)
        if name in RESERVED:
            raise NameTaken
        self._store.check_free(name, timedelta(seconds=self._settings.name_rest_seconds))
        return self._store.add(name, self._passwords.hash(password))

    def sign_in(self, name: str, password: str, address: str) -> Grant:
        """Begin a session.

        Wrong passwords are counted before they are looked at, or many at once would slip through.

        Raises:
            SignInRefused: unknown name or wrong password; both take as long.
            LimitReached: too many from this address, or for this account, known or not.
        """
        self._limits.count(_ADDRESS, address, self._settings.signins_per_address)
        name = folded(name) or name
        counted = self._count_tries(name, address)
        user, kept = self._store.find(name) or (None, None)
        if not self._passwords.fits(password, kept) or user is None or kept is None:
            raise SignInRefused
        for kind, who in counted:
            self._limits.give_back(kind, who)
        self._store.remember_place(name, place(name, address))
        if self._passwords.outdated(kept):
            self._store.rehash(name, kept, self._passwords.hash(password))
        return self.open(user)

    def _count_tries(self, name: str, address: str) -> list[tuple[str, str]]:
        """Count a try for the account; gives what was counted.

        From one address by itself, and together with all that the account is a stranger at: so
        those who guess from many are stopped, and the owner, where they were before, is not.
        """
        here = place(name, address)
        counted = [(_PLACE, here)]
        self._limits.count(_PLACE, here, self._settings.signins_per_account)
        known = timedelta(seconds=self._settings.known_address_seconds)
        if not self._store.knows_place(name, here, known):
            self._limits.count(_ACCOUNT, name, self._settings.signins_per_account_in_all)
            counted.append((_ACCOUNT, name))
        return counted

    def open(self, user: User) -> Grant:
        """Begin a session for somebody who has proven who they are."""
        return self._grant(user, self._sessions.open(user))

    def refresh(self, text: str) -> Grant:
        """Go on with a session; the refresh token given is used up by it.

        Raises:
            RefreshRefused: the token is good for nothing, or was used before: its session ends.
        """
        try:
            user, token = self._sessions.refresh(parse_refresh_token(text))
        except RefreshRefused as refused:
            if refused.args:
                log.warning("a used refresh token of %s came again: session ended", refused.args[0])
            raise
        return self._grant(user, token)

    def sign_out(self, subject: str, family: str, *, everywhere: bool) -> None:
        """End the session that a token is of, or all of its user."""
        if everywhere:
            self._sessions.close_all(subject)
        elif family:
            self._sessions.close(family, subject)

    def me(self, subject: str) -> User:
        """The account of a token's subject."""
        return self._store.by_subject(subject)

    def user(self, name: str) -> User:
        """The account of a name."""
        return self._store.by_name(folded(name))

    def erase(self, subject: str) -> datetime:
        """Erase the account here at once, and order it everywhere."""
        at = self._store.erase(subject)
        log.info("erasure of %s ordered", subject)
        return at

    def _grant(self, user: User, token: RefreshToken) -> Grant:
        now, lasts = int(time.time()), self._settings.access_token_seconds
        claims: dict[str, Any] = {
            "iss": self._settings.token_issuer,
            "aud": self._settings.token_audience,
            "sub": user.subject,
            "name": user.name,
            "scope": " ".join(user.scopes),
            "sid": token.family,
            "iat": now,
            "exp": now + lasts,
        }
        return Grant(self.keys.sign(claims), token, lasts)
