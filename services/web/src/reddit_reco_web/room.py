"""Room in /tmp for the files that are being handed on: more of them would fill the pod's disk."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

_PIECE = 65_536
_DRAIN_SECONDS = 60


class Room:
    """So many bytes, shared by all uploads of this pod. Thread-safe."""

    def __init__(self, total: int) -> None:
        self._left = total
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, size: int) -> Iterator[bool]:
        """Whether there was room for `size` bytes; it is kept until the block ends."""
        with self._lock:
            fits = size <= self._left
            self._left -= size if fits else 0
        try:
            yield fits
        finally:
            with self._lock:
                self._left += size if fits else 0


def drain(body: IO[bytes], size: float, seconds: float = _DRAIN_SECONDS) -> None:
    """Read what a refused upload still sends: else its sender sees a broken connection alone.

    Args:
        body: where it comes from.
        size: bytes that come.
        seconds: how long it may take.
    """
    end = time.monotonic() + seconds
    with suppress(OSError):
        while size > 0 and time.monotonic() < end:
            read = len(body.read(int(min(size, _PIECE))))
            size = size - read if read else 0
