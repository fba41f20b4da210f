"""Ranked lists that readers are walking through: stored, so that any pod can go on with them."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.write_concern import WriteConcern

from reddit_reco_synced import is_erased

Document = dict[str, Any]

LISTS = "lists"
_SEPARATOR = " "


@dataclass(frozen=True)
class Ranked:
    """A list: whose it is (None for anybody's), what it is a list of, and its posts in order."""

    id: str
    user: str | None
    about: str
    posts: list[str]


class Lists:
    """Keeps ranked lists until they expire.

    Args:
        database: gives the database.
        seconds: how long a list is kept.
    """

    def __init__(self, database: Callable[[], Database[Document]], seconds: int) -> None:
        self._database = database
        self._seconds = seconds

    def make_indexes(self) -> None:
        """Make the indexes that are missing."""
        lists = self._database()[LISTS]
        lists.create_index("until", expireAfterSeconds=0)
        lists.create_index("user", sparse=True)

    def add(self, user: str | None, about: str, posts: list[str]) -> Ranked:
        """Keep a new list."""
        ranked = Ranked(secrets.token_urlsafe(9), user, about, posts)
        kept: Document = {
            "_id": ranked.id,
            "about": about,
            # Post ids have no blanks. One text takes a third of the room of an array.
            "posts": _SEPARATOR.join(posts),
            "until": datetime.now(UTC) + timedelta(seconds=self._seconds),
        }
        if user is not None:
            kept["user"] = user
        self._lists().insert_one(kept)
        if user is not None and is_erased(self._database(), user):
            self.erase({"_id": user})
        return ranked

    def get(self, list_id: str, user: str | None, about: str) -> Ranked | None:
        """A list, if it is still kept, is this reader's (or anybody's), and is about that."""
        kept = self._lists().find_one({"_id": list_id, "about": about})
        if kept is None or kept.get("user") not in (None, user):
            return None
        posts = kept["posts"].split(_SEPARATOR) if kept["posts"] else []
        return Ranked(list_id, kept.get("user"), about, posts)

    def extend(self, ranked: Ranked, more: list[str]) -> Ranked:
        """Put more posts at the end of a list, unless somebody else just did; the list as it is."""
        before = _SEPARATOR.join(ranked.posts)
        after = _SEPARATOR.join([*ranked.posts, *more])
        self._lists().update_one({"_id": ranked.id, "posts": before}, {"$set": {"posts": after}})
        return self.get(ranked.id, ranked.user, ranked.about) or ranked

    def erase(self, order: Mapping[str, Any]) -> None:
        """Remove the lists of the user of an order."""
        self._database()[LISTS].delete_many({"user": order["_id"]})

    def _lists(self) -> Any:
        # A lost list costs its reader a reload; waiting for a majority costs everybody time.
        return self._database().get_collection(LISTS, write_concern=WriteConcern(w=1))
