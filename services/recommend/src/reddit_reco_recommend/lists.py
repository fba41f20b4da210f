"""Ranked lists that readers are walking through: stored, so that any pod can go on with them."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from reddit_reco_synced.erasing import erased_among

Document = dict[str, Any]

LISTS = "lists"
_SEPARATOR = " "
# What a majority has, no failover takes back: pages follow that go by it. Writes wait for one too.
_READ = ReadConcern("majority")


@dataclass(frozen=True)
class Ranked:
    """A list: whose it is (None for anybody's), what it is a list of, and its posts in order.

    It has no id while it is not stored.
    """

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
        """Store a new list; of a reader who is erased by now it does not stay."""
        ranked = Ranked(secrets.token_urlsafe(9), user, about, posts)
        until = datetime.now(UTC) + timedelta(seconds=self._seconds)
        self._lists().insert_one(_kept(ranked, until))
        if user is not None and erased_among(self._database(), {user}):
            self.erase({"_id": user})
        return ranked

    def get(self, list_id: str, user: str | None, about: str) -> Ranked | None:
        """A list, if it is still kept, is this reader's (or anybody's), and is about that."""
        kept = self._lists().find_one({"_id": list_id})
        if kept is None or kept["about"] != about or kept.get("user") not in (None, user):
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
        return self._database().get_collection(LISTS, read_concern=_READ)


def _kept(ranked: Ranked, until: datetime) -> Document:
    # Post ids have no blanks. One text takes a third of the room of an array.
    posts = _SEPARATOR.join(ranked.posts)
    kept: Document = {"_id": ranked.id, "about": ranked.about, "posts": posts, "until": until}
    return kept if ranked.user is None else {**kept, "user": ranked.user}
