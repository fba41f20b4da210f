"""What a reader hides: asked of hide with a tight deadline, else the synced copy."""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from reddit_reco_synced.deadline import DeadlineClient

from .domain import Hidden
from .store import RecommendStore

_PATH = "/api/v1/hidden/all"


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
        self._client = DeadlineClient(url, deadline) if url else None

    def ask(self, bearer: str) -> "Future[Any] | None":
        """Ask on behalf of the holder of a token, if there is somebody to ask."""
        return self._client.ask(_PATH, bearer) if self._client else None

    def answer(self, asked: "Future[Any]", user: str, waited: float) -> Answer:
        """The answer, if it comes within what is left of the deadline; else the synced copy."""
        if self._client is None:
            raise RuntimeError("there is nobody who was asked")
        hidden = _read(self._client.answer(asked, waited))
        if hidden is None:
            return Answer(self._store.hidden(user), live=False)
        return Answer(hidden, live=True)

    def start(self) -> None:
        """Nothing: threads are made as they are needed."""

    def stop(self) -> None:
        """Let go of threads and connections."""
        if self._client:
            self._client.close()


def _read(body: Any) -> Hidden | None:
    """What hide's answer says; None for one that says nothing."""
    try:
        posts, places = frozenset(body["posts"]), frozenset(body["subreddits"])
        return Hidden(posts, places, bool(body.get("complete", True)))
    except (AttributeError, KeyError, TypeError):
        return None
