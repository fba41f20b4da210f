"""A stream's source: its position, its documents in order, and what has changed since."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from bson import CodecOptions, Int64, Timestamp
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

from .ids import distinct, key_of
from .settings import Place

Document = dict[str, Any]
Token = Mapping[str, Any]

RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
# ChangeStreamHistoryLost, and two that a position which the oplog no longer has can end in as well:
# ChangeStreamFatalError and InvalidResumeToken.
POSITION_LOST = frozenset({286, 280, 260})
BATCH_DOCUMENTS = 1_000
_ROWS = ("insert", "update", "replace", "delete")


class PositionLost(Exception):
    """The oplog no longer goes back to the saved position, or the source was dropped or renamed."""


@dataclass(frozen=True)
class Changes:
    """The ids of documents that changed, each once, and the position after them."""

    ids: list[Any]
    token: Token


class Source:
    """A collection to read from.

    All reads are `majority` and in one causal session: what is read is never older than the
    position that was taken before.
    """

    def __init__(self, client: "MongoClient[Document]", place: Place) -> None:
        self._database = client[place.db]
        self._collection: Collection[RawBSONDocument] = self._database.get_collection(  # type: ignore[assignment]
            place.collection, codec_options=RAW, read_concern=ReadConcern("majority")
        )
        self._session = client.start_session(causal_consistency=True)
        self.place = place

    def close(self) -> None:
        """End the session."""
        self._session.end_session()

    def now(self) -> Timestamp | None:
        """The cluster time of the newest write; all reads from here on include it."""
        self._database.command("ping", session=self._session)
        return self._session.operation_time

    def size(self) -> int:
        """How many documents there are, from the metadata: cheap, and exact at rest."""
        return self._collection.estimated_document_count()

    def position(self) -> Token:
        """The position now."""
        with self.changes(None) as changes:
            return changes.token

    def changes(self, token: Token | None) -> "ChangeCursor":
        """Follow what changes after `token`, or from now on.

        Raises:
            PositionLost: the oplog no longer goes back to `token`.
        """
        return ChangeCursor(self._database, self.place.collection, self._session, token)

    def scan(self, last: Any) -> Iterator[RawBSONDocument]:
        """All documents in `_id` order, those after `last` only if that is not None."""
        self.now()
        cursor = self._collection.find(session=self._session).sort("_id").hint("_id_")
        if last is not None:
            # Not `$gt`, which leaves out ids of other types than the last one's.
            cursor = cursor.min([("_id", last)])
        for document in cursor.batch_size(BATCH_DOCUMENTS):
            if last is None or key_of(document["_id"]) != key_of(last):
                yield document

    def read(self, ids: Iterable[Any]) -> Iterator[RawBSONDocument]:
        """These documents as they are now, those that exist."""
        query = {"_id": {"$in": list(ids)}}
        return iter(self._collection.find(query, session=self._session))


class ChangeCursor:
    """A change stream on the source's **database**, so that dropping a collection does not end it.

    An event only says which document changed, and the document is read as it is now: an older
    version never comes after a newer one, and a thousand changes of one document are one. The
    commands are sent as they are: a batch, and the position after it, make a transaction.
    """

    def __init__(self, database: Any, collection: str, session: Any, token: Token | None) -> None:
        self._database = database
        self._collection = collection
        self._session = session
        resume = {"resumeAfter": token} if token else {}
        pipeline = [
            {"$changeStream": resume},
            {"$match": _concerning(collection)},
            {"$project": {"operationType": 1, "documentKey": 1}},
        ]
        answer = self._command(
            {"aggregate": 1, "pipeline": pipeline, "cursor": {"batchSize": 0}}, token
        )
        self._id = answer["id"]
        self.token: Token = answer["postBatchResumeToken"]

    def next(self, wait_ms: int) -> Changes:
        """What has changed, after at most `wait_ms` milliseconds; nothing, if nothing has by then.

        Raises:
            PositionLost: from here on nothing can be followed.
        """
        more = {"getMore": Int64(self._id), "collection": "$cmd.aggregate"}
        answer = self._command(
            {**more, "batchSize": BATCH_DOCUMENTS, "maxTimeMS": wait_ms}, self.token
        )
        events = answer["nextBatch"]
        if ended := [it for it in events if it["operationType"] not in _ROWS]:
            raise PositionLost(f"the source had a {ended[0]['operationType']}")
        self._id, self.token = answer["id"], answer["postBatchResumeToken"]
        return Changes(distinct([event["documentKey"]["_id"] for event in events]), self.token)

    def _command(self, command: Document, token: Token | None) -> Document:
        try:
            answer = self._database.command(command, session=self._session)
        except OperationFailure as error:
            if token is not None and error.code in POSITION_LOST:
                raise PositionLost(f"{error.code}: {str(error)[:200]}") from error
            raise
        cursor: Document = answer["cursor"]
        return cursor

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        # After a failure the cursor is gone, or the server will time it out.
        if self._id and failure == (None, None, None):
            kill = {"killCursors": "$cmd.aggregate", "cursors": [Int64(self._id)]}
            self._database.command(kill, session=self._session)


def _concerning(collection: str) -> Document:
    whole = {"operationType": {"$in": ["dropDatabase", "invalidate"]}}
    return {"$or": [{"ns.coll": collection}, {"to.coll": collection}, whole]}
