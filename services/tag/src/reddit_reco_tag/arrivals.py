"""Tags new posts by the rules of all users: one pod at a time, from where the last one stopped.

Work done twice changes nothing (a tagging has one id), so the lease only saves work. A change
stream over rules and posts keeps their order: a post meets the rules of the time when it came.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pymongo.change_stream import ChangeStream
from pymongo.database import Database

from reddit_reco_chassis import Stopping
from reddit_reco_synced.following import HistoryLost, history, next_change

from .positions import Positions
from .rules import Arrival, RuleBook
from .store import POSTS, RULES
from .taggings import Tagging, write

log = logging.getLogger(__name__)
Document = dict[str, Any]
Stream = ChangeStream[Document]

_BATCH = 500
_WAIT_MS = 250
_KEEP_SECONDS = 2.0
_NEEDED = ("_id", "title", "text", "subreddit", "author", "source", "deleted", "rules")
_CHANGES: list[Document] = [
    {"$match": {"$or": [{"ns.coll": RULES}, {"ns.coll": POSTS, "operationType": "insert"}]}},
    {
        "$project": {
            "operationType": 1,
            "ns": 1,
            "documentKey": 1,
            "fullDocument": dict.fromkeys(_NEEDED, 1),
        }
    },
]


class Arrivals:
    """Follows the posts that sync brings, and tags those that rules ask for.

    Args:
        database: gives the database.
    """

    def __init__(self, database: Callable[[], Database[Document]]) -> None:
        self._database = database
        self._positions = Positions(database, uuid.uuid4().hex)

    def run(self, stopping: Stopping) -> None:
        """Follow until `stopping`, an error of the database, or another pod's turn."""
        if not self._positions.take():
            return
        try:
            with history():
                self._follow(stopping)
        except HistoryLost as error:
            log.warning("changes were lost, looking at the posts written since: %s", error)
            self._catch_up(stopping)
        finally:
            self._positions.give_back()

    def _follow(self, stopping: Stopping) -> None:
        token = self._positions.token()
        with self._watch(token) as stream:
            if token is None:
                self._save(stream)
            book, kept = self._book(), time.monotonic()
            while not stopping.is_set():
                changes = list(_next(stream))
                write(self._database(), _taggings(book, changes))
                if changes or time.monotonic() - kept > _KEEP_SECONDS:
                    if not self._save(stream):
                        return
                    kept = time.monotonic()

    def _catch_up(self, stopping: Stopping) -> None:
        """Look at the posts made since the position that was lost, and go on from now."""
        since = self._positions.time()
        with self._watch(None) as stream:
            # What it gives here is found below as well; what comes after it is of the next turn.
            stream.try_next()
            token = stream.resume_token
            book, found = self._book(), []
            for post in self._database()[POSTS].find({"created_at": {"$gte": since}}):
                found.append(post)
                if len(found) == _BATCH:
                    write(self._database(), _matches(book, found))
                    found = []
                    if stopping.is_set() or not self._positions.take():
                        return
            write(self._database(), _matches(book, found))
            self._positions.save(dict(token) if token else None)

    def _book(self) -> RuleBook:
        book = RuleBook()
        for each in self._database()[RULES].find():
            book.put(each["_id"], each["rules"])
        return book

    def _watch(self, after: Document | None) -> Stream:
        return self._database().watch(
            _CHANGES,
            full_document="updateLookup",
            resume_after=after,
            max_await_time_ms=_WAIT_MS,
            batch_size=_BATCH,
        )

    def _save(self, stream: Stream) -> bool:
        return self._positions.save(dict(stream.resume_token) if stream.resume_token else None)


def _next(stream: Stream) -> Iterator[Document]:
    for _ in range(_BATCH):
        change = next_change(stream)
        if change is None:
            return
        yield change


def _taggings(book: RuleBook, changes: Iterable[Document]) -> list[Tagging]:
    found: list[Tagging] = []
    for change in changes:
        document = change.get("fullDocument")
        if change["ns"]["coll"] == POSTS:
            found += _matches(book, [document] if document else [])
        elif document:
            book.put(document["_id"], document["rules"])
        elif change["operationType"] == "delete":
            book.remove(change["documentKey"]["_id"])
    return found


def _matches(book: RuleBook, posts: Iterable[Document]) -> list[Tagging]:
    arrived = [Arrival(post) for post in posts if not post.get("deleted")]
    return [
        Tagging(rule.user, post.id, rule.tag) for post in arrived for rule in book.fitting(post)
    ]
