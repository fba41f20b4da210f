"""What is hidden, in MongoDB: one document for each user and post or subreddit."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database

from reddit_reco_synced import UserErased, is_erased

from .domain import Hidden, Position, Record, kept, record_id

Document = dict[str, Any]

HIDDEN = "hidden"
_MILLISECONDS = 10_000
_INDEX = IndexModel([("user", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)])
_NEWEST = [("at", DESCENDING), ("_id", DESCENDING)]


class HideStore:
    """Reads and writes what is hidden.

    Args:
        database: gives the database; called at first use, since a client does not survive a fork.
    """

    def __init__(self, database: Callable[[], Database[Document]]) -> None:
        self._database = database

    @property
    def database(self) -> Database[Document]:
        """The database."""
        return self._database()

    @property
    def hidden(self) -> Collection[Document]:
        """The collection."""
        return self.database[HIDDEN]

    def make_indexes(self) -> None:
        """Make the indexes that are missing."""
        self.hidden.create_indexes([_INDEX])

    def put(self, user: str, what: Hidden, now: datetime) -> tuple[bool, datetime]:
        """Hide something; whether that is new, and since when it is so.

        Raises:
            UserErased: the user was erased, maybe while this went on.
        """
        self.refuse_erased(user)
        key = {"_id": record_id(user, what.key)}
        fresh: Document = {"user": user, what.kind: what.value, "at": kept(now)}
        before = self.hidden.find_one_and_update(key, {"$setOnInsert": fresh}, upsert=True)
        try:
            # The eraser may have been here between the two: whoever is later removes the record.
            self.refuse_erased(user)
        except UserErased:
            self.hidden.delete_one(key)
            raise
        return before is None, (before or fresh)["at"]

    def remove(self, user: str, what: Hidden) -> None:
        """Hide something no longer."""
        self.hidden.delete_one({"_id": record_id(user, what.key)})

    def page(self, user: str, before: Position | None, number: int) -> list[Record]:
        """What a user hides, newest first."""
        mine: Document = {"user": user}
        if before:
            at, key = before
            last = record_id(user, key)
            mine["$or"] = [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": last}}]
        return list(self.hidden.find(mine).sort(_NEWEST).limit(number).max_time_ms(_MILLISECONDS))

    def keys(self, user: str, most: int) -> list[str]:
        """The keys of all that a user hides, the newest `most` of them.

        Read from the index alone, in one go: search and recommend wait for it.
        """
        found = self.hidden.find({"user": user}, {"_id": 1}).sort(_NEWEST).limit(most)
        start = len(record_id(user, ""))
        return [each["_id"][start:] for each in found.batch_size(most).max_time_ms(_MILLISECONDS)]

    def subreddit_keys(self, user: str, most: int) -> list[str]:
        """The keys of the subreddits alone: however many posts are newer, these are found."""
        first, end = record_id(user, "r/"), record_id(user, "r0")
        found = self.hidden.find({"_id": {"$gte": first, "$lt": end}}, {"_id": 1}).limit(most)
        start = len(record_id(user, ""))
        return [each["_id"][start:] for each in found.batch_size(most).max_time_ms(_MILLISECONDS)]

    def erase(self, order: Document) -> None:
        """Remove all records of the user of an order."""
        self.hidden.delete_many({"user": order["_id"]})

    def refuse_erased(self, user: str) -> None:
        """Raise UserErased if the user was erased."""
        if is_erased(self.database, user):
            raise UserErased
