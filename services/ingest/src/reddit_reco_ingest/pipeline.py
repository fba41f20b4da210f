"""Runs an import: reads ahead while batches are on their way, and commits them in order."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from .domain import Batch, Outcome, Positioned, batches

IN_FLIGHT = 3

Send = Callable[[Batch], Outcome]
Commit = Callable[[Batch, Outcome], None]
Pending = deque[tuple[Batch, "Future[Outcome]"]]


class Stopped(Exception):
    """The import was told to stop before its end."""


def run(
    items: Iterable[Positioned],
    *,
    send: Send,
    commit: Commit,
    offset: Callable[[], int],
    stopped: Callable[[], bool],
) -> None:
    """Send all items.

    Batches are committed in the order of the file, each when it and all before it are acknowledged.
    So after a crash at most `IN_FLIGHT` batches are sent a second time, which changes no post.

    Args:
        items: the file's items.
        send: sends a batch and says what became of it; is called from several threads.
        commit: keeps the progress.
        offset: how many bytes of the file are read.
        stopped: whether to stop; batches on their way are still committed.

    Raises:
        Unreadable: from `items`; everything before was committed.
        Stopped: `stopped` said so.
    """
    pending: Pending = deque()
    with ThreadPoolExecutor(IN_FLIGHT, "batch") as pool:
        try:
            for batch in batches(items):
                batch.offset = offset()
                _make_room(pending, batch, commit)
                if stopped():
                    raise Stopped
                pending.append((batch, pool.submit(send, batch)))
        finally:
            _drain(pending, commit)


def _make_room(pending: Pending, batch: Batch, commit: Commit) -> None:
    """Wait until one more may be on its way, and none that has a post in common with `batch`.

    Of two records of the same post the later one has to win.
    """
    while pending and (
        len(pending) >= IN_FLIGHT
        or any(not batch.ids.isdisjoint(other.ids) for other, _ in pending)
    ):
        _commit_first(pending, commit)


def _drain(pending: Pending, commit: Commit) -> None:
    while pending:
        _commit_first(pending, commit)


def _commit_first(pending: Pending, commit: Commit) -> None:
    batch, future = pending.popleft()
    try:
        outcome = future.result()
    except BaseException:
        # What comes after a batch that was not acknowledged must not be committed.
        pending.clear()
        raise
    commit(batch, outcome)
