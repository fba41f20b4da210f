"""Keeps the index of this pod the same as the database: built at the start, then kept up."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from pymongo.change_stream import ChangeStream
from pymongo.errors import OperationFailure, PyMongoError
from tantivy import Searcher

from . import metrics
from .index import PostIndex
from .store import Document, SearchStore

log = logging.getLogger(__name__)

_WAIT_MS = 250
_PAUSE = 1.0
_REPORT = 50_000
# ChangeStreamFatalError, ChangeStreamHistoryLost, and a token that this deployment never gave out.
_LOST = frozenset({280, 286, 260, 50811})
_ENDS = frozenset({"drop", "rename", "dropDatabase", "invalidate"})


class HistoryLost(Exception):
    """The changes since the last position cannot be had any more: only building anew helps."""


class Follower:
    """A thread that builds an index, and follows the change stream from before the first read.

    The position stays in memory: a new process builds anew. While the database is away, the index
    answers as it is, and catches up afterwards.

    Args:
        store: the database.
        new_index: makes an empty index.
        commit_seconds: least time between two commits.
    """

    def __init__(
        self, store: SearchStore, new_index: Callable[[], PostIndex], commit_seconds: float
    ) -> None:
        self._store = store
        self._new_index = new_index
        self._commit_seconds = commit_seconds
        self._current: PostIndex | None = None
        self._token: dict[str, Any] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)

    def start(self) -> None:
        """Begin, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for that, unless it waits for the database: then it ends by itself."""
        self._stopping.set()
        self._thread.join(timeout=2)

    def snapshot(self) -> Searcher | None:
        """The index as of its last commit; None while the first is being built."""
        current = self._current
        return current.searcher() if current else None

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._token is None:
                    self._build()
                self._follow()
            except HistoryLost as lost:
                log.warning("building the index anew: %s", lost)
                self._token = None
            except PyMongoError as error:
                log.warning("the database is away, going on with what there is: %s", error)
                self._stopping.wait(_PAUSE)
            except Exception:
                # A broken writer, or a full disk: what was committed still answers.
                log.exception("the index is broken; building it anew")
                self._token = None
                self._stopping.wait(_PAUSE)
            metrics.FOLLOWING.set(0)

    def _build(self) -> None:
        started = time.monotonic()
        token = self._position()
        log.info("building the index of about %d posts", self._store.count())
        index = self._new_index()
        try:
            self._copy(index)
        except BaseException:
            index.close()
            raise
        if self._stopping.is_set():
            index.close()
            return
        before, self._current, self._token = self._current, index, token
        if before:
            before.close()
        metrics.built(time.monotonic() - started)
        log.info("built the index of %d posts", index.searcher().num_docs)

    def _position(self) -> dict[str, Any]:
        with self._store.watch(None, 1) as stream:
            stream.try_next()
            token = stream.resume_token
        if token is None:
            raise PyMongoError("the database gave no position of its change stream")
        return dict(token)

    def _copy(self, index: PostIndex) -> None:
        for number, post in enumerate(self._store.posts(), 1):
            _put(index, post)
            if number % _REPORT == 0:
                log.info("%d posts are in the index", number)
                if self._stopping.is_set():
                    return
        _commit(index)

    def _follow(self) -> None:
        index = self._current
        if index is None or self._token is None:
            return
        pending, committed = False, 0.0
        try:
            with self._store.watch(self._token, _WAIT_MS) as stream:
                metrics.FOLLOWING.set(1)
                while not self._stopping.is_set():
                    change = _next(stream)
                    if change is not None:
                        pending = _apply(index, change) or pending
                    self._token = dict(stream.resume_token or self._token)
                    if pending and time.monotonic() - committed >= self._commit_seconds:
                        _commit(index)
                        pending, committed = False, time.monotonic()
                    if not pending and change is None:
                        metrics.fresh()
        except OperationFailure as error:
            if error.code in _LOST or error.has_error_label("NonResumableChangeStreamError"):
                raise HistoryLost(str(error)) from None
            raise
        finally:
            if pending:
                _commit(index)


def _next(stream: ChangeStream[Document]) -> Document | None:
    change = stream.try_next()
    if change is None and not stream.alive:
        raise HistoryLost("the change stream has ended")
    return change


def _apply(index: PostIndex, change: Document) -> bool:
    """Bring one change into the index; whether that changed anything."""
    kind = change["operationType"]
    if kind in _ENDS:
        raise HistoryLost(f"the posts were replaced as a whole ({kind})")
    if kind not in ("insert", "replace", "update", "delete") or _only_bookkeeping(change):
        return False
    post = change.get("fullDocument")
    if kind == "delete" or (post and post.get("deleted")):
        index.remove(change["documentKey"]["_id"])
    elif post:
        _put(index, post)
    # An update whose post is gone is followed by its deletion.
    return bool(post) or kind == "delete"


def _only_bookkeeping(change: Document) -> bool:
    """Whether sync only wrote down that it has seen the post again."""
    description = change.get("updateDescription")
    if not description or description.get("removedFields"):
        return False
    return set(description.get("updatedFields", ())) <= {"_gen"}


def _put(index: PostIndex, post: Document) -> None:
    try:
        index.put(post)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        # One post that is not in form must not keep the others from being found.
        metrics.SKIPPED.inc()
        log.warning("post %r left out of the index: %r", post.get("_id"), error)


def _commit(index: PostIndex) -> None:
    with metrics.COMMIT_SECONDS.time():
        index.commit()
    metrics.committed(index.searcher().num_docs)
