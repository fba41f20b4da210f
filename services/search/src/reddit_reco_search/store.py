"""This service's own database: the synced copy of the posts."""

from collections.abc import Callable, Iterator
from typing import Any

from pymongo.change_stream import DatabaseChangeStream
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

Document = dict[str, Any]

POSTS = "synced_posts"
_BATCH = 2_000


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
