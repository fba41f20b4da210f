"""The cache of pictures, in MongoDB: one document a post, with the picture in every width.

{_id: post, address, state: "fetching" | "there" | "refused", claim, lease_until, expires_at,
 sizes: {"160": bytes, ...}, etags: {"160": text, ...}, bytes, fetched_at, used_at, checked_at,
 reason, detail}
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from .domain import Picture, Refused, Width

Document = dict[str, Any]

PICTURES = "pictures"
FETCHING, THERE, REFUSED = "fetching", "there", "refused"
# Longer than a fetch and a decoding may take: what a dead pod began can be begun anew.
_LEASE = timedelta(seconds=120)
_USE_COUNTED = timedelta(hours=1)
# Making room a little further than asked, so that not every picture has to.
_ROOM = 0.95
_INDEXES = [
    IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    IndexModel([("used_at", ASCENDING), ("bytes", ASCENDING)]),
    IndexModel([("checked_at", ASCENDING)]),
]


class PictureStore:
    """Reads and writes kept pictures.

    Args:
        database: gives the database; called at first use, since a client does not survive a fork.
        most_bytes: of all pictures together.
    """

    def __init__(self, database: Callable[[], Database[Document]], most_bytes: int) -> None:
        self._database = database
        self._most_bytes = most_bytes

    @property
    def pictures(self) -> Collection[Document]:
        """The collection."""
        return self._database()[PICTURES]

    def make_indexes(self) -> None:
        """Make the indexes that are missing."""
        self.pictures.create_indexes(_INDEXES)

    def find(self, post: str, address: str, width: Width, now: datetime) -> Picture | None:
        """The picture that was kept of an address; None if there is none yet.

        Raises:
            Refused: it was tried, not long ago.
        """
        kept = {"_id": post, "address": address, "expires_at": {"$gt": now}}
        fields = [f"sizes.{width}", f"etags.{width}", "state", "fetched_at", "used_at"]
        found = self.pictures.find_one(kept, [*fields, "reason", "detail"])
        if found is None or found["state"] == FETCHING:
            return None
        if found["state"] == REFUSED:
            raise Refused(found["reason"], found["detail"])
        if found["used_at"] < now - _USE_COUNTED:
            self.pictures.update_one({"_id": post}, {"$max": {"used_at": now}})
        name = str(width)
        return Picture(found["sizes"][name], found["etags"][name], found["fetched_at"])

    def claim(self, post: str, address: str, now: datetime) -> str | None:
        """The right to fetch a picture, held by one caller at a time over all pods, or None."""
        free: Document = {
            "_id": post,
            "$or": [
                {"state": FETCHING, "lease_until": {"$lt": now}},
                {"state": {"$ne": FETCHING}, "expires_at": {"$lte": now}},
                {"state": {"$ne": FETCHING}, "address": {"$ne": address}},
            ],
        }
        claim = uuid.uuid4().hex
        fresh = {
            "address": address,
            "state": FETCHING,
            "claim": claim,
            "lease_until": now + _LEASE,
            "expires_at": now + 2 * _LEASE,
        }
        try:
            self.pictures.replace_one(free, fresh, upsert=True)
        except DuplicateKeyError:
            # Somebody else fetches it, or has just done so.
            return None
        return claim

    def keep(
        self,
        post: str,
        claim: str,
        sizes: Mapping[Width, bytes],
        now: datetime,
        until: datetime,
    ) -> None:
        """Keep a picture, unless the claim is lost: the post was deleted, or its link changed."""
        total = sum(len(data) for data in sizes.values())
        self._settle(
            post,
            claim,
            state=THERE,
            sizes={str(width): data for width, data in sizes.items()},
            etags={str(width): etag(data) for width, data in sizes.items()},
            bytes=total,
            fetched_at=now,
            used_at=now,
            checked_at=now,
            expires_at=until,
        )
        self.make_room()

    def keep_refusal(self, post: str, claim: str, refused: Refused, until: datetime) -> None:
        """Remember for a while that a picture cannot be had."""
        self._settle(
            post,
            claim,
            state=REFUSED,
            reason=refused.reason,
            detail=refused.detail,
            expires_at=until,
        )

    def give_back(self, post: str, claim: str) -> None:
        """Let others try: this caller came to nothing."""
        self.pictures.delete_one({"_id": post, "claim": claim, "state": FETCHING})

    def drop(self, post: str) -> None:
        """Remove what is kept of a post."""
        self.pictures.delete_one({"_id": post})

    def least_checked(self, number: int) -> list[str]:
        """The posts that were not asked about for longest, among those with a picture."""
        there = self.pictures.find({"state": THERE}, {"_id": 1})
        return [each["_id"] for each in there.sort("checked_at").limit(number)]

    def checked(self, post: str, now: datetime) -> None:
        """Note that a post was there."""
        self.pictures.update_one({"_id": post}, {"$set": {"checked_at": now}})

    def total_bytes(self) -> int:
        """The size of all pictures together, read from an index alone."""
        used = {"used_at": {"$gt": datetime.min}}
        group = {"_id": None, "bytes": {"$sum": "$bytes"}}
        found = self.pictures.aggregate(
            [{"$match": used}, {"$project": {"_id": 0, "bytes": 1}}, {"$group": group}]
        )
        return int(next(iter(found), {"bytes": 0})["bytes"])

    def make_room(self) -> None:
        """Remove the pictures that were used least lately, until the others fit."""
        over = self.total_bytes() - self._most_bytes
        if over <= 0:
            return
        over += int(self._most_bytes * (1 - _ROOM))
        for each in self.pictures.find({"state": THERE}, {"bytes": 1}).sort("used_at"):
            self.drop(each["_id"])
            over -= each["bytes"]
            if over <= 0:
                return

    def _settle(self, post: str, claim: str, **fields: Any) -> None:
        mine = {"_id": post, "claim": claim}
        self.pictures.update_one(mine, {"$set": fields, "$unset": {"lease_until": 1}})


def etag(data: bytes) -> str:
    """The same for the same bytes, and for no others."""
    return hashlib.sha256(data).hexdigest()[:32]
