"""Runs an import: reads ahead while batches are on their way, and commits them in order."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from .domain import Batch, Outcome, Positioned, batches

IN_FLIGHT = 3

Send = Callable[[Batch], Outcome]
Commit = Callable[[Batch, Outcome], None]


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
    So after a crash a few batches at most (one more than `IN_FLIGHT`) are sent a second time, which
    changes no post.

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
    with ThreadPoolExecutor(IN_FLIGHT, "batch") as pool:
        window = _Window(commit)
        try:
            for batch in batches(items):
                batch.offset = offset()
                window.make_room(batch)
                if stopped():
                    raise Stopped
                window.put(batch, pool.submit(send, batch))
                # After the next one is on its way: a commit takes its time, too.
                window.commit()
        finally:
            window.drain()


class _Window:
    """The batches on their way, and those that are acknowledged and not yet committed.

    When one fails, none behind it is committed: the position would leave a gap.
    """

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._pending: deque[tuple[Batch, Future[Outcome]]] = deque()
        self._acknowledged: deque[tuple[Batch, Outcome]] = deque()

    def make_room(self, batch: Batch) -> None:
        """Wait until one more may be on its way, and none that has a post in common with `batch`.

        Of two records of the same post the later one has to win.
        """
        while len(self._pending) >= IN_FLIGHT or any(
            not batch.ids.isdisjoint(other.ids) for other, _ in self._pending
        ):
            self._wait_for_first()

    def put(self, batch: Batch, future: "Future[Outcome]") -> None:
        """One more is on its way."""
        self._pending.append((batch, future))

    def commit(self) -> None:
        """Commit what is acknowledged."""
        while self._acknowledged:
            try:
                self._commit(*self._acknowledged.popleft())
            except BaseException:
                self._give_up()
                raise

    def drain(self) -> None:
        """Wait for everything, and commit it."""
        self.commit()
        while self._pending:
            self._wait_for_first()
            self.commit()

    def _wait_for_first(self) -> None:
        batch, future = self._pending.popleft()
        try:
            outcome = future.result()
        except BaseException:
            self._pending.clear()
            raise
        self._acknowledged.append((batch, outcome))

    def _give_up(self) -> None:
        self._pending.clear()
        self._acknowledged.clear()
