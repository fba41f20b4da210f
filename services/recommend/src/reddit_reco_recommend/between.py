"""Whose signals are to be learned before the next fit, since they are about posts new to it."""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping

from .catalog import View
from .fresh import Fresh, learn
from .model import STRONGEST, Model
from .store import RecommendStore

# So many people are read at once, with so many signals: the newest.
_MOST_PEOPLE = 300
# Learning gets at most so much of one core's time.
_SHARE = 0.1
_LEAST_SECONDS = 1.0


class Between:
    """Notes who did something with a new post, and learns from all that they did.

    Args:
        store: where the signals are.
        weights: how much each verb counts.
    """

    def __init__(self, store: RecommendStore, weights: Mapping[str, float]) -> None:
        self._store = store
        self._weights = weights
        self._lock = threading.Lock()
        self._people: dict[str, None] = {}
        self._news = False
        self._next = 0.0

    def note(self, user: str) -> None:
        """Note that somebody did something with a post that is new, or took it back."""
        with self._lock:
            self._people.pop(user, None)
            self._people[user] = None
            if len(self._people) > _MOST_PEOPLE:
                del self._people[next(iter(self._people))]
            self._news = True

    def take(self) -> list[str]:
        """Those who were noted, and note them no more: a fit begins that learns of all they did."""
        with self._lock:
            people, self._people = list(self._people), {}
            return people

    def due(self) -> bool:
        """Whether there is something to learn, and time for it."""
        return self._news and time.monotonic() >= self._next

    def learned(self, view: View, model: Model) -> Fresh | None:
        """What there is to learn by now."""
        started = time.monotonic()
        with self._lock:
            people, self._news = list(self._people), False
        try:
            fresh = learn(self._read(people, view), model)
        except BaseException:
            self._news = True
            raise
        finally:
            now = time.monotonic()
            self._next = now + max(_LEAST_SECONDS, (now - started) / _SHARE)
        return fresh

    def _read(self, people: list[str], view: View) -> list[dict[int, float]]:
        """What each of some people did: how much each post counts, by row."""
        readers: defaultdict[str, dict[int, float]] = defaultdict(dict)
        for found in self._store.signals_of(people):
            weight, row = self._weights[found["verb"]], view.row(found["post"])
            if row is not None and weight > 0:
                did = readers[found["user"]]
                did[row] = min(STRONGEST, did.get(row, 0.0) + weight)
        return [*readers.values()]
