"""Decompression: zstd and gzip are recognized by their first bytes, whatever the file is called."""

import gzip
import io
import sys
import zlib
from dataclasses import dataclass

from ..domain import Unreadable
from .source import Counted, Readable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_WINDOW_LOG = zstd.DecompressionParameter.window_log_max
_BUFFER = 256 * 1024
_ZSTD = b"\x28\xb5\x2f\xfd"
_GZIP = b"\x1f\x8b"
# Below this size a high ratio is no harm.
_RATIO_COUNTS_FROM = 64 * 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How much a compressed file may ask for.

    Attributes:
        window: largest zstd window in bytes; decompression takes that much memory.
        window_setting: what to tell people to set for more.
        expanded: largest decompressed size in bytes.
        ratio: largest decompressed size, as a multiple of the compressed one.
    """

    window: int = 2**31
    window_setting: str = "--zstd-window"
    expanded: int = 2**40
    ratio: int = 1_000


class Expanded:
    """The decompressed bytes of a stream.

    Args:
        source: the compressed stream.
        inner: decompresses it.
        limits: how far to go.
    """

    def __init__(self, source: Counted, inner: io.BufferedIOBase, limits: Limits) -> None:
        self._source = source
        self._inner = inner
        self._limits = limits
        self._total = 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end.

        Raises:
            Unreadable: the file is cut short, damaged, or asks for more than the limits allow.
        """
        try:
            # Not `read`: it would lose what it has when the next piece turns out to be damaged.
            data = self._inner.read1(size)
        except EOFError:
            raise Unreadable("the compressed file is cut short") from None
        except (zstd.ZstdError, gzip.BadGzipFile, zlib.error) as error:
            raise self._unreadable(error) from None
        self._total += len(data)
        self._check()
        return data

    def _unreadable(self, error: Exception) -> Unreadable:
        if "too much memory" in str(error):
            return Unreadable(
                f"the file's zstd window is larger than the {self._limits.window} bytes that "
                f"{self._limits.window_setting} allows"
            )
        return Unreadable(f"the compressed file is damaged ({error})")

    def _check(self) -> None:
        if self._total > self._limits.expanded:
            raise Unreadable(f"the file expands to more than {self._limits.expanded} bytes")
        allowed = max(_RATIO_COUNTS_FROM, self._limits.ratio * self._source.offset)
        if self._total > allowed:
            raise Unreadable(
                f"the file expands more than {self._limits.ratio}-fold: it looks like a zip bomb"
            )


def expand(source: Counted, limits: Limits) -> Readable:
    """The stream's bytes, decompressed if it is zstd or gzip."""
    stream = io.BufferedReader(source, _BUFFER)
    head = stream.peek(4)[:4]
    if head == _ZSTD:
        options: dict[int, int] = {_WINDOW_LOG: limits.window.bit_length() - 1}
        return Expanded(source, zstd.ZstdFile(stream, options=options), limits)
    if head.startswith(_GZIP):
        return Expanded(source, gzip.GzipFile(fileobj=stream), limits)
    return stream
