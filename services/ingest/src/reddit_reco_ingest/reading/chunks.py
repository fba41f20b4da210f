"""A stream's bytes chunk by chunk, with a look at the first of them."""

from ..domain import Unreadable
from .source import Readable

CHUNK = 256 * 1024
_HEAD = 4096
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Chunks:
    """Reads on, chunk by chunk; a byte order mark at the beginning is left out.

    Attributes:
        head: the first bytes, a few thousand if there are as many; they are read all the same.

    Raises:
        Unreadable: the file is UTF-16, or empty.
    """

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        head = b""
        while len(head) < _HEAD and (more := stream.read(CHUNK)):
            head += more
        if not head:
            raise Unreadable("the file is empty")
        if head.startswith(_UTF16):
            raise Unreadable("the file is UTF-16; only UTF-8 is read")
        self.head = head.removeprefix(_BOM)
        self._pending: bytes | None = self.head

    def read(self) -> bytes:
        """The next chunk; empty at the end."""
        if self._pending:
            chunk, self._pending = self._pending, None
            return chunk
        return self._stream.read(CHUNK) or b""
