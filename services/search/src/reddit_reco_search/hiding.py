"""What a reader hides: asked of hide with a tight deadline, else the synced copy."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pymongo.errors import PyMongoError

from reddit_reco_synced.deadline import DeadlineClient

from . import metrics
from .domain import Hidden

log = logging.getLogger(__name__)
_PATH = "/api/v1/hidden/all"


@dataclass(frozen=True)
class Answer:
    """What is hidden, and whether that is certain."""

    hidden: Hidden
    certain: bool


class Hiding:
    """Asks hide in the name of a reader.

    Args:
        copy: what a user hides as far as sync has brought it.
        url: where hide answers; empty for the copy alone.
        deadline: seconds.
    """

    def __init__(self, copy: Callable[[str], Hidden], url: str, deadline: float) -> None:
        self._copy = copy
        self._client = DeadlineClient(url, deadline) if url else None

    def of(self, user: str, bearer: str) -> Answer:
        """What a user hides, asked with that user's token."""
        if self._client is None:
            copied = self._copied(user)
            return Answer(copied or Hidden(), certain=copied is not None)
        found = _read(self._client.answer(self._client.ask(_PATH, bearer)))
        if found is not None and found.complete:
            return Answer(found, certain=True)
        copied = self._copied(user) or Hidden()
        if found is not None:
            return Answer(found | copied, certain=True)
        metrics.DEGRADED.inc()
        return Answer(copied, certain=False)

    def close(self) -> None:
        """Let go of threads and connections."""
        if self._client:
            self._client.close()

    def _copied(self, user: str) -> Hidden | None:
        try:
            return self._copy(user)
        except PyMongoError as error:
            log.warning("the copy of what is hidden cannot be read: %s", error)
            return None


def _read(body: Any) -> Hidden | None:
    """What hide's answer says; None for one that says nothing."""
    try:
        posts, places = frozenset(body["posts"]), frozenset(body["subreddits"])
        return Hidden(posts, places, bool(body.get("complete", True)))
    except (AttributeError, KeyError, TypeError):
        return None
