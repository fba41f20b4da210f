"""Posts in MongoDB: one collection, tombstones included."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from pymongo import InsertOne, ReplaceOne
from pymongo.collection import Collection
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern

from reddit_reco_chassis import Problem

from . import lists
from .domain import Document, Sort
from .orders import former, indexes
from .problems import CONTENDED

log = logging.getLogger(__name__)
Outcome = Literal["created", "replaced", "unchanged", "deleted"]

_DUPLICATE_KEY = 11000
_SAME_INDEX_OTHER_NAME = 85
_NO_SUCH_INDEX = 27
_ROUNDS = 40


class PostStore:
    """Reads and writes posts.

    Args:
        collection: gives the collection; called at first use, in the process that uses it.
    """

    def __init__(self, collection: Callable[[], Collection[Document]]) -> None:
        self._collection = collection
        self._indexed = threading.Event()

    @property
    def posts(self) -> Collection[Document]:
        """The collection."""
        return self._collection()

    @property
    def _settled(self) -> Collection[Document]:
        # A write that is not on a majority yet can be rolled back: "it is there already" must not
        # be answered because of it.
        return self.posts.with_options(read_concern=ReadConcern("majority"))

    def start_indexing(self) -> None:
        """Make the indexes in a thread, trying until the database is there."""
        threading.Thread(target=self._index, name="indexes", daemon=True).start()

    def ensure_indexes(self) -> None:
        """Make the indexes that are missing, then take away what a version before this one made.

        Only at the start, and only those known by name: a version beside this one, older or newer,
        keeps what is its own, and neither undoes the other's work again and again.
        """
        for index in indexes():
            try:
                self.posts.create_indexes([index])
            except OperationFailure as error:
                # The same index under the name that another version gave it is as good.
                if error.code != _SAME_INDEX_OTHER_NAME:
                    raise
        for name in former() & self.posts.index_information().keys():
            self._drop(name)
        self._indexed.set()

    def _drop(self, name: str) -> None:
        try:
            self.posts.drop_index(name)
            log.info("index %s of a former version is gone", name)
        except OperationFailure as error:
            # Another pod was faster.
            if error.code != _NO_SUCH_INDEX:
                raise

    def check_indexes(self) -> None:
        """Raise unless all indexes are there."""
        if not self._indexed.is_set():
            raise RuntimeError("the indexes are not built yet")

    def _index(self) -> None:
        while not self._indexed.is_set():
            try:
                self.ensure_indexes()
            except PyMongoError as error:
                log.warning("indexes: %s; trying again", error)
                time.sleep(2)

    def find(self, post_id: str) -> Document | None:
        """The post or tombstone with this id."""
        return self.posts.find_one({"_id": post_id})

    def find_all(self, ids: Iterable[str]) -> list[Document]:
        """The posts with these ids, in their order; without tombstones, and each once."""
        wanted = list(dict.fromkeys(ids))
        found = self.posts.find({"_id": {"$in": wanted}, "deleted": {"$ne": True}})
        known = {post["_id"]: post for post in found}
        return [known[one] for one in wanted if one in known]

    def change(
        self, post_id: str, decide: Callable[[Document | None], Document | None]
    ) -> tuple[Document | None, Document | None]:
        """Put what `decide` makes of the stored document in its place: compare-and-set on `etag`.

        `decide` is called again when another writer was faster; None from it means: leave it.

        Returns:
            The document before, and what was written (None if nothing was).
        """
        for attempt in range(_ROUNDS):
            before = self._settled.find_one({"_id": post_id})
            after = decide(before)
            if after is None or self._swap(before, after):
                return before, after
            _pause(attempt)
        raise Problem(
            CONTENDED, "Too many others are writing this post.", headers={"Retry-After": "1"}
        )

    def _swap(self, before: Document | None, after: Document) -> bool:
        if before is not None:
            same = {"_id": before["_id"], "etag": before["etag"]}
            return self.posts.replace_one(same, after).matched_count == 1
        try:
            self.posts.insert_one(after)
        except DuplicateKeyError:
            return False
        return True

    def write_all(self, documents: Mapping[str, Document]) -> dict[str, Outcome]:
        """Write many posts, each on its own, and only those that differ from what is stored.

        Works in rounds: what another writer got in the way of is looked at again. New posts are
        inserted and not upserted, since mongod takes inserts in groups.
        """
        outcomes: dict[str, Outcome] = {}
        left = dict(documents)
        for attempt in range(_ROUNDS):
            left = self._round(left, outcomes)
            if not left:
                return outcomes
            _pause(attempt)
        raise AutoReconnect("too many others are writing the same posts")

    def _round(
        self, wanted: Mapping[str, Document], outcomes: dict[str, Outcome]
    ) -> dict[str, Document]:
        known = self._known(wanted)
        inserts, replaces = {}, {}
        for post_id, document in wanted.items():
            stored = known.get(post_id)
            if stored is None:
                inserts[post_id] = document
            elif stored.get("deleted"):
                outcomes[post_id] = "deleted"
            elif stored["etag"] == document["etag"]:
                outcomes.setdefault(post_id, "unchanged")
            else:
                replaces[post_id] = document
        return self._insert(inserts, outcomes) | self._replace(replaces, outcomes)

    def _known(self, ids: Iterable[str]) -> dict[str, Document]:
        found = self._settled.find({"_id": {"$in": list(ids)}}, {"etag": 1, "deleted": 1})
        return {document["_id"]: document for document in found}

    def _insert(
        self, documents: dict[str, Document], outcomes: dict[str, Outcome]
    ) -> dict[str, Document]:
        """Insert; returns those that another writer inserted first."""
        failed = self._bulk([InsertOne(document) for document in documents.values()])
        ids = list(documents)
        rivals = {ids[index] for index in failed}
        outcomes.update({post_id: "created" for post_id in ids if post_id not in rivals})
        return {post_id: documents[post_id] for post_id in rivals}

    def _replace(
        self, documents: dict[str, Document], outcomes: dict[str, Outcome]
    ) -> dict[str, Document]:
        """Replace; returns those that met a tombstone (a duplicate key), to be looked at again."""
        failed = self._bulk(
            [
                ReplaceOne({"_id": post_id, "deleted": {"$ne": True}}, document, upsert=True)
                for post_id, document in documents.items()
            ]
        )
        ids = list(documents)
        rivals = {ids[index] for index in failed}
        outcomes.update({post_id: "replaced" for post_id in ids if post_id not in rivals})
        return {post_id: documents[post_id] for post_id in rivals}

    def _bulk(self, operations: list[Any]) -> set[int]:
        """Run the operations; returns the indexes of those that met a duplicate key."""
        if not operations:
            return set()
        try:
            self.posts.bulk_write(operations, ordered=False)
        except BulkWriteError as error:
            return duplicates(error)
        return set()

    def page(
        self,
        narrowed: Document,
        sort: Sort,
        *,
        adult: bool,
        after: tuple[Any, str] | None,
        limit: int,
    ) -> list[Document]:
        """The next posts in an order: see `lists.page`."""
        return lists.page(self.posts, narrowed, sort, adult=adult, after=after, limit=limit)


def duplicates(error: BulkWriteError) -> set[int]:
    """Indexes of the operations that met a duplicate key, the only error that may happen."""
    writes = error.details["writeErrors"]
    if any(write["code"] != _DUPLICATE_KEY for write in writes):
        raise error
    if error.details["writeConcernErrors"]:
        # Written, but not known to be on a majority: not to be acknowledged.
        raise AutoReconnect(str(error.details["writeConcernErrors"][0])) from None
    return {write["index"] for write in writes}


def _pause(attempt: int) -> None:
    """Let the others finish: 0 to 2 ms after the first attempt, at most 100 ms later."""
    time.sleep(random.uniform(0, min(0.1, 0.002 * 1.5**attempt)))  # noqa: S311
