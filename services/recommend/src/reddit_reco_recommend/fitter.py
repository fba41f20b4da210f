"""Fits the model in the background, and gives requests the engine of the moment."""

import logging
import threading
import time
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from reddit_reco_chassis import Stopping

from . import metrics
from .allocator import give_back
from .between import Between
from .catalog import Catalog, View
from .domain import NotReady
from .engine import Blend, Engine
from .model import Fit, Interactions, fit_model
from .store import Document, RecommendStore

log = logging.getLogger(__name__)

# A fit gets at most so much of one core's time.
_SHARE = 0.1
_STALE_SECONDS = 300.0


class Fitter:
    """Holds the newest view and the newest model of it.

    Args:
        store: where the signals are.
        weights: how much each verb counts.
        seconds: least time between two fits.
        most: most signals of a fit.
    """

    def __init__(
        self,
        store: RecommendStore,
        weights: Mapping[str, float],
        seconds: float,
        most: int,
        blend: Blend,
    ) -> None:
        self._store = store
        self._weights = weights
        self._seconds = seconds
        self._most = most
        self._blend = blend
        self._between = Between(store, weights)
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._catalog: Catalog | None = None
        self._engine: Engine | None = None
        self._next = 0.0
        self._stale = 0.0

    def engine(self) -> Engine:
        """What ranks.

        Raises:
            NotReady: the posts are still being read.
        """
        if self._engine is None:
            raise NotReady("The posts are still being read; try again.")
        return self._engine

    def publish(self, catalog: Catalog, view: View) -> None:
        """Take a new view. What was learned stays good, unless the catalog is another one."""
        with self._lock:
            same = catalog is self._catalog and self._engine is not None
            before = self._engine if same else None
            model, fresh = (before.model, before.fresh) if before else (None, None)
            self._catalog, self._engine = catalog, Engine(view, model, self._blend, fresh)
        if not same:
            self._next = 0.0
            self._news.set()

    def signalled(self, what: tuple[str, str] | None) -> None:
        """Note that there is something new to learn: who did something, and with which post."""
        engine = self._engine
        if what and engine and engine.model:
            row = engine.view.row(what[1])
            # What has no row yet came a moment ago.
            if row is None or engine.model.items([row])[0] < 0:
                self._between.note(what[0])
        self._news.set()

    def run(self, stopping: Stopping) -> None:
        """Fit whenever there is news, but not too often."""
        while not stopping.is_set():
            self._renew()
            if not self._news.wait(0.25) or time.monotonic() < self._next:
                self._learn()
                stopping.wait(0.1)
                continue
            self._news.clear()
            catalog, engine = self._catalog, self._engine
            if catalog is None or engine is None:
                continue
            # A fit takes a while: what is new meanwhile counts at once.
            self._learn()
            people = self._between.take()
            try:
                self._fit(catalog, engine.view)
            except BaseException:
                for user in people:
                    self._between.note(user)
                self._news.set()
                raise

    def _learn(self) -> None:
        """Learn of posts that no fit has seen, between two of them."""
        engine = self._engine
        if engine is None or engine.model is None or not self._between.due():
            return
        fresh = self._between.learned(engine.view, engine.model)
        with self._lock:
            if self._engine is not None and self._engine.model is engine.model:
                self._engine = replace(self._engine, fresh=fresh)

    def _renew(self) -> None:
        """A new engine every few minutes: posts grow older also where nothing else happens."""
        if time.monotonic() < self._stale:
            return
        self._stale = time.monotonic() + _STALE_SECONDS
        with self._lock:
            if self._engine is not None:
                self._engine = replace(self._engine)

    def _fit(self, catalog: Catalog, view: View) -> None:
        started = time.monotonic()
        interactions = self._interactions(view)
        model = fit_model(interactions, Fit())
        seconds = time.monotonic() - started
        with self._lock:
            if self._engine is None or catalog is not self._catalog:
                return
            self._engine = Engine(self._engine.view, model, self._blend)
        give_back()
        self._next = time.monotonic() + max(self._seconds, seconds / _SHARE)
        users = len(np.unique(interactions.users))
        metrics.fitted(seconds, users, 0 if model is None else len(model.rows))
        log.info("fitted %d signals in %.1f s", len(interactions.rows), seconds)

    def _interactions(self, view: View) -> Interactions:
        # Lists of numbers would take six times as much.
        users, rows, weights = array("q"), array("i"), array("f")
        for user, row, weight in self._read(view):
            users.append(user)
            rows.append(row)
            weights.append(weight)
        return Interactions(
            np.frombuffer(users, np.int64),
            np.frombuffer(rows, np.int32),
            np.frombuffer(weights, np.float32),
        )

    def _read(self, view: View) -> Iterator[tuple[int, int, float]]:
        for found in self._store.interactions(self._most):
            weight, row = self._weight(found), view.row(found["post"])
            if row is not None and weight > 0:
                # A number is enough, and takes less room than a name.
                yield hash(found["user"]), row, weight

    def _weight(self, found: Document) -> float:
        return self._weights[found["verb"]]
