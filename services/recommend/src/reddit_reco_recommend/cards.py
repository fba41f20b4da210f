"""Posts as lists show them, kept in memory while the change stream keeps them fresh.

A page shows twenty posts and names as many that it is made from: to read them takes longer than to
rank. Each is kept as the JSON of its values, a sixth of what the same takes as an object.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from reddit_reco_chassis import timestamp

from .domain import Post, shown
from .store import RecommendStore

Card = Mapping[str, Any]

# What the stream has not confirmed for so long may have changed meanwhile: it is read.
_GOOD_SECONDS = 2.0
# What an entry takes on top of its text: two objects, and their place in the table.
_ENTRY_BYTES = 250


class Cards:
    """Cards of posts by id, as many as there is room for; the others are read as they are needed.

    Args:
        store: where to read posts.
        most_bytes: how much memory they may take.
    """

    def __init__(self, store: RecommendStore, most_bytes: int) -> None:
        self._store = store
        self._most = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._used = 0
        self._changes = 0
        self._good_until = 0.0

    @property
    def used(self) -> int:
        """How many bytes they take, about."""
        return self._used

    def listed(self, ids: Iterable[str]) -> dict[str, Card]:
        """Those of the posts that are there, by id."""
        wanted = list(dict.fromkeys(ids))
        found = self._known(wanted) if time.monotonic() < self._good_until else {}
        missing = [post for post in wanted if post not in found]
        return {**found, **self._read(missing)} if missing else found

    def put(self, post: Post) -> None:
        """Keep a post's card, if there is room or it was there before it changed."""
        text = _packed(post)
        with self._lock:
            self._changes += 1
            if post["_id"] in self._kept or self._used < self._most:
                self._put(post["_id"], text)

    def drop(self, post: str) -> None:
        """Forget a card."""
        with self._lock:
            self._changes += 1
            self._drop(post)

    def clear(self) -> None:
        """Forget all cards."""
        with self._lock:
            self._changes += 1
            self._kept.clear()
            self._used, self._good_until = 0, 0.0

    def confirm(self) -> None:
        """Note that at this moment the cards are the same as in the database."""
        self._good_until = time.monotonic() + _GOOD_SECONDS

    def _known(self, wanted: list[str]) -> dict[str, Card]:
        with self._lock:
            found = {post: self._kept[post] for post in wanted if post in self._kept}
            for post in found:
                self._kept.move_to_end(post)
        return {post: _unpacked(text) for post, text in found.items()}

    def _read(self, missing: list[str]) -> dict[str, Card]:
        """Read posts, and keep them in place of what was not asked for lately."""
        before = self._changes
        texts = {post: _packed(each) for post, each in self._store.listed(missing).items()}
        with self._lock:
            # After a change, what was read may be older than what is kept.
            if before == self._changes:
                for post, text in texts.items():
                    self._put(post, text)
        return {post: _unpacked(text) for post, text in texts.items()}

    def _put(self, post: str, text: bytes) -> None:
        self._drop(post)
        self._kept[post] = text
        self._used += len(text) + _ENTRY_BYTES
        while self._used > self._most:
            self._drop(next(iter(self._kept)))

    def _drop(self, post: str) -> None:
        text = self._kept.pop(post, None)
        if text is not None:
            self._used -= len(text) + _ENTRY_BYTES


_NAMES = tuple(shown({"_id": ""}))


def _packed(post: Post) -> bytes:
    values = list(shown(post).values())
    text = orjson.dumps(values, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)
    # A copy: what orjson gives still holds the room of the buffer that it was written into.
    return bytes(memoryview(text))


def _unpacked(text: bytes) -> Card:
    return dict(zip(_NAMES, orjson.loads(text), strict=True))


def _plain(value: object) -> str:
    return timestamp(value) if isinstance(value, datetime) else str(value)
