"""Threads beside the requests."""

import logging
import threading
from collections.abc import Callable

from pymongo.errors import PyMongoError

log = logging.getLogger(__name__)
Stopping = threading.Event


class Worker:
    """A thread that does its work again and again, also after the database was away.

    Args:
        name: of the thread, in logs.
        work: gets the event on which it has to return; whatever it raises, it is called again.
        pause: seconds between two calls.
    """

    def __init__(self, name: str, work: Callable[[Stopping], None], pause: float = 1.0) -> None:
        self._work = work
        self._pause = pause
        self._stopping = Stopping()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

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
                self._work(self._stopping)
            except PyMongoError as error:
                if not self._stopping.is_set():
                    log.warning("%s: %s; trying again", self._thread.name, error)
            except Exception:
                log.exception("%s: trying again", self._thread.name)
            self._stopping.wait(self._pause)
