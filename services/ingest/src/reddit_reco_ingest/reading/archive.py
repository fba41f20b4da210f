"""Files in a zip, read where they are: nothing is unpacked, and no path in it leads anywhere."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, cast

from ..domain import Unreadable
from .expand import Limits
from .source import Counted

# What a zip with files, an empty one, and one in several parts begins with.
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# The directory of some thousand files; it is read as a whole.
_LONGEST_READ = 512 * 1024
# A deflated file cannot be larger than some 1,030 times its packed size; people's text is not
# a tenth of that.
_RATIO = 100
_RATIO_COUNTS_FROM = 16 * 1024 * 1024
_SHOWN = 100


class Archive:
    """The files of a zip.

    Args:
        source: the zip; has to be seekable.
        limits: how large its files may be together.

    Raises:
        Unreadable: it is damaged, cut short, or hostile.
    """

    def __init__(self, source: Counted, limits: Limits) -> None:
        if not source.seekable():
            raise Unreadable("a zip cannot be read from standard input; give the file's name")
        self._limits = limits
        with _damage():
            self._zip = zipfile.ZipFile(cast(IO[bytes], _Guarded(source)))
        for entry in self._zip.infolist():
            _check_path(entry.orig_filename)

    def named(self, names: Sequence[str]) -> Mapping[str, "Entry"]:
        """The files of these names, in whatever folder, in the order of `names`.

        Raises:
            Unreadable: one is there twice, encrypted, packed unusually, or they are too large.
        """
        found: dict[str, zipfile.ZipInfo] = {}
        for entry in self._zip.infolist():
            name = entry.filename.rpartition("/")[2].casefold()
            if name not in names:
                continue
            if name in found:
                raise Unreadable(f"the zip has {name} twice")
            _check_entry(name, entry)
            found[name] = entry
        total = sum(entry.file_size for entry in found.values())
        if total > self._limits.expanded:
            raise Unreadable(f"the zip's files expand to more than {self._limits.expanded} bytes")
        return {name: Entry(self._zip, found[name]) for name in names if name in found}


class Entry:
    """One file in a zip."""

    def __init__(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
        self.size = entry.file_size
        self._archive = archive
        self._entry = entry
        self._stream: IO[bytes] | None = None

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end.

        Raises:
            Unreadable: it is damaged, or not as large as the zip says.
        """
        with _damage():
            if self._stream is None:
                self._stream = self._archive.open(self._entry)
            return self._stream.read(size)


def _check_path(path: str) -> None:
    parts = path.replace("\\", "/").split("/")
    if path.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in path:
        raise Unreadable(f"the zip has a file whose path leads out of it: {path[:_SHOWN]!r}")


def _check_entry(name: str, entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise Unreadable(f"{name} in the zip is no file")
    if entry.flag_bits & _ENCRYPTED:
        raise Unreadable(f"{name} in the zip is encrypted")
    if entry.compress_type not in _METHODS:
        raise Unreadable(f"{name} in the zip is packed by a method other than deflate")
    allowed = max(_RATIO_COUNTS_FROM, _RATIO * entry.compress_size)
    if entry.file_size > allowed:
        raise Unreadable(f"{name} expands more than {_RATIO}-fold: it looks like a zip bomb")


@contextmanager
def _damage() -> Iterator[None]:
    """What the standard library raises at a broken zip, as one plain error."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        UnicodeError,
        ValueError,
        OverflowError,
    ) as error:
        raise Unreadable(f"the zip is damaged ({str(error)[:_SHOWN]})") from None


class _Guarded:
    """Reads no more at once than an honest zip asks for, whatever its directory says."""

    def __init__(self, source: Counted) -> None:
        self._source = source

    def read(self, size: int = -1, /) -> bytes:
        if size > _LONGEST_READ:
            raise Unreadable("the zip has too many files")
        wanted = _LONGEST_READ if size < 0 else size
        data = bytearray()
        while len(data) < wanted and (more := self._source.read(wanted - len(data))):
            data += more
        return bytes(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)
