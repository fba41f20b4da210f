"""Likes in MongoDB: one document for each user and post."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.database import Database

from reddit_reco_synced import UserErased, is_erased

from .domain import Position, Record, kept, like_id

Document = dict[str, Any]

LIKES = "likes"
_MILLISECONDS = 10_000
_INDEXES = [
    IndexModel([("user", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)]),
    IndexModel([("post", ASCENDING)]),
]


class LikeStore:
    """Reads and writes likes.

    A post's count is the number of its likes, read off an index: there is no second number that
    writers could make wrong.

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
    def likes(self) -> Collection[Document]:
        """The collection."""
        return self.database[LIKES]

    def make_indexes(self) -> None:
        """Make the indexes that are missing."""
        self.likes.create_indexes(_INDEXES)

    def put(self, user: str, post: str, now: datetime) -> tuple[bool, datetime]:
        """Like a post; whether that is new, and since when it is so.

        Raises:
            UserErased: the user was erased, maybe while this went on.
        """
        self.refuse_erased(user)
        key = {"_id": like_id(user, post)}
        fresh: Document = {"user": user, "post": post, "at": kept(now)}
        before = self.likes.find_one_and_update(key, {"$setOnInsert": fresh}, upsert=True)
        try:
            # The eraser may have been here between the two: whoever is later removes the like.
            self.refuse_erased(user)
        except UserErased:
            self.likes.delete_one(key)
            raise
        return before is None, (before or fresh)["at"]

    def remove(self, user: str, post: str) -> None:
        """Like a post no longer."""
        self.likes.delete_one({"_id": like_id(user, post)})

    def page(self, user: str, before: Position | None, number: int) -> list[Record]:
        """A user's likes, newest first."""
        mine: Document = {"user": user}
        if before:
            at, post = before
            last = like_id(user, post)
            mine["$or"] = [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": last}}]
        newest = [("at", DESCENDING), ("_id", DESCENDING)]
        return list(self.likes.find(mine).sort(newest).limit(number).max_time_ms(_MILLISECONDS))

    def count(self, post: str) -> int:
        """How many like a post."""
        return self.likes.count_documents({"post": post}, maxTimeMS=_MILLISECONDS)

    def counts(self, posts: Iterable[str]) -> dict[str, int]:
        """How many like each of these posts."""
        wanted = list(dict.fromkeys(posts))
        stages: list[Document] = [
            {"$match": {"post": {"$in": wanted}}},
            {"$group": {"_id": "$post", "count": {"$sum": 1}}},
        ]
        found = {
            each["_id"]: each["count"]
            for each in self.likes.aggregate(stages, maxTimeMS=_MILLISECONDS)
        }
        return {post: found.get(post, 0) for post in wanted}

    def liked(self, user: str, posts: Iterable[str]) -> list[str]:
        """Which of these posts a user likes."""
        wanted = {like_id(user, post): post for post in posts}
        found = self.likes.find({"_id": {"$in": list(wanted)}}, {"_id": 1})
        liked = {like["_id"] for like in found}
        return [post for key, post in wanted.items() if key in liked]

    def erase(self, order: Document) -> None:
        """Remove all likes of the user of an order."""
        self.likes.delete_many({"user": order["_id"]})

    def refuse_erased(self, user: str) -> None:
        """Raise UserErased if the user was erased."""
        if is_erased(self.database, user):
            raise UserErased
