"""Where a file's bytes come from, with a count of those read."""

import io
from collections.abc import Callable
from typing import Protocol


class Readable(Protocol):
    """Anything with `read`."""

    def read(self, size: int, /) -> bytes | None:
        """At most `size` bytes, none at the end."""


class Counted(io.RawIOBase):
    """A raw stream that counts what is read from it."""

    def __init__(self, inner: Readable) -> None:
        self._inner = inner
        self.offset = 0

    def seekable(self) -> bool:
        """Whether the inner stream is."""
        seekable: Callable[[], bool] = getattr(self._inner, "seekable", lambda: False)
        return seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go elsewhere in the inner stream; what is read is counted on."""
        if not self.seekable():
            raise io.UnsupportedOperation("seek")
        position: int = self._inner.seek(offset, whence)  # type: ignore[attr-defined]
        return position

    def readable(self) -> bool:
        """True: this is for reading."""
        return True

    def readinto(self, buffer: "memoryview | bytearray", /) -> int:  # type: ignore[override]
        """Fill `buffer` as far as one read of the inner stream does."""
        data = self._inner.read(len(buffer)) or b""
        buffer[: len(data)] = data
        self.offset += len(data)
        return len(data)
