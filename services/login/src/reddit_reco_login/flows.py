"""Sign-ins that are under way at a provider: each good once, and for minutes."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.collection import Collection

Document = dict[str, Any]


@dataclass(frozen=True)
class Flow:
    """One sign-in's secrets.

    Args:
        secret: stays in the browser that began.
        state: goes to the provider and comes back by the browser.
        nonce: goes to the provider and comes back in its token.
        verifier: never leaves us before the code is traded.
    """

    secret: str
    state: str
    nonce: str
    verifier: str


class Flows:
    """Keeps flows until the browser comes back.

    Args:
        collection: gives the collection.
        seconds: how long one may take.
    """

    def __init__(self, collection: Callable[[], Collection[Document]], seconds: int) -> None:
        self._collection = collection
        self._lasts = timedelta(seconds=seconds)

    def keep(self, flow: Flow) -> None:
        """Remember it; of the browser's secret, only the digest."""
        self._collection().insert_one(
            {
                "_id": _digest(flow.secret),
                "state": flow.state,
                "nonce": flow.nonce,
                "verifier": flow.verifier,
                "expires_at": datetime.now(UTC) + self._lasts,
            }
        )

    def take(self, secret: str, state: str) -> Flow | None:
        """The flow of this browser with this state, which nobody gets again."""
        wanted = {
            "_id": _digest(secret),
            "state": state,
            "expires_at": {"$gt": datetime.now(UTC)},
        }
        kept = self._collection().find_one_and_delete(wanted)
        return Flow(secret, kept["state"], kept["nonce"], kept["verifier"]) if kept else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
