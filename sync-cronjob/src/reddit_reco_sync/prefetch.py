"""Reads ahead in a thread, so that reading the source and writing the target overlap."""

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
_AHEAD = 2


@contextmanager
def prefetched(items: Iterable[T]) -> Iterator[Iterator[T]]:
    """The same items, read at most two ahead. A failure is raised where its item would be.

    The thread has ended when the block has.
    """
    ahead: queue.Queue[tuple[T | None, Exception | None]] = queue.Queue(_AHEAD)
    enough = threading.Event()

    def read() -> None:
        failure: Exception | None = None
        try:
            for item in items:
                if not _offer(ahead, (item, None), enough):
                    return
        except Exception as error:  # it is raised by the reader of the queue
            failure = error
        _offer(ahead, (None, failure), enough)

    thread = threading.Thread(target=read, name="prefetch", daemon=True)
    thread.start()
    try:
        yield _taken(ahead)
    finally:
        enough.set()
        thread.join()


def _offer(ahead: "queue.Queue[T]", item: T, enough: threading.Event) -> bool:
    while not enough.is_set():
        try:
            ahead.put(item, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False


def _taken(ahead: "queue.Queue[tuple[T | None, Exception | None]]") -> Iterator[T]:
    while True:
        item, failure = ahead.get()
        if failure:
            raise failure
        if item is None:
            return
        yield item
