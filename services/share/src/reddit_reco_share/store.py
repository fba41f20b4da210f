"""This service's own database: what was shared, and hashes of who visited."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from reddit_reco_synced import UserErased, is_erased

from .domain import Box, folded, new_code

Document = dict[str, Any]

SHARES, VISITORS, KEYS = "shares", "visitors", "keys"
_NEWEST = [("at", DESCENDING), ("_id", DESCENDING)]
_OWNER: Mapping[Box, str] = {"out": "from", "in": "to_user"}
_KEY_BYTES = 32


class ShareStore:
    """Reads and writes shares, and counts their visitors.

    Args:
        database: gives the database; called at first use, since a client does not survive a fork.
    """

    def __init__(self, database: Callable[[], Database[Document]]) -> None:
        self._database = database
        self._key: bytes | None = None

    @property
    def database(self) -> Database[Document]:
        """The database."""
        return self._database()

    def make_indexes(self) -> None:
        """Make the indexes that are missing."""
        shares = self.database[SHARES]
        for owner in _OWNER.values():
            shares.create_index([(owner, ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)])
        shares.create_index("to_folded", sparse=True)
        given = {"idempotency_key": {"$exists": True}}
        once = [("from", ASCENDING), ("idempotency_key", ASCENDING)]
        shares.create_index(once, unique=True, partialFilterExpression=given)

    def add(
        self,
        user: str,
        post: str,
        now: datetime,
        *,
        name: str = "",
        to: str | None = None,
        key: str | None = None,
    ) -> Document:
        """Share a post; with a key that was used before, the share that was made then.

        Raises:
            UserErased: nothing is kept for this user any more.
        """
        share: Document = {
            "_id": new_code(),
            "from": user,
            "from_name": name,
            "to": to,
            "post": post,
            "at": now,
            "visits": 0,
        }
        if to is not None:
            share["to_folded"] = folded(to)
        if key is not None:
            share["idempotency_key"] = key
        try:
            self.database[SHARES].insert_one(share)
        except DuplicateKeyError:
            made = self.database[SHARES].find_one({"from": user, "idempotency_key": key})
            # Taken back between the two: then this is the first with that key again.
            return made or self.add(user, post, now, name=name, to=to, key=key)
        self._refuse_erased(user)
        return share

    def remove(self, user: str, code: str) -> None:
        """Take back a share, if it is this user's own."""
        if self.database[SHARES].delete_one({"_id": code, "from": user}).deleted_count:
            self._forget_visitors(code)

    def box(
        self, user: str, box: Box, before: tuple[datetime, str] | None, number: int
    ) -> list[Document]:
        """What a user shared, or was shared with, newest first."""
        wanted: Document = {_OWNER[box]: user}
        if before:
            time, code = before
            wanted["$or"] = [{"at": {"$lt": time}}, {"at": time, "_id": {"$lt": code}}]
        return list(self.database[SHARES].find(wanted).sort(_NEWEST).limit(number))

    def deliver(self, user: str, name: str) -> None:
        """Put what was shared with this name, or subject, into its owner's inbox for good.

        So whoever has the name after them does not find it.
        """
        names = [folded(each) for each in (name, user) if each]
        waiting = {"to_folded": {"$in": names}, "to_user": {"$exists": False}}
        delivered = self.database[SHARES].update_many(waiting, {"$set": {"to_user": user}})
        if delivered.modified_count and is_erased(self.database, user):
            self.erase({"_id": user})

    def post_of(self, code: str) -> str | None:
        """The post behind a short link."""
        found = self.database[SHARES].find_one({"_id": code}, {"post": 1})
        return found["post"] if found else None

    def count(self, code: str, visitor: str) -> None:
        """Count a visit, once for each visitor, however many come at once."""
        if self.database[VISITORS].find_one({"_id": visitor}, {"_id": 1}):
            return

        def once(session: ClientSession) -> None:
            counted = self.database[SHARES].update_one(
                {"_id": code}, {"$inc": {"visits": 1}}, session=session
            )
            if counted.matched_count:
                self.database[VISITORS].insert_one({"_id": visitor}, session=session)

        with self.database.client.start_session() as session:
            try:
                session.with_transaction(once)
            except DuplicateKeyError:
                return

    def visitor_key(self) -> bytes:
        """The secret that visitors are hashed with: made once, the same for every pod."""
        if self._key is None:
            fresh = {"$setOnInsert": {"key": secrets.token_bytes(_KEY_BYTES)}}
            self.database[KEYS].update_one({"_id": VISITORS}, fresh, upsert=True)
            found = self.database[KEYS].find_one({"_id": VISITORS}) or {}
            self._key = bytes(found["key"])
        return self._key

    def erase(self, order: Mapping[str, Any]) -> None:
        """Remove what a user shared, and their name from what others shared with them."""
        user, shares = order["_id"], self.database[SHARES]
        for share in shares.find({"from": user}, {"_id": 1}):
            shares.delete_one(share)
            self._forget_visitors(share["_id"])
        names = [folded(str(each)) for each in (user, order.get("username")) if each]
        theirs = {"$or": [{"to_user": user}, {"to_folded": {"$in": names}}]}
        nobody = {"$set": {"to": None}, "$unset": {"to_user": "", "to_folded": ""}}
        shares.update_many(theirs, nobody)

    def _forget_visitors(self, code: str) -> None:
        # All ids that begin with the code and a bar: the character after the bar is the brace.
        self.database[VISITORS].delete_many({"_id": {"$gte": f"{code}|", "$lt": f"{code}}}"}})

    def _refuse_erased(self, user: str) -> None:
        if is_erased(self.database, user):
            self.erase({"_id": user})
            raise UserErased
