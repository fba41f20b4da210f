"""Keeps the index of this pod the same as the database: built at the start, then kept up."""

import logging
import time
from collections.abc import Callable

from tantivy import Searcher

from reddit_reco_synced.following import ENDS, WRITES, Following, HistoryLost, only_bookkeeping

from . import metrics
from .index import PostIndex
from .store import Document, SearchStore

log = logging.getLogger(__name__)

_REPORT = 50_000


class Follower(Following):
    """Builds an index, and follows the posts with it.

    Args:
        store: the database.
        new_index: makes an empty index.
        commit_seconds: least time between two commits.
    """

    def __init__(
        self, store: SearchStore, new_index: Callable[[], PostIndex], commit_seconds: float
    ) -> None:
        super().__init__(store, commit_seconds, metrics.FOLLOWING, metrics.fresh)
        self._store = store
        self._new_index = new_index
        self._current: PostIndex | None = None

    def snapshot(self) -> Searcher | None:
        """The index as of its last commit; None while the first is being built."""
        current = self._current
        return current.searcher() if current else None

    def build(self) -> bool:
        """Put every post into a new index, and answer from that."""
        started = time.monotonic()
        log.info("building the index of about %d posts", self._store.count())
        index = self._new_index()
        try:
            self._copy(index)
        except BaseException:
            index.close()
            raise
        if self.stopping:
            index.close()
            return False
        before, self._current = self._current, index
        if before:
            before.close()
        metrics.built(time.monotonic() - started)
        log.info("built the index of %d posts", index.searcher().num_docs)
        return True

    def apply(self, change: Document) -> bool:
        """Bring one change into the index; whether that changed anything."""
        return _apply(self._index, change)

    def commit(self) -> None:
        """Let searches see what was applied."""
        _commit(self._index)

    @property
    def _index(self) -> PostIndex:
        if self._current is None:
            raise RuntimeError("there is no index yet")
        return self._current

    def _copy(self, index: PostIndex) -> None:
        for number, post in enumerate(self._store.posts(), 1):
            _put(index, post)
            if number % _REPORT == 0:
                log.info("%d posts are in the index", number)
                if self.stopping:
                    return
        _commit(index)


def _apply(index: PostIndex, change: Document) -> bool:
    kind = change["operationType"]
    if kind in ENDS:
        raise HistoryLost(f"the posts were replaced as a whole ({kind})")
    if kind not in WRITES or only_bookkeeping(change):
        return False
    post = change.get("fullDocument")
    if kind == "delete" or (post and post.get("deleted")):
        index.remove(change["documentKey"]["_id"])
    elif post:
        _put(index, post)
    # An update whose post is gone is followed by its deletion.
    return bool(post) or kind == "delete"


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
