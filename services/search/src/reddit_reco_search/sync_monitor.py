"""Looks every few seconds how far sync is, for the metrics."""

import logging
import threading

from pymongo.errors import PyMongoError

from . import metrics
from .store import SearchStore

log = logging.getLogger(__name__)
_SECONDS = 5.0


class SyncMonitor:
    """A thread that reads sync's state. While the database is away, the age goes on growing."""

    def __init__(self, store: SearchStore, seconds: float = _SECONDS) -> None:
        self._store = store
        self._seconds = seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sync-monitor", daemon=True)

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
                metrics.synced(self._store.synced())
            except PyMongoError as error:
                log.info("cannot read how far sync is: %s", error)
            self._stopping.wait(self._seconds)
