"""The keys that tokens are signed with, read again whenever their file changes."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import orjson

log = logging.getLogger(__name__)
Jwk = dict[str, Any]
_PUBLIC = ("kty", "crv", "x", "kid", "alg", "use", "iat")


class NoKeys(Exception):
    """The file holds no private Ed25519 key; the message never quotes it."""


@dataclass(frozen=True)
class _Key:
    private: jwt.PyJWK
    public: Jwk
    since: float


class SigningKeys:
    """Signs tokens.

    A new key is published first and signs only after `settle` seconds, when every service has read
    it; the key before goes on until then, and what it signed stays valid as long as it is listed.

    Args:
        path: a private JWK, or `{"keys": [...]}` with an `iat` (seconds) in each.
        settle: seconds.
        clock: seconds since 1970.

    Raises:
        NoKeys: there is no key to begin with.
    """

    def __init__(self, path: Path, settle: float, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._settle = settle
        self._clock = clock
        self._seen = -1
        self._keys: list[_Key] = []
        self._read()

    def sign(self, claims: dict[str, Any]) -> str:
        """A token with these claims."""
        key = self._signer()
        return jwt.encode(claims, key.private, "EdDSA", headers={"kid": key.public["kid"]})

    def public_set(self) -> dict[str, list[Jwk]]:
        """The public half of every key (RFC 7517)."""
        self._refresh()
        return {"keys": [key.public for key in self._keys]}

    def check(self) -> None:
        """Raise unless there is a key."""
        self._signer()

    def _signer(self) -> _Key:
        self._refresh()
        keys, settled = self._keys, self._clock() - self._settle
        return next((key for key in keys if key.since <= settled), keys[-1])

    def _refresh(self) -> None:
        try:
            self._read()
        except NoKeys as error:
            # Half a file must not stop everyone from signing in.
            log.error("%s", error)

    def _read(self) -> None:
        try:
            changed = self._path.stat().st_mtime_ns
            if changed == self._seen:
                return
            self._seen = changed
            keys = [_key(jwk) for jwk in _listed(orjson.loads(self._path.read_bytes()))]
            keys.sort(key=lambda key: -key.since)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, jwt.PyJWTError) as error:
            reason = type(error).__name__
            raise NoKeys(f"{self._path} is no private Ed25519 JWK: {reason}") from None
        if not keys:
            raise NoKeys(f"{self._path} holds no key")
        self._keys = keys
        log.info("read %d signing keys from %s", len(keys), self._path)


def _listed(document: Any) -> list[Jwk]:
    keys: list[Jwk] = document.get("keys", [document])
    return keys


def _key(jwk: Jwk) -> _Key:
    if jwk["kty"] != "OKP" or jwk["crv"] != "Ed25519" or not isinstance(jwk["kid"], str):
        raise ValueError
    jwk["d"]  # Without it, this is a public key: a KeyError.
    public = {name: jwk[name] for name in _PUBLIC if name in jwk}
    return _Key(jwt.PyJWK(jwk, algorithm="EdDSA"), public, float(jwk.get("iat", 0)))
