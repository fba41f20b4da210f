"""Keeps the catalog of this pod the same as the database: built at the start, then kept up."""

import logging
import time
from collections.abc import Callable

from reddit_reco_synced.following import ENDS, WRITES, Following, HistoryLost, only_bookkeeping

from . import metrics
from .cards import Cards
from .catalog import Catalog, View
from .store import POSTS, TAGS, Document, RecommendStore, whose

log = logging.getLogger(__name__)

_REPORT = 50_000


class Follower(Following):
    """Builds a catalog, and follows posts and signals with it.

    Args:
        store: the database.
        cards: are kept fresh as well.
        publish: gets a view, and the catalog that it is of, whenever there is news.
        signalled: called when somebody did something with a post: who, and with which, if known.
        commit_seconds: least time between two views.
    """

    def __init__(
        self,
        store: RecommendStore,
        cards: Cards,
        publish: Callable[[Catalog, View], None],
        signalled: Callable[[tuple[str, str] | None], None],
        commit_seconds: float,
    ) -> None:
        super().__init__(store, commit_seconds, metrics.FOLLOWING, self._confirm)
        self._store = store
        self._cards = cards
        self._publish = publish
        self._signalled = signalled
        self._catalog = Catalog()
        # Most posts have no tags: they need not be looked for.
        self._tagged: set[str] = set()

    def build(self) -> bool:
        """Read every post into a new catalog, and publish that."""
        started = time.monotonic()
        catalog, tags = Catalog(), self._store.post_tags()
        self._tagged = set(tags)
        self._cards.clear()
        for number, post in enumerate(self._store.posts(), 1):
            self._put(catalog, post, tags.get(post["_id"], []))
            if number % _REPORT == 0:
                log.info("%d posts are read", number)
            if self.stopping:
                return False
        self._catalog = catalog
        self.commit()
        metrics.built(time.monotonic() - started)
        log.info("read %d posts", len(catalog))
        return True

    def apply(self, change: Document) -> bool:
        """Bring one change into the catalog; whether that changed anything."""
        kind = change["operationType"]
        if kind in ENDS and (kind == "dropDatabase" or change["ns"]["coll"] == POSTS):
            raise HistoryLost(f"the posts were replaced as a whole ({kind})")
        if kind in ENDS:
            self._signalled(None)
        if kind not in WRITES or only_bookkeeping(change):
            return False
        if change["ns"]["coll"] == POSTS:
            return self._post(change)
        self._signalled(whose(change))
        return change["ns"]["coll"] == TAGS and self._tag(change)

    def commit(self) -> None:
        """Publish what was applied."""
        if self._catalog.wasteful:
            raise HistoryLost("many posts were deleted")
        self._publish(self._catalog, self._catalog.view())
        metrics.POSTS.set(len(self._catalog))

    def _post(self, change: Document) -> bool:
        post = change.get("fullDocument")
        if change["operationType"] == "delete" or (post and post.get("deleted")):
            self._cards.drop(change["documentKey"]["_id"])
            return self._catalog.remove(change["documentKey"]["_id"])
        if post:
            # An update whose post is gone is followed by its deletion.
            known = post["_id"] in self._tagged
            self._put(self._catalog, post, self._store.tags_of(post["_id"]) if known else [])
        return bool(post)

    def _tag(self, change: Document) -> bool:
        tag = change.get("fullDocument")
        if not tag or tag.get("by") != "user" or not tag.get("post"):
            return False
        self._tagged.add(tag["post"])
        post = self._store.some_posts([tag["post"]]).get(tag["post"])
        if post:
            self._put(self._catalog, post, self._store.tags_of(post["_id"]))
        return bool(post)

    def _put(self, catalog: Catalog, post: Document, tags: list[str]) -> None:
        try:
            catalog.put(post, tags)
            self._cards.put(post)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            # One post that is not in form must not keep the others from being recommended.
            self._cards.drop(str(post.get("_id")))
            metrics.SKIPPED.inc()
            log.warning("post %r left out: %r", post.get("_id"), error)

    def _confirm(self) -> None:
        metrics.fresh()
        self._cards.confirm()
