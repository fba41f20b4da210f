"""Where the files of imports are: uploads in GridFS, which every pod can read, or a folder."""

import errno
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bson import Binary, ObjectId
from pymongo.database import Database

from .domain import Refused

Document = dict[str, Any]
CHUNK = 1024 * 1024


class Uploads:
    """The GridFS bucket `uploads`.

    PyMongo's own GridFS client would hold up to 100 MB of an upload in memory before it writes.
    """

    def __init__(self, database: Callable[[], Database[Document]]) -> None:
        self._database = database

    def ensure_indexes(self) -> None:
        """Make the index that GridFS asks for."""
        self._chunks.create_index([("files_id", 1), ("n", 1)], unique=True)

    def sink(self, name: str, on_chunk: Callable[[], object]) -> "Sink":
        """Takes a new upload.

        Args:
            name: the file's name.
            on_chunk: called after each written chunk.
        """
        return Sink(self._database(), name, on_chunk)

    def source(self, upload_id: ObjectId) -> "ChunkReader":
        """Reads an upload."""
        return ChunkReader(self._database(), upload_id)

    def delete(self, upload_id: ObjectId) -> None:
        """Delete an upload, finished or not."""
        self._database()["uploads.files"].delete_one({"_id": upload_id})
        self._chunks.delete_many({"files_id": upload_id})

    @property
    def _chunks(self) -> Any:
        return self._database()["uploads.chunks"]


class Sink:
    """A file that is being uploaded; holds one chunk of it in memory."""

    def __init__(
        self, database: Database[Document], name: str, on_chunk: Callable[[], object]
    ) -> None:
        self.id = ObjectId()
        self.name = name
        self.size = 0
        self._database = database
        self._on_chunk = on_chunk
        self._buffer = bytearray()
        self._number = 0

    def write(self, data: bytes) -> int:
        """Take the file's next bytes."""
        self._buffer += data
        self.size += len(data)
        while len(self._buffer) >= CHUNK:
            self._put(bytes(self._buffer[:CHUNK]))
            del self._buffer[:CHUNK]
        return len(data)

    def seek(self, _offset: int, _whence: int = os.SEEK_SET, /) -> int:
        """Nothing; the multipart parser rewinds a file when it has written it."""
        return 0

    def close(self) -> None:
        """Nothing; a request closes its files, and `finish` is not for aborted ones."""

    def finish(self) -> None:
        """The file is complete."""
        if self._buffer:
            self._put(bytes(self._buffer))
            self._buffer.clear()
        entry = {"_id": self.id, "length": self.size, "chunkSize": CHUNK, "filename": self.name}
        self._database["uploads.files"].insert_one({**entry, "uploadDate": datetime.now(UTC)})

    def _put(self, data: bytes) -> None:
        chunk = {"files_id": self.id, "n": self._number, "data": Binary(data)}
        self._database["uploads.chunks"].insert_one(chunk)
        self._number += 1
        self._on_chunk()


class ChunkReader:
    """Reads an upload chunk by chunk. No cursor stays open: it would not survive a failover."""

    def __init__(self, database: Database[Document], upload_id: ObjectId) -> None:
        self._files = database["uploads.files"]
        self._chunks = database["uploads.chunks"]
        self._id = upload_id
        self._position = 0
        self._held = -1
        self._chunk = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""
        number, start = divmod(self._position, CHUNK)
        if number != self._held:
            found: Mapping[str, Any] | None = self._chunks.find_one(
                {"files_id": self._id, "n": number}, {"data": True}
            )
            if found is None:
                return b""
            self._held, self._chunk = number, memoryview(found["data"])
        data = bytes(self._chunk[start : start + size])
        self._position += len(data)
        return data

    def seekable(self) -> bool:
        """True: every chunk can be found."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go on reading elsewhere; gives the position, in bytes from the start."""
        if whence == os.SEEK_CUR:
            offset += self._position
        elif whence == os.SEEK_END:
            offset += self._size()
        if offset < 0:
            raise OSError(errno.EINVAL, "a position before the file's start")
        self._position = offset
        return offset

    def _size(self) -> int:
        found = self._files.find_one({"_id": self._id}, {"length": True})
        return int(found["length"]) if found else 0


def file_below(folder: str, path: str) -> Path:
    """The file at `path` below `folder`, wherever links in it lead, as long as that is below, too.

    Raises:
        Refused: there is none.
    """
    if not folder:
        raise Refused("this service has no folder of files; upload the file instead", "path")
    root = Path(folder).resolve()
    try:
        found = (root / path).resolve(strict=True)
        if not found.is_relative_to(root) or not found.is_file():
            raise OSError
    except (OSError, ValueError, RuntimeError):
        # One answer for everything: whether a file outside exists is nobody's business.
        raise Refused("there is no such file in the folder of files", "path") from None
    return found
