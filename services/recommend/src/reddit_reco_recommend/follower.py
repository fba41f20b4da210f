"""Keeps the catalog of this pod the same as the database: built at the start, then kept up."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from pymongo.change_stream import ChangeStream
from pymongo.errors import OperationFailure, PyMongoError

from . import metrics
from .catalog import Catalog, View
from .store import POSTS, TAGS, Document, RecommendStore

log = logging.getLogger(__name__)

_WAIT_MS = 250
_REPORT = 50_000
_PAUSE = 1.0
# ChangeStreamFatalError, ChangeStreamHistoryLost, and a token that this deployment never gave out.
_LOST = frozenset({280, 286, 260, 50811})
_ENDS = frozenset({"drop", "rename", "dropDatabase", "invalidate"})
_WRITES = frozenset({"insert", "replace", "update", "delete"})


class HistoryLost(Exception):
    """The changes since the last position cannot be had any more: only building anew helps."""


class Follower:
    """A thread that builds a catalog, and follows the change stream from before the first read.

    The position stays in memory: a new process builds anew. While the database is away, what there
    is answers, and catches up afterwards.

    Args:
        store: the database.
        publish: gets a view, and the catalog that it is of, whenever there is news.
        signalled: called when somebody did something with a post.
        commit_seconds: least time between two views.
    """

    def __init__(
        self,
        store: RecommendStore,
        publish: Callable[[Catalog, View], None],
        signalled: Callable[[], None],
        commit_seconds: float,
    ) -> None:
        self._store = store
        self._publish = publish
        self._signalled = signalled
        self._commit_seconds = commit_seconds
        self._catalog = Catalog()
        # Most posts have no tags: they need not be looked for.
        self._tagged: set[str] = set()
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

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._token is None:
                    self._build()
                self._follow()
            except HistoryLost as lost:
                log.warning("reading all posts anew: %s", lost)
                self._token = None
            except PyMongoError as error:
                log.warning("the database is away, going on with what there is: %s", error)
                self._stopping.wait(_PAUSE)
            except Exception:
                log.exception("the catalog is broken; reading all posts anew")
                self._token = None
                self._stopping.wait(_PAUSE)
            metrics.FOLLOWING.set(0)

    def _build(self) -> None:
        started = time.monotonic()
        token = self._position()
        catalog, tags = Catalog(), self._store.post_tags()
        self._tagged = set(tags)
        for number, post in enumerate(self._store.posts(), 1):
            _put(catalog, post, tags.get(post["_id"], []))
            if number % _REPORT == 0:
                log.info("%d posts are read", number)
            if self._stopping.is_set():
                return
        self._catalog, self._token = catalog, token
        self._commit()
        metrics.built(time.monotonic() - started)
        log.info("read %d posts", len(catalog))

    def _position(self) -> dict[str, Any]:
        with self._store.watch(None, 1) as stream:
            stream.try_next()
            token = stream.resume_token
        if token is None:
            raise PyMongoError("the database gave no position of its change stream")
        return dict(token)

    def _follow(self) -> None:
        pending, committed = False, 0.0
        try:
            with self._store.watch(self._token, _WAIT_MS) as stream:
                metrics.FOLLOWING.set(1)
                while not self._stopping.is_set():
                    change = _next(stream)
                    if change is not None:
                        pending = self._apply(change) or pending
                    self._token = dict(stream.resume_token or self._token or {})
                    if pending and time.monotonic() - committed >= self._commit_seconds:
                        self._commit()
                        pending, committed = False, time.monotonic()
                    if not pending and change is None:
                        metrics.fresh()
        except OperationFailure as error:
            if error.code in _LOST or error.has_error_label("NonResumableChangeStreamError"):
                raise HistoryLost(str(error)) from None
            raise
        finally:
            if pending:
                self._commit()

    def _apply(self, change: Document) -> bool:
        """Bring one change into the catalog; whether that changed anything."""
        kind = change["operationType"]
        if kind in _ENDS and (kind == "dropDatabase" or change["ns"]["coll"] == POSTS):
            raise HistoryLost(f"the posts were replaced as a whole ({kind})")
        if kind in _ENDS:
            self._signalled()
        if kind not in _WRITES or _only_bookkeeping(change):
            return False
        if change["ns"]["coll"] == POSTS:
            return self._post(change)
        self._signalled()
        return change["ns"]["coll"] == TAGS and self._tag(change)

    def _post(self, change: Document) -> bool:
        post = change.get("fullDocument")
        if change["operationType"] == "delete" or (post and post.get("deleted")):
            return self._catalog.remove(change["documentKey"]["_id"])
        if post:
            # An update whose post is gone is followed by its deletion.
            known = post["_id"] in self._tagged
            _put(self._catalog, post, self._store.tags_of(post["_id"]) if known else [])
        return bool(post)

    def _tag(self, change: Document) -> bool:
        tag = change.get("fullDocument")
        if not tag or tag.get("by") != "user" or not tag.get("post"):
            return False
        self._tagged.add(tag["post"])
        post = self._store.some_posts([tag["post"]]).get(tag["post"])
        if post:
            _put(self._catalog, post, self._store.tags_of(post["_id"]))
        return bool(post)

    def _commit(self) -> None:
        if self._catalog.wasteful:
            raise HistoryLost("many posts were deleted")
        self._publish(self._catalog, self._catalog.view())
        metrics.POSTS.set(len(self._catalog))


def _next(stream: ChangeStream[Document]) -> Document | None:
    change = stream.try_next()
    if change is None and not stream.alive:
        raise HistoryLost("the change stream has ended")
    return change


def _only_bookkeeping(change: Document) -> bool:
    """Whether sync only wrote down that it has seen the document again."""
    description = change.get("updateDescription")
    if not description or description.get("removedFields"):
        return False
    return set(description.get("updatedFields", ())) <= {"_gen"}


def _put(catalog: Catalog, post: Document, tags: list[str]) -> None:
    try:
        catalog.put(post, tags)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        # One post that is not in form must not keep the others from being recommended.
        metrics.SKIPPED.inc()
        log.warning("post %r left out: %r", post.get("_id"), error)
