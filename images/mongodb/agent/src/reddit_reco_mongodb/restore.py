"""A backup put in the place of all data. No service may run meanwhile."""

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

from .backup import COMPLETE, SYSTEM
from .settings import Credentials, Environ, ReplicaSet, Stop

log = logging.getLogger(__name__)
Document = dict[str, Any]
_RAW = CodecOptions(document_class=RawBSONDocument)
_BATCH_BYTES, _BATCH_DOCUMENTS = 4 * 1024 * 1024, 1_000
_METADATA, _BSON = ".metadata.json", ".bson"


def run(
    keep: Iterable[str] = (), environ: Environ = os.environ, given: IO[bytes] = sys.stdin.buffer
) -> None:
    """Read the tar, drop everything, and write what is in the tar.

    Args:
        keep: `db.collection` whose documents stay, beside those of the backup.
    """
    replica_set, root = ReplicaSet.from_env(environ), Credentials.of_root(environ)
    with _set_of(replica_set, root) as client:
        try:
            with _opened(given) as tar:
                count = Restore(client).replace(tar, keep)
        except (tarfile.TarError, InvalidBSON) as error:
            raise Stop(f"the backup is cut short, and is not all in: {error}") from None
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
        members = iter(tar)
        first = next(members, None)
        if first is None or not first.name.endswith((_METADATA, COMPLETE)):
            raise Stop("this is no backup; nothing was changed")
        kept = {name: list(self._collection(name).find()) for name in keep}
        for name in set(self._client.list_database_names()) - SYSTEM:
            self._client.drop_database(name)
        count = self._put(tar, first, members)
        for name, documents in kept.items():
            for document in documents:
                self._collection(name).replace_one({"_id": document["_id"]}, document, upsert=True)
        return count

    def _put(
        self, tar: tarfile.TarFile, first: tarfile.TarInfo, members: Iterator[tarfile.TarInfo]
    ) -> int:
        written: dict[str, int] = {}
        indexes: list[Document] = []
        member: tarfile.TarInfo | None = first
        while member and member.name != COMPLETE:
            content = _content(tar, member)
            if member.name.endswith(_METADATA):
                indexes = self._create(_name(member, _METADATA), json_util.loads(content.read()))
            else:
                name = _name(member, _BSON)
                written[name] = self._fill(name, content, indexes)
                log.info("%s: %d", name, written[name])
            member = next(members, None)
        if not member or json_util.loads(_content(tar, member).read()) != written:
            raise Stop("the backup is cut short, and is not all in: restore another")
        return sum(written.values())

    def _create(self, name: str, metadata: Document) -> list[Document]:
        database, _, collection = name.partition(".")
        self._client[database].create_collection(collection, **metadata["options"])
        return [index for index in metadata["indexes"] if index["name"] != "_id_"]

    def _fill(self, name: str, content: IO[bytes], indexes: list[Document]) -> int:
        collection = self._collection(name)
        count = 0
        for batch in _batches(decode_file_iter(content, _RAW)):
            collection.insert_many(batch)
            count += len(batch)
        if indexes:
            collection.database.command("createIndexes", collection.name, indexes=indexes)
        return count

    def _collection(self, name: str) -> Any:
        database, _, collection = name.partition(".")
        return self._client[database][collection]


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(member)
    if content is None:
        raise Stop(f"{member.name} is not of a backup; it is not all in")
    return content


def _name(member: tarfile.TarInfo, ending: str) -> str:
    if not member.name.endswith(ending):
        raise Stop(f"{member.name} is not of a backup; it is not all in")
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
