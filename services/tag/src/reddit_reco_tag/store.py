"""This service's own database: who tagged what, rules, and the synced copy of the posts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from reddit_reco_synced import UserErased, is_erased

from .domain import folded, tag_id
from .rules import joined

Document = dict[str, Any]

TAGS, RULES, REMOVED, POSTS = "tags", "rules", "removed", "synced_posts"
_NEWEST = [("at", DESCENDING), ("post", DESCENDING)]


class TagStore:
    """Reads and writes tags and rules; reads posts.

    Args:
        database: gives the database; called at first use, since a client does not survive a fork.
    """

    def __init__(self, database: Callable[[], Database[Document]]) -> None:
        self._database = database

    @property
    def database(self) -> Database[Document]:
        """The database."""
        return self._database()

    def make_indexes(self) -> None:
        """Make the indexes that are missing."""
        tags = self.database[TAGS]
        tags.create_index(
            [("user", ASCENDING), ("folded", ASCENDING), ("at", ASCENDING), ("post", ASCENDING)]
        )
        tags.create_index([("user", ASCENDING), ("post", ASCENDING)])
        tags.create_index([("user", ASCENDING), ("at", ASCENDING)])
        self.database[REMOVED].create_index("user")
        # Read after a lost change stream only: which posts are newer than its last position.
        self.database[POSTS].create_index("created_at")

    def add(self, user: str, post: str, tag: str, now: datetime) -> tuple[Document, bool]:
        """Tag a post; the tagging as kept, and whether it is new.

        A tag that a rule gave becomes the user's own.

        Raises:
            UserErased: nothing is kept for this user any more.
        """
        wish = tag_id(user, post, tag)
        fresh = {"user": user, "post": post, "folded": folded(tag), "at": now}
        spelled = self.spelled(user, tag)
        self.database[REMOVED].delete_one({"_id": wish})
        done = self.database[TAGS].update_one(
            {"_id": wish},
            {"$setOnInsert": fresh | {"tag": spelled}, "$set": {"by": "user"}},
            upsert=True,
        )
        self._refuse_erased(user)
        kept = self.database[TAGS].find_one({"_id": wish})
        # Removed again by another request in the meantime: it was there.
        return kept or fresh | {"tag": spelled, "by": "user"}, done.upserted_id is not None

    def remove(self, user: str, post: str, tag: str, now: datetime) -> None:
        """Untag a post, and remember it, so that no rule tags it again."""
        wish = tag_id(user, post, tag)
        if self.database[TAGS].find_one({"_id": wish}, {"_id": 1}) is None:
            return
        # First, since a rule's writer looks at it after its write.
        grave = {"user": user, "at": now}
        self.database[REMOVED].update_one({"_id": wish}, {"$setOnInsert": grave}, upsert=True)
        self.database[TAGS].delete_one({"_id": wish})
        if is_erased(self.database, user):
            self.erase({"_id": user})

    def tags(
        self, user: str, post: str | None, after: tuple[int, str] | None, number: int
    ) -> list[Document]:
        """A user's tags, those on the most posts first: `{"_id": folded, "tag", "count"}`."""
        mine: Document = {"user": user} if post is None else {"user": user, "post": post}
        counted = {"_id": "$folded", "tag": {"$first": "$tag"}, "count": {"$sum": 1}}
        steps: list[Document] = [
            {"$match": mine},
            {"$sort": {"folded": ASCENDING, "at": ASCENDING, "post": ASCENDING}},
            {"$group": counted},
        ]
        if after:
            count, name = after
            rest = [{"count": {"$lt": count}}, {"count": count, "_id": {"$gt": name}}]
            steps.append({"$match": {"$or": rest}})
        steps += [{"$sort": {"count": DESCENDING, "_id": ASCENDING}}, {"$limit": number}]
        return list(self.database[TAGS].aggregate(steps))

    def posts_with(
        self, user: str, tag: str, before: tuple[datetime, str] | None, number: int
    ) -> list[Document]:
        """The taggings with one tag, newest first."""
        wanted: Document = {"user": user, "folded": folded(tag)}
        if before:
            time, post = before
            wanted["$or"] = [{"at": {"$lt": time}}, {"at": time, "post": {"$lt": post}}]
        return list(self.database[TAGS].find(wanted).sort(_NEWEST).limit(number))

    def tagged(self, user: str, number: int) -> dict[str, dict[str, str]]:
        """A user's newest taggings, by post: folded tag -> tag as it is spelled."""
        found: dict[str, dict[str, str]] = {}
        for each in self.database[TAGS].find({"user": user}).sort("at", DESCENDING).limit(number):
            found.setdefault(each["post"], {})[each["folded"]] = each["tag"]
        return found

    def tags_of(self, user: str, post: str) -> set[str]:
        """The tags that a user gave to a post, folded."""
        return set(self.database[TAGS].distinct("folded", {"user": user, "post": post}))

    def posts(self, ids: Sequence[str]) -> dict[str, Document]:
        """What suggestions are learned from: those of the posts that are known and not deleted."""
        known = {"_id": {"$in": list(ids)}, "deleted": {"$ne": True}}
        shown = {"title": 1, "subreddit": 1, "tags": 1}
        return {post["_id"]: post for post in self.database[POSTS].find(known, shown)}

    def rules(self, user: str) -> list[Document]:
        """A user's rules."""
        found = self.database[RULES].find_one({"_id": user})
        return found["rules"] if found else []

    def put_rules(self, user: str, rules: Sequence[Mapping[str, Any]], now: datetime) -> bool:
        """Replace a user's rules; whether they are the first.

        Raises:
            UserErased: nothing is kept for this user any more.
        """
        done = self.database[RULES].update_one(
            {"_id": user}, {"$set": {"rules": list(rules), "at": now}}, upsert=True
        )
        self._refuse_erased(user)
        return done.upserted_id is not None

    def add_rules(
        self, user: str, rules: Sequence[Document], now: datetime
    ) -> tuple[list[Document], list[Document]]:
        """Put rules behind those that a user has, as many as may be; those before, and those after.

        Raises:
            UserErased: nothing is kept for this user any more.
        """
        while True:
            found = self.database[RULES].find_one({"_id": user})
            before: list[Document] = found["rules"] if found else []
            after = joined(before, rules)
            if after == before or self._swap(user, found, after, now):
                self._refuse_erased(user)
                return before, after

    def _swap(
        self, user: str, found: Document | None, rules: list[Document], now: datetime
    ) -> bool:
        """Put rules in the place of those that were found, unless others did so meanwhile."""
        kept = {"rules": rules, "at": now}
        if found is None:
            try:
                self.database[RULES].insert_one({"_id": user, **kept})
            except DuplicateKeyError:
                return False
            return True
        same = {"_id": user, "rules": found["rules"]}
        return self.database[RULES].update_one(same, {"$set": kept}).matched_count == 1

    def spelled(self, user: str, tag: str) -> str:
        """The tag as the user typed it first."""
        first = self.database[TAGS].find_one(
            {"user": user, "folded": folded(tag)}, {"tag": 1}, sort=[("at", ASCENDING)]
        )
        return str(first["tag"]) if first else tag

    def erase(self, order: Mapping[str, Any]) -> None:
        """Remove all that is kept for the user with this id."""
        user = order["_id"]
        self.database[RULES].delete_one({"_id": user})
        self.database[TAGS].delete_many({"user": user})
        self.database[REMOVED].delete_many({"user": user})

    def _refuse_erased(self, user: str) -> None:
        if is_erased(self.database, user):
            self.erase({"_id": user})
            raise UserErased
