"""A post's picture: from the cache, or fetched now, by one caller at a time."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from reddit_reco_chassis import Stopping

from . import metrics
from .domain import (
    Busy,
    NoPicture,
    Picture,
    Post,
    PostDeleted,
    PostsAway,
    PostUnknown,
    Refused,
    Width,
    picture_address,
)
from .store import PictureStore, etag

log = logging.getLogger(__name__)
_CHECKED_AT_ONCE = 100


class Source(Protocol):
    """Knows the posts."""

    def get(self, post: str, authorization: str | None = None) -> Post:
        """A post."""


class Fetching(Protocol):
    """Gets bytes."""

    def fetch(self, address: str) -> bytes:
        """What an address leads to."""


class Shrinking(Protocol):
    """Makes pictures small."""

    def shrink(self, raw: bytes) -> Mapping[Width, bytes]:
        """A picture in each width."""


@dataclass(frozen=True)
class Patience:
    """How long things are kept, and how long callers wait."""

    keep: timedelta
    refused: timedelta
    failed: timedelta
    wait_seconds: float


class Pictures:
    """The verb.

    Args:
        store: keeps pictures.
        posts: knows what a post links to.
        fetcher: gets a picture.
        decoder: makes it small.
        patience: how long things last.
        fetches_at_once: callers that fetch, or wait for another's fetch.
        waiting_at_once: callers that wait for their turn to; more are refused.
    """

    def __init__(
        self,
        store: PictureStore,
        posts: Source,
        fetcher: Fetching,
        decoder: Shrinking,
        *,
        patience: Patience,
        fetches_at_once: int,
        waiting_at_once: int,
    ) -> None:
        self._store = store
        self._posts = posts
        self._fetcher = fetcher
        self._decoder = decoder
        self._patience = patience
        self._room = threading.BoundedSemaphore(fetches_at_once + waiting_at_once)
        self._turns = threading.BoundedSemaphore(fetches_at_once)

    def get(
        self, post: str, width: Width, *, adult: bool, authorization: str | None = None
    ) -> Picture:
        """The picture of a post.

        Raises:
            PostUnknown, PostDeleted, PostsAway: see `Posts.get`; what was kept of it is dropped.
            NoPicture: it has none, or one for adults, which the reader did not ask for.
            Refused: it has one, which cannot be had.
            Busy: too many are being fetched.
        """
        address = self._address(post, adult, authorization)
        if found := self._store.find(post, address, width, _now()):
            return found
        with _held(self._room, 0), _held(self._turns, self._patience.wait_seconds):
            return self._fetched(post, address, width)

    def check(self, stopping: Stopping) -> None:
        """Drop the pictures of posts that are gone although nobody asks for them any more."""
        for post in self._store.least_checked(_CHECKED_AT_ONCE):
            if stopping.is_set():
                return
            try:
                self._known(post, None)
            except (PostUnknown, PostDeleted):
                log.info("dropped the picture of a post that is gone")
            except PostsAway:
                return
            else:
                self._store.checked(post, _now())

    def _address(self, post: str, adult: bool, authorization: str | None) -> str:
        known = self._known(post, authorization)
        if known.get("over_18") and not adult:
            raise NoPicture("The picture is marked as for adults: ask with over_18=include.")
        address = picture_address(known)
        if address is None:
            self._store.drop(post)
            raise NoPicture("The post links to no picture.")
        return address

    def _known(self, post: str, authorization: str | None) -> Post:
        try:
            return self._posts.get(post, authorization)
        except (PostUnknown, PostDeleted):
            self._store.drop(post)
            raise

    def _fetched(self, post: str, address: str, width: Width) -> Picture:
        """Fetch it, or wait for whoever does."""
        until = time.monotonic() + self._patience.wait_seconds
        while time.monotonic() < until:
            if claim := self._store.claim(post, address, _now()):
                return self._fetch(post, address, width, claim)
            if found := self._store.find(post, address, width, _now()):
                return found
            time.sleep(0.05)
        raise Busy

    def _fetch(self, post: str, address: str, width: Width, claim: str) -> Picture:
        try:
            sizes = self._decoder.shrink(self._fetcher.fetch(address))
        except Refused as refused:
            metrics.count(refused.reason)
            log.info("refused the picture of %s: %s", post, refused.reason)
            lasts = self._patience.failed if refused.passing else self._patience.refused
            self._store.keep_refusal(post, claim, refused, _now() + lasts)
            raise
        except BaseException:
            self._store.give_back(post, claim)
            raise
        now = _now()
        picture = Picture(sizes[width], etag(sizes[width]), now)
        self._store.keep(post, claim, sizes, now, now + self._patience.keep)
        metrics.count("fetched")
        return picture


@contextmanager
def _held(room: threading.Semaphore, seconds: float) -> Iterator[None]:
    if not room.acquire(timeout=seconds):
        raise Busy
    try:
        yield
    finally:
        room.release()


def _now() -> datetime:
    moment = datetime.now(UTC)
    # MongoDB keeps milliseconds.
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
