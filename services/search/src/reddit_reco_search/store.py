"""This service's own database: the synced copies of the posts, and of what people hide."""

from collections.abc import Callable, Iterator
from typing import Any

import pymongo
from pymongo.change_stream import DatabaseChangeStream
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from .domain import Hidden

Document = dict[str, Any]

POSTS, HIDDEN = "synced_posts", "synced_hidden"
MOST_HIDDEN = 100_000
_BATCH = 2_000
# Nobody waits longer for a copy that stands in for an answer.
_SECONDS = 1.0


class SearchStore:
    """Reads what sync has written. Nothing here writes.

    Args:
        database: gives the database; called at first use, since a client does not survive a fork.
    """

    def __init__(self, database: Callable[[], Database[Document]]) -> None:
        self._database = database

    def posts(self) -> Iterator[Document]:
        """Every post that is not deleted."""
        collection = self._database().get_collection(POSTS, read_concern=ReadConcern("majority"))
        return iter(collection.find({"deleted": {"$ne": True}}, batch_size=_BATCH))

    def count(self) -> int:
        """About how many posts there are."""
        return self._database()[POSTS].estimated_document_count()

    def hidden(self, user: str) -> Hidden:
        """What a user hides, as far as sync has brought it; read from the index of ids alone."""
        start = f"{user}|"
        # Right behind all that begins with `user|`.
        mine = {"_id": {"$gte": start, "$lt": f"{user}}}"}}
        with pymongo.timeout(_SECONDS):
            found = self._database()[HIDDEN].find(mine, {"_id": 1}, limit=MOST_HIDDEN)
            keys = [each["_id"][len(start) :] for each in found.batch_size(MOST_HIDDEN)]
        places = frozenset(key[2:] for key in keys if key.startswith("r/"))
        return Hidden(frozenset(key for key in keys if not key.startswith("r/")), places)

    def watch(self, after: Document | None, wait_ms: int) -> DatabaseChangeStream[Document]:
        """Every change of the posts after a position, or from now on.

        It is the database that is watched: the stream of a collection ends when that is dropped.
        """
        changed = {"$match": {"$or": [{"ns.coll": POSTS}, {"operationType": "dropDatabase"}]}}
        return self._database().watch(
            [changed],
            full_document="updateLookup",
            resume_after=after,
            max_await_time_ms=wait_ms,
            batch_size=_BATCH,
        )
