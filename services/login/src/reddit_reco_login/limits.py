"""Rate limits that hold over all pods: counters in MongoDB, one a window, gone after it."""

import hashlib
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from .domain import LimitReached, window

Document = dict[str, Any]


class Limits:
    """Counts in fixed windows.

    Args:
        collection: gives the collection of the counters.
        seconds: length of a window.
    """

    def __init__(self, collection: Callable[[], Collection[Document]], seconds: int) -> None:
        self._collection = collection
        self._seconds = seconds

    def count(self, kind: str, who: str, most: int) -> None:
        """Count one more.

        Raises:
            LimitReached: there were `most` already in this window.
        """
        now = datetime.now(UTC)
        counter, end = self._counter(kind, who, now)
        if self._add(counter, end) > most:
            raise LimitReached(max(1, math.ceil((end - now).total_seconds())))

    def give_back(self, kind: str, who: str) -> None:
        """Take one back: it was not what is being limited."""
        counter, _ = self._counter(kind, who, datetime.now(UTC))
        self._collection().update_one({"_id": counter, "n": {"$gt": 0}}, {"$inc": {"n": -1}})

    def _counter(self, kind: str, who: str, now: datetime) -> tuple[str, datetime]:
        start, end = window(now, self._seconds)
        # Neither a name nor an address lies about here in plain.
        hidden = hashlib.sha256(who.encode()).hexdigest()[:32]
        return f"{kind}|{hidden}|{round(start.timestamp())}", end

    def _add(self, counter: str, end: datetime) -> int:
        while True:
            try:
                kept = self._collection().find_one_and_update(
                    {"_id": counter},
                    {"$inc": {"n": 1}, "$setOnInsert": {"expires_at": end}},
                    upsert=True,
                    return_document=ReturnDocument.AFTER,
                )
            except DuplicateKeyError:  # Two first ones at once; the other made the counter.
                continue
            return int(kept["n"]) if kept else 1
