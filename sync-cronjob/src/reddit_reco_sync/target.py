"""A stream's target: the one collection there that sync owns."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from bson import encode
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from .settings import Place

Document = dict[str, Any]
NAMESPACE_EXISTS = 48
BATCH_DOCUMENTS, BATCH_BYTES = 1_000, 4 * 1024 * 1024


class Target:
    """Writes whole documents, each marked with the generation of the copy that it belongs to."""

    def __init__(self, client: "MongoClient[Document]", place: Place) -> None:
        self._database = client[place.db]
        self._name = place.collection
        self._collection = self._database[place.collection]

    def create(self) -> None:
        """Make the collection, since a transaction that does it may collide with another."""
        try:
            self._database.create_collection(self._name, check_exists=False)
        except OperationFailure as error:
            if error.code != NAMESPACE_EXISTS:
                raise

    def size(self) -> int:
        """How many documents there are."""
        return self._collection.count_documents({})

    def stale(self, generation: int) -> int:
        """How many documents are of another generation. A scan, once a copy: no index needed."""
        return self._collection.count_documents({"_gen": {"$ne": generation}})

    def stale_ids(self, generation: int) -> Iterator[list[Any]]:
        """The ids of the documents of another generation, in batches."""
        found = self._collection.find({"_gen": {"$ne": generation}}, {"_id": 1})
        ids = (document["_id"] for document in found)
        while batch := list(islice(ids, BATCH_DOCUMENTS)):
            yield batch

    def put(
        self, documents: Sequence[RawBSONDocument], generation: int, session: ClientSession
    ) -> None:
        """Write these documents, new or not."""
        updates = [
            {"q": {"_id": it["_id"]}, "u": with_generation(it, generation), "upsert": True}
            for it in documents
        ]
        self._run({"update": self._name, "updates": updates, "ordered": False}, session)

    def remove(self, ids: Sequence[Any], session: ClientSession) -> None:
        """Remove the documents with these ids, those that exist."""
        deletes = [{"q": {"_id": it}, "limit": 1} for it in ids]
        self._run({"delete": self._name, "deletes": deletes, "ordered": False}, session)

    def _run(self, command: Document, session: ClientSession) -> None:
        if not command.get("updates") and not command.get("deletes"):
            return
        answer = self._database.command(command, session=session)
        if errors := answer.get("writeErrors"):
            raise OperationFailure(errors[0].get("errmsg", "write error"), errors[0].get("code"))


def with_generation(document: RawBSONDocument, generation: int) -> RawBSONDocument:
    """The document with `_gen` set, without a decode and encode of the rest.

    BSON is a length, elements, and a zero byte (bsonspec.org): one more goes in before the last.
    """
    if "_gen" in document:
        return RawBSONDocument(encode({**document, "_gen": generation}))
    element = b"\x10_gen\x00" + struct.pack("<i", generation)
    raw = document.raw
    return RawBSONDocument(
        struct.pack("<i", len(raw) + len(element)) + raw[4:-1] + element + b"\x00"
    )


def batches(documents: Iterable[RawBSONDocument]) -> Iterator[list[RawBSONDocument]]:
    """Cut into pieces that one transaction takes well: 1,000 documents, or 4 MiB if less."""
    batch: list[RawBSONDocument] = []
    size = 0
    for document in documents:
        length = len(document.raw)
        if batch and (len(batch) == BATCH_DOCUMENTS or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += length
    if batch:
        yield batch
