"""The public keys that a provider signs with."""

from collections.abc import Callable
from typing import Any

import jwt

from .asking import Asking, ProviderAway

_FRESH_SECONDS = 3600
# An unknown key may be a new one; but nobody makes us ask for keys all the time.
_RETRY_SECONDS = 10


class ProviderKeys:
    """A provider's key set, kept for an hour, and asked for anew when a key is not in it.

    Args:
        asking: the way to the provider.
        clock: seconds, of any beginning.
    """

    def __init__(self, asking: Asking, clock: Callable[[], float]) -> None:
        self._asking = asking
        self._clock = clock
        self._read_at: float | None = None
        self._keys: list[dict[str, Any]] = []

    def find(self, address: str, kid: str | None, algorithm: str) -> jwt.PyJWK:
        """The one key that a token with this header was signed with.

        Raises:
            KeyError: there is none, or the header fits several.
            ProviderAway: the provider does not hand out its keys.
        """
        self._read(address, _FRESH_SECONDS)
        found = self._fitting(kid, algorithm)
        if not found:
            self._read(address, _RETRY_SECONDS)
            found = self._fitting(kid, algorithm)
        if len(found) != 1:
            raise KeyError(f"{len(found)} keys fit")
        return found[0]

    def _read(self, address: str, older_than: float) -> None:
        if self._read_at is not None and self._clock() - self._read_at < older_than:
            return
        status, answer = self._asking.ask("GET", address)
        keys = answer.get("keys")
        if status != 200 or not isinstance(keys, list):
            raise ProviderAway(f"{address} answered {status}, and no keys")
        self._keys = [key for key in keys if isinstance(key, dict)]
        self._read_at = self._clock()

    def _fitting(self, kid: str | None, algorithm: str) -> list[jwt.PyJWK]:
        found = []
        for key in self._keys:
            named = kid is None or key.get("kid") == kid
            meant = key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm
            if named and meant and (usable := _public_key(key, algorithm)):
                found.append(usable)
        return found


def _public_key(key: dict[str, Any], algorithm: str) -> jwt.PyJWK | None:
    try:
        # Bound to the algorithm: a key of another kind does not load.
        return jwt.PyJWK(key, algorithm=algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
