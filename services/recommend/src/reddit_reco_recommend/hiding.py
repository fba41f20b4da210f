"""What a reader hides: asked of hide with a tight deadline, else the synced copy."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass

import httpx2

from reddit_reco_chassis import ServiceClient

from .domain import Hidden
from .store import RecommendStore

log = logging.getLogger(__name__)
_THREADS = 16


@dataclass(frozen=True)
class Answer:
    """What is hidden, and whether hide itself said so."""

    hidden: Hidden
    live: bool


class Hiding:
    """Asks hide in a thread, while other work goes on.

    Args:
        store: where the synced copy is.
        url: where hide answers; empty for the copy alone.
        deadline: seconds.
    """

    def __init__(self, store: RecommendStore, url: str, deadline: float) -> None:
        self._store = store
        self._deadline = deadline
        self._client = ServiceClient(url, timeout=deadline) if url else None
        self._pool = ThreadPoolExecutor(_THREADS, "hide")

    def ask(self, bearer: str) -> "Future[Hidden | None]":
        """Ask on behalf of the holder of a token; the answer is None if there was none."""
        return self._pool.submit(self._asked, bearer)

    def answer(self, asked: "Future[Hidden | None]", user: str, waited: float) -> Answer:
        """The answer, if it comes within what is left of the deadline; else the synced copy."""
        try:
            hidden = asked.result(max(0.0, self._deadline - waited))
        except Late:
            hidden = None
        if hidden is not None:
            return Answer(hidden, live=True)
        return Answer(self._store.hidden(user), live=self._client is None)

    def start(self) -> None:
        """Nothing: threads are made as they are needed."""

    def stop(self) -> None:
        """Let go of threads and connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._client:
            self._client.close()

    def _asked(self, bearer: str) -> Hidden | None:
        if self._client is None:
            return None
        try:
            headers = {"Authorization": f"Bearer {bearer}"}
            found = self._client.request("GET", "/api/v1/hidden/all", headers=headers)
            if found.status_code == httpx2.codes.OK:
                body = found.json()
                posts, places = frozenset(body["posts"]), frozenset(body["subreddits"])
                return Hidden(posts, places, bool(body.get("complete", True)))
            log.info("hide answered %d", found.status_code)
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            log.info("hide does not answer: %r", error)
        return None
