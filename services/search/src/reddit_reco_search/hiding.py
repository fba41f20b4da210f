"""What a reader hides: asked of hide with a tight deadline, else the synced copy."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass

import httpx2
from pymongo.errors import PyMongoError

from reddit_reco_chassis import ServiceClient

from . import metrics
from .domain import Hidden

log = logging.getLogger(__name__)
_THREADS = 16


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
        self._deadline = deadline
        self._client = ServiceClient(url, timeout=deadline) if url else None
        # In a thread, since the client's own timeout is one for each step of a call.
        self._pool = ThreadPoolExecutor(_THREADS, "hide")

    def of(self, user: str, bearer: str) -> Answer:
        """What a user hides, asked with that user's token."""
        if self._client is None:
            copied = self._copied(user)
            return Answer(copied or Hidden(), certain=copied is not None)
        asked = self._pool.submit(self._asked, self._client, bearer)
        try:
            found = asked.result(self._deadline)
        except Late:
            asked.cancel()
            found = None
        if found is not None and found.complete:
            return Answer(found, certain=True)
        copied = self._copied(user) or Hidden()
        if found is not None:
            return Answer(found | copied, certain=True)
        metrics.DEGRADED.inc()
        return Answer(copied, certain=False)

    def close(self) -> None:
        """Let go of threads and connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._client:
            self._client.close()

    def _copied(self, user: str) -> Hidden | None:
        try:
            return self._copy(user)
        except PyMongoError as error:
            log.warning("the copy of what is hidden cannot be read: %s", error)
            return None

    def _asked(self, client: ServiceClient, bearer: str) -> Hidden | None:
        try:
            headers = {"Authorization": f"Bearer {bearer}"}
            found = client.request("GET", "/api/v1/hidden/all", headers=headers)
            if found.status_code == httpx2.codes.OK:
                body = found.json()
                posts, places = frozenset(body["posts"]), frozenset(body["subreddits"])
                return Hidden(posts, places, bool(body.get("complete", True)))
            log.info("hide answered %d", found.status_code)
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            log.info("hide does not answer: %r", error)
        return None
