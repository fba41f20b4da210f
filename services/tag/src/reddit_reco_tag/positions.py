"""Whose turn it is to follow the changes, and up to where they are done."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

Document = dict[str, Any]

STATE = "state"
_STREAM = "rules"
_LEASE = timedelta(seconds=10)


class Positions:
    """The one document that all pods share.

    Args:
        database: gives the database.
        owner: the name of this pod's turn.
    """

    def __init__(self, database: Callable[[], Database[Document]], owner: str) -> None:
        self._database = database
        self._owner = owner

    def take(self) -> bool:
        """Begin or go on with this pod's turn; whether it has it."""
        now = datetime.now(UTC)
        free = [{"owner": self._owner}, {"until": {"$lt": now}}]
        turn = {"$set": {"owner": self._owner, "until": now + _LEASE}}
        try:
            self._state.update_one({"_id": _STREAM, "$or": free}, turn, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    def give_back(self) -> None:
        """End this pod's turn."""
        ended = {"$set": {"until": datetime.fromtimestamp(0, UTC)}}
        self._state.update_one({"_id": _STREAM, "owner": self._owner}, ended)

    def save(self, token: Document | None) -> bool:
        """Keep the position and the turn; False if another pod has it meanwhile."""
        now = datetime.now(UTC)
        kept: Document = {"until": now + _LEASE, "time": now}
        if token:
            kept["token"] = token
        mine = {"_id": _STREAM, "owner": self._owner}
        return self._state.update_one(mine, {"$set": kept}).matched_count == 1

    def token(self) -> Document | None:
        """The position, None before the first."""
        return self._found().get("token")

    def time(self) -> datetime:
        """When the position was saved; now if there is none."""
        found: datetime = self._found().get("time") or datetime.now(UTC)
        return found

    @property
    def _state(self) -> Collection[Document]:
        return self._database()[STATE]

    def _found(self) -> Document:
        return self._state.find_one({"_id": _STREAM}) or {}
