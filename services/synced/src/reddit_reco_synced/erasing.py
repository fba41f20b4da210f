"""Erasing users: sync puts the order into `inbox`, and a service erases its own records.

The mark in `erased` comes first and stays. Who writes for a user looks at it after the write, and
takes the write back: so either the writer or the eraser removes the record, whoever is later. What
a pod wrote and died over, before it could look, is swept away.
"""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database

from reddit_reco_chassis.problems import Problem
from reddit_reco_chassis.workers import Stopping, Worker

from .problems import USER_ERASED

log = logging.getLogger(__name__)
Document = dict[str, Any]

INBOX, ERASED = "inbox", "erased"
_WAIT_MS = 1_000
_ORDERS = ["insert", "update", "replace"]
_SWEEP_SECONDS = 60.0
# Longer than any request.
_SWEPT = timedelta(hours=1)


class UserErased(Problem):
    """The user was erased: nothing may be kept for them any more. A request answers 403."""

    def __init__(self) -> None:
        super().__init__(USER_ERASED, "This account was erased.")


class Eraser(Worker):
    """A thread that carries out the orders in the inbox: those that wait, then each as it comes.

    Args:
        database: gives the database.
        erase: removes all records of the user of an order; run again, it changes nothing.
    """

    def __init__(
        self, database: Callable[[], Database[Document]], erase: Callable[[Document], None]
    ) -> None:
        super().__init__("eraser", self.run)
        self._database = database
        self._erase = erase

    def run(self, stopping: Stopping) -> None:
        """Work until `stopping`, an error of the database, or its end; safe to be run by every pod.

        Where the database is dropped, the stream ends: it gives nothing more, and does not wait.
        """
        orders = [{"$match": {"ns.coll": INBOX, "operationType": {"$in": _ORDERS}}}]
        swept = 0.0
        with self._database().watch(
            orders, full_document="updateLookup", max_await_time_ms=_WAIT_MS
        ) as stream:
            for order in self._waiting():
                self.carry_out(order)
            while not stopping.is_set() and stream.alive:
                if time.monotonic() - swept > _SWEEP_SECONDS:
                    self.sweep()
                    swept = time.monotonic()
                change = stream.try_next()
                if change and change.get("fullDocument"):
                    self.carry_out(change["fullDocument"])

    def carry_out(self, order: Document) -> None:
        """Erase one user; doing it again changes nothing."""
        erased = self._database()[ERASED]
        user = {"_id": order["_id"]}
        erased.update_one(user, {"$setOnInsert": {"at": datetime.now(UTC)}}, upsert=True)
        self._erase(order)
        if erased.update_one(user, {"$set": {"done": True}}).modified_count:
            log.info("erased a user")

    def sweep(self) -> None:
        """Erase again those that were erased lately."""
        database = self._database()
        lately = {"at": {"$gte": datetime.now(UTC) - _SWEPT}}
        for user in database[ERASED].find(lately, {"_id": 1}):
            self._erase(database[INBOX].find_one(user) or user)

    def _waiting(self) -> list[Document]:
        """The orders that are not carried out to the end."""
        done: Document = {"from": ERASED, "localField": "_id", "foreignField": "_id", "as": "done"}
        steps: list[Document] = [
            {"$lookup": done},
            {"$match": {"done.done": {"$ne": True}}},
            {"$project": {"done": 0}},
        ]
        return list(self._database()[INBOX].aggregate(steps))


def is_erased(database: Database[Document], user: str) -> bool:
    """Whether a user was erased, or is being erased."""
    return database[ERASED].find_one({"_id": user}, {"_id": 1}) is not None


def erased_among(database: Database[Document], users: Iterable[str]) -> set[str]:
    """Those of these users who were erased, or are being erased."""
    return set(database[ERASED].distinct("_id", {"_id": {"$in": list(users)}}))
