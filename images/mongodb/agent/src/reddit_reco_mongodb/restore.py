"""A backup put in the place of all data. No service may run meanwhile.

Everything is written beside what is there, under names that begin with `restoring_`. Only when the
backup is known to be whole does it take the place, by renaming: what ends before changes nothing.
"""

import logging
import os
import sys
import tarfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

from bson import decode_file_iter, json_util
from bson.codec_options import CodecOptions
from bson.errors import InvalidBSON
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from .backup import BESIDE, COMPLETE, collections
from .settings import Credentials, Environ, ReplicaSet, Stop

log = logging.getLogger(__name__)
Document = dict[str, Any]
_RAW = CodecOptions(document_class=RawBSONDocument)
_BATCH_BYTES, _BATCH_DOCUMENTS = 4 * 1024 * 1024, 1_000
_METADATA, _BSON = ".metadata.json", ".bson"


def run(
    keep: Iterable[str] = (), environ: Environ = os.environ, given: IO[bytes] = sys.stdin.buffer
) -> None:
    """Write what is in the tar beside everything, then drop everything and let it in.

    Args:
        keep: `db.collection` whose documents stay, beside those of the backup.
    """
    replica_set, root = ReplicaSet.from_env(environ), Credentials.of_root(environ)
    with _set_of(replica_set, root) as client:
        try:
            with _opened(given) as tar:
                count = Restore(client).replace(tar, keep)
        except (tarfile.TarError, InvalidBSON) as error:
            raise Stop(f"the backup is cut short, nothing was changed: {error}") from None
        except PyMongoError as error:
            raise Stop(f"not all is in; run it again: {str(error)[:300]}") from None
    log.info("%d documents are in, and on a majority of members", count)


def _opened(given: IO[bytes]) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=given, mode="r|")
    except tarfile.TarError:
        raise Stop("this is no backup; nothing was changed") from None


class Restore:
    """Replaces the data of one replica set."""

    def __init__(self, client: "MongoClient[Document]") -> None:
        self._client = client

    def replace(self, tar: tarfile.TarFile, keep: Iterable[str] = ()) -> int:
        """Put what is in the tar in the place of everything; gives the number of documents."""
        self._drop_beside()
        try:
            written = self._put_beside(tar)
        except (Stop, tarfile.TarError, InvalidBSON):
            self._drop_beside()
            raise
        for name in keep:
            if documents := list(self._collection(name).find()):
                beside = self._beside(name)
                for each in documents:
                    beside.replace_one({"_id": each["_id"]}, each, upsert=True)
                written.setdefault(name, 0)
        self._drop_all_but_beside(set(written))
        for name in written:
            self._let_in(name)
        return sum(written.values())

    def _put_beside(self, tar: tarfile.TarFile) -> dict[str, int]:
        written: dict[str, int] = {}
        indexes: list[Document] = []
        for member in tar:
            content = _content(tar, member)
            if member.name == COMPLETE:
                if json_util.loads(content.read()) != written:
                    break
                return written
            if member.name.endswith(_METADATA):
                indexes = self._create(_name(member, _METADATA), json_util.loads(content.read()))
            else:
                name = _name(member, _BSON)
                written[name] = self._fill(name, content, indexes)
                log.info("%s: %d", name, written[name])
        if not written:
            raise Stop("this is no backup; nothing was changed")
        raise Stop("the backup is cut short, nothing was changed: restore another")

    def _create(self, name: str, metadata: Document) -> list[Document]:
        beside = self._beside(name)
        beside.database.create_collection(beside.name, **metadata["options"])
        return [index for index in metadata["indexes"] if index["name"] != "_id_"]

    def _fill(self, name: str, content: IO[bytes], indexes: list[Document]) -> int:
        beside = self._beside(name)
        count = 0
        for batch in _batches(decode_file_iter(content, _RAW)):
            beside.insert_many(batch)
            count += len(batch)
        if indexes:
            beside.database.command("createIndexes", beside.name, indexes=indexes)
        return count

    def _let_in(self, name: str) -> None:
        """Rename: with every index, and at once."""
        self._client.admin.command(
            "renameCollection",
            self._beside(name).full_name,
            to=name,
            dropTarget=True,
            writeConcern={"w": "majority"},
        )

    def _drop_beside(self) -> None:
        for collection in collections(self._client):
            if collection.name.startswith(BESIDE):
                collection.drop()

    def _drop_all_but_beside(self, kept: set[str]) -> None:
        """Drop what the backup does not have; what it has is dropped by the renaming."""
        for collection in collections(self._client):
            if not collection.name.startswith(BESIDE) and collection.full_name not in kept:
                collection.drop()

    def _beside(self, name: str) -> Any:
        collection = self._collection(name)
        return collection.database[BESIDE + collection.name]

    def _collection(self, name: str) -> Any:
        database, _, collection = name.partition(".")
        return self._client[database][collection]


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(member)
    if content is None:
        raise Stop(f"{member.name} is not of a backup; nothing was changed")
    return content


def _name(member: tarfile.TarInfo, ending: str) -> str:
    if not member.name.endswith(ending):
        raise Stop(f"{member.name} is not of a backup; nothing was changed")
    return member.name.removesuffix(ending).replace("/", ".", 1)


def _batches(documents: Iterable[RawBSONDocument]) -> Iterator[list[RawBSONDocument]]:
    batch: list[RawBSONDocument] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document.raw)
        if len(batch) == _BATCH_DOCUMENTS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _set_of(replica_set: ReplicaSet, root: Credentials) -> "MongoClient[Document]":
    return MongoClient(
        list(replica_set.members),
        replicaSet=replica_set.name,
        username=root.username,
        password=root.password,
        authSource="admin",
        w="majority",
        serverSelectionTimeoutMS=10_000,
    )
