"""Room in /tmp for the files that are being handed on: more of them would fill the pod's disk."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


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
