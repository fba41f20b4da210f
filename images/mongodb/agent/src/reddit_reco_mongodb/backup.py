"""All data of the services as one tar in mongodump's layout, as of one moment.

`<db>/<collection>.metadata.json`, then `<db>/<collection>.bson`; the last member, `complete`, says
that nothing is missing. What sync carries is left out: it is made again from the rest.
"""

import logging
import os
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Any, cast

from bson import json_util
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from .settings import Credentials, Environ, Stop

log = logging.getLogger(__name__)
Document = dict[str, Any]
SYSTEM = {"admin", "config", "local"}
DERIVED = ("synced_", "inbox")
# What a restore has not let in yet.
BESIDE = "restoring_"
COMPLETE = "complete"
# How far back the server can read; a backup that takes longer ends in an error.
_WINDOW = "minSnapshotHistoryWindowInSeconds"
_LONGEST_SECONDS = 24 * 3600
_BATCH_BYTES, _BATCH_DOCUMENTS = 1024 * 1024, 1_000


def run(environ: Environ = os.environ, out: IO[bytes] = sys.stdout.buffer) -> None:
    """Write the data of the member in this pod."""
    if out.isatty():
        raise Stop("this writes a tar file to standard output: redirect it into a file")
    root = Credentials.of_root(environ)
    address = environ.get("MONGOD") or "127.0.0.1:27017"
    try:
        with _member(address, root) as client, _long_history(client):
            written = write(client, out)
    except PyMongoError as error:
        raise Stop(f"this backup is not whole: {str(error)[:300]}") from None
    log.info("%d documents of %d collections", sum(written.values()), len(written))


def write(client: "MongoClient[Document]", out: IO[bytes]) -> dict[str, int]:
    """Write the tar; gives how many documents each collection has in it."""
    found = list(owned(client))
    written = {}
    with (
        client.start_session(snapshot=True) as session,
        tarfile.open(fileobj=out, mode="w|") as tar,
    ):
        sizes = {each.full_name: _size(each, session) for each in found}
        for each in found:
            size, count = sizes[each.full_name]
            path = f"{each.database.name}/{each.name}"
            _add(tar, f"{path}.metadata.json", json_util.dumps(_metadata(each)).encode())
            info = tarfile.TarInfo(f"{path}.bson")
            info.size = size
            tar.addfile(info, _Documents(each, session, size // max(count, 1)))
            written[each.full_name] = count
        _add(tar, COMPLETE, json_util.dumps(written).encode())
    return written


def owned(client: "MongoClient[Document]") -> Iterator[Collection[Document]]:
    """All collections that services own: not the server's, derived ones or a restore's."""
    for collection in collections(client):
        if not collection.name.startswith((*DERIVED, BESIDE)):
            yield collection


def collections(client: "MongoClient[Document]") -> Iterator[Collection[Document]]:
    """All collections but the server's, by name."""
    for database in sorted(set(client.list_database_names()) - SYSTEM):
        for name in sorted(client[database].list_collection_names()):
            if not name.startswith("system."):
                yield client[database][name]


def _size(collection: Collection[Document], session: ClientSession) -> tuple[int, int]:
    """Bytes and number of the documents."""
    total: Document = {"bytes": {"$sum": {"$bsonSize": "$$ROOT"}}, "count": {"$sum": 1}}
    for found in collection.aggregate([{"$group": {"_id": None, **total}}], session=session):
        return int(found["bytes"]), int(found["count"])
    return 0, 0


def _metadata(collection: Collection[Document]) -> Document:
    [about] = collection.database.list_collections(filter={"name": collection.name})
    return {"options": about["options"], "indexes": list(collection.list_indexes())}


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, BytesIO(content))


class _Documents(BytesIO):
    """The documents of a collection one after the other, read as they are asked for."""

    def __init__(
        self, collection: Collection[Document], session: ClientSession, average: int
    ) -> None:
        super().__init__()
        at_once = max(1, min(_BATCH_DOCUMENTS, _BATCH_BYTES // max(average, 1)))
        found = collection.find_raw_batches(session=session, batch_size=at_once)
        self._batches = cast("Iterator[bytes]", found)
        self._ahead = b""

    def read(self, size: int | None = -1) -> bytes:
        """The next `size` bytes; fewer at the end."""
        wanted = sys.maxsize if size is None or size < 0 else size
        parts = [self._ahead]
        have = len(self._ahead)
        while have < wanted and (batch := next(self._batches, None)) is not None:
            parts.append(batch)
            have += len(batch)
        whole = b"".join(parts)
        self._ahead = whole[wanted:]
        return whole[:wanted]


def _member(address: str, root: Credentials) -> "MongoClient[Document]":
    return MongoClient(
        f"mongodb://{address}/",
        directConnection=True,
        username=root.username,
        password=root.password,
        authSource="admin",
        serverSelectionTimeoutMS=10_000,
    )


@contextmanager
def _long_history(client: "MongoClient[Document]") -> Iterator[None]:
    """The member keeps what it had at the beginning until the end."""
    before = client.admin.command({"getParameter": 1, _WINDOW: 1})[_WINDOW]
    client.admin.command({"setParameter": 1, _WINDOW: max(before, _LONGEST_SECONDS)})
    try:
        yield
    finally:
        client.admin.command({"setParameter": 1, _WINDOW: before})
