"""What tells a cursor that this service gave out from one that somebody made up."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any

from pymongo import ReturnDocument
from pymongo.database import Database

Document = dict[str, Any]

SECRETS = "secrets"
_CURSORS = {"_id": "cursors"}
_BYTES = 12


class Seals:
    """Seals of one key, which all pods have from the database; the first of them made it.

    Args:
        database: gives the database.
    """

    def __init__(self, database: Callable[[], Database[Document]]) -> None:
        self._database = database
        self._key = b""

    def load(self) -> None:
        """Have the key that the database has now: one that was set back may have another."""
        kept = self._database()[SECRETS]
        found: Any = kept.find_one(_CURSORS) or kept.find_one_and_update(
            _CURSORS,
            {"$setOnInsert": {"key": secrets.token_bytes(32)}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        self._key = bytes(found["key"])

    def seal(self, *said: str) -> str:
        """The seal of what is said, 16 letters."""
        if not self._key:
            self.load()
        made = hmac.digest(self._key, "\0".join(said).encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(made[:_BYTES]).decode()

    def holds(self, seal: str, *said: str) -> bool:
        """Whether a seal is of what is said."""
        return hmac.compare_digest(seal, self.seal(*said))
