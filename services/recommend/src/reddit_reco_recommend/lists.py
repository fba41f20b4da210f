"""Ranked lists that readers are walking through: stored, so that any pod can go on with them."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from reddit_reco_chassis import Stopping
from reddit_reco_synced.erasing import erased_among

log = logging.getLogger(__name__)
Document = dict[str, Any]

LISTS = "lists"
_SEPARATOR = " "
# Lists are written together: each alone would take as long as all else that a request needs.
_TOGETHER_SECONDS = 0.02
_MOST_WAITING = 200
# A reader may be at another pod before their list is written.
_PAUSES = (0.02, 0.05, 0.1, 0.1)


@dataclass(frozen=True)
class Ranked:
    """A list: whose it is (None for anybody's), what it is a list of, and its posts in order."""

    id: str
    user: str | None
    about: str
    posts: list[str]


class Lists:
    """Keeps ranked lists until they expire. They are written a moment after they are given out.

    Args:
        database: gives the database.
        seconds: how long a list is kept.
    """

    def __init__(self, database: Callable[[], Database[Document]], seconds: int) -> None:
        self._database = database
        self._seconds = seconds
        self._waiting: dict[str, Ranked] = {}
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._some = threading.Event()

    def make_indexes(self) -> None:
        """Make the indexes that are missing."""
        lists = self._database()[LISTS]
        lists.create_index("until", expireAfterSeconds=0)
        lists.create_index("user", sparse=True)

    def run(self, stopping: Stopping) -> None:
        """Write what waits, again and again, and what is left in the end."""
        while not stopping.is_set():
            if self._some.wait(0.25):
                stopping.wait(_TOGETHER_SECONDS)
                self.write()
        self.write()

    def add(self, user: str | None, about: str, posts: list[str]) -> Ranked:
        """Keep a new list."""
        ranked = Ranked(secrets.token_urlsafe(9), user, about, posts)
        with self._lock:
            self._waiting[ranked.id] = ranked
        if len(self._waiting) > _MOST_WAITING:
            self.write()
        self._some.set()
        return ranked

    def write(self) -> None:
        """Write the lists that wait, and take those back whose readers are erased by now."""
        with self._writing:
            self._some.clear()
            with self._lock:
                taken = list(self._waiting.values())
            try:
                if taken:
                    self._write(taken)
            except PyMongoError as error:
                log.warning("%d lists are lost: %s", len(taken), error)
            finally:
                with self._lock:
                    for ranked in taken:
                        self._waiting.pop(ranked.id, None)

    def get(self, list_id: str, user: str | None, about: str) -> Ranked | None:
        """A list, if it is still kept, is this reader's (or anybody's), and is about that."""
        ranked = self._waiting.get(list_id) or self._read(list_id)
        good = ranked is not None and ranked.about == about and ranked.user in (None, user)
        return ranked if good else None

    def extend(self, ranked: Ranked, more: list[str]) -> Ranked:
        """Put more posts at the end of a list, unless somebody else just did; the list as it is."""
        if ranked.id in self._waiting:
            self.write()
        before = _SEPARATOR.join(ranked.posts)
        after = _SEPARATOR.join([*ranked.posts, *more])
        self._lists().update_one({"_id": ranked.id, "posts": before}, {"$set": {"posts": after}})
        return self.get(ranked.id, ranked.user, ranked.about) or ranked

    def erase(self, order: Mapping[str, Any]) -> None:
        """Remove the lists of the user of an order."""
        with self._lock:
            for ranked in [each for each in self._waiting.values() if each.user == order["_id"]]:
                del self._waiting[ranked.id]
        self._database()[LISTS].delete_many({"user": order["_id"]})

    def _write(self, taken: list[Ranked]) -> None:
        until = datetime.now(UTC) + timedelta(seconds=self._seconds)
        self._lists().insert_many([_kept(each, until) for each in taken], ordered=False)
        users = {each.user for each in taken if each.user is not None}
        for user in erased_among(self._database(), users) if users else ():
            self.erase({"_id": user})

    def _read(self, list_id: str) -> Ranked | None:
        for pause in (*_PAUSES, 0):
            kept = self._lists().find_one({"_id": list_id})
            if kept is not None:
                posts = kept["posts"].split(_SEPARATOR) if kept["posts"] else []
                return Ranked(list_id, kept.get("user"), kept["about"], posts)
            time.sleep(pause)
        return None

    def _lists(self) -> Any:
        # A lost list costs its reader a reload; waiting for a majority costs everybody time.
        return self._database().get_collection(LISTS, write_concern=WriteConcern(w=1))


def _kept(ranked: Ranked, until: datetime) -> Document:
    # Post ids have no blanks. One text takes a third of the room of an array.
    posts = _SEPARATOR.join(ranked.posts)
    kept: Document = {"_id": ranked.id, "about": ranked.about, "posts": posts, "until": until}
    return kept if ranked.user is None else {**kept, "user": ranked.user}
