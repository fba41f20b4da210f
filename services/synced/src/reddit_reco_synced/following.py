"""Keep what a pod derives from its database the same as the database: built, then kept up."""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from prometheus_client import Gauge
from pymongo.change_stream import ChangeStream, DatabaseChangeStream
from pymongo.errors import OperationFailure, PyMongoError

log = logging.getLogger(__name__)
Document = dict[str, Any]
WRITES = frozenset({"insert", "replace", "update", "delete"})
ENDS = frozenset({"drop", "rename", "dropDatabase", "invalidate"})

_WAIT_MS = 250
_PAUSE = 1.0
# ChangeStreamFatalError, ChangeStreamHistoryLost, and a token that this deployment never gave out.
_LOST = frozenset({280, 286, 260, 50811})


class HistoryLost(Exception):
    """The changes since the last position cannot be had any more: only building anew helps."""


class Age:
    """Seconds since a moment, whenever asked."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def __call__(self) -> float:
        """The seconds, never negative: clocks differ."""
        return max(0.0, (datetime.now(UTC) - self._moment).total_seconds())


class Watched(Protocol):
    """A store whose changes can be followed."""

    def watch(self, after: Document | None, wait_ms: int) -> DatabaseChangeStream[Document]:
        """Every change after a position, or from now on."""


class Following(ABC):
    """A thread that builds something, and follows the change stream from before the first read.

    The position stays in memory: a new process builds anew. While the database is away, what there
    is answers, and catches up afterwards.

    Args:
        store: the database.
        commit_seconds: least time between two commits.
        following: is 1 while the stream is followed.
        fresh: called when all there is at that moment is applied and committed.
    """

    def __init__(
        self, store: Watched, commit_seconds: float, following: Gauge, fresh: Callable[[], None]
    ) -> None:
        self._watched = store
        self._commit_seconds = commit_seconds
        self._following = following
        self._fresh = fresh
        self._token: Document | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)

    @abstractmethod
    def build(self) -> bool:
        """Read everything, and answer from it; False if `stopping` came first."""

    @abstractmethod
    def apply(self, change: Document) -> bool:
        """Bring one change in; whether that changed anything.

        Raises:
            HistoryLost: only building anew helps.
        """

    @abstractmethod
    def commit(self) -> None:
        """Let what was applied be seen."""

    @property
    def stopping(self) -> bool:
        """Whether to return at the next chance."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Begin, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for that, unless it waits for the database: then it ends by itself."""
        self._stopping.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self.stopping:
            try:
                if self._token is None:
                    token = self._position()
                    if not self.build():
                        return
                    self._token = token
                self._follow(self._token)
            except HistoryLost as lost:
                log.warning("building anew: %s", lost)
                self._token = None
            except PyMongoError as error:
                log.warning("the database is away, going on with what there is: %s", error)
                self._stopping.wait(_PAUSE)
            except Exception:
                # A broken writer, or a full disk: what was committed still answers.
                log.exception("what was built is broken; building anew")
                self._token = None
                self._stopping.wait(_PAUSE)
            self._following.set(0)

    def _position(self) -> Document:
        with self._watched.watch(None, 1) as stream:
            stream.try_next()
            token = stream.resume_token
        if token is None:
            raise PyMongoError("the database gave no position of its change stream")
        return dict(token)

    def _follow(self, token: Document) -> None:
        pending, committed = False, 0.0
        try:
            with history(), self._watched.watch(token, _WAIT_MS) as stream:
                self._following.set(1)
                while not self.stopping:
                    change = next_change(stream)
                    if change is not None:
                        pending = self.apply(change) or pending
                    self._token = token = dict(stream.resume_token or token)
                    if pending and time.monotonic() - committed >= self._commit_seconds:
                        self.commit()
                        pending, committed = False, time.monotonic()
                    if not pending and change is None:
                        self._fresh()
        finally:
            if pending:
                self.commit()


def only_bookkeeping(change: Document) -> bool:
    """Whether sync only wrote down that it has seen the document again."""
    description = change.get("updateDescription")
    if not description or description.get("removedFields"):
        return False
    return set(description.get("updatedFields", ())) <= {"_gen"}


@contextmanager
def history() -> Iterator[None]:
    """Tell from other errors of the database that the position is of no use any more.

    Raises:
        HistoryLost: it is not.
    """
    try:
        yield
    except OperationFailure as error:
        if error.code in _LOST or error.has_error_label("NonResumableChangeStreamError"):
            raise HistoryLost(str(error)) from None
        raise


def next_change(stream: ChangeStream[Document]) -> Document | None:
    """The next change, None if there is none now.

    Raises:
        HistoryLost: the stream has ended, as it does where the database is dropped.
    """
    change = stream.try_next()
    if change is None and not stream.alive:
        raise HistoryLost("the change stream has ended")
    return change
