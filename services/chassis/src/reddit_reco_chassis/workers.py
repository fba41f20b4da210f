"""Threads beside the requests."""

import atexit
import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol

from flask import Flask
from pymongo.errors import PyMongoError

from .mongo import Mongo

log = logging.getLogger(__name__)
Stopping = threading.Event
_STOPS = "reddit_reco_stops"


class Beside(Protocol):
    """What runs beside the requests."""

    def start(self) -> None:
        """Begin, in the background."""

    def stop(self) -> None:
        """End."""


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
            except (PyMongoError, OSError) as error:
                if not self._stopping.is_set():
                    log.warning("%s: %s; trying again", self._thread.name, error)
            except Exception:
                log.exception("%s: trying again", self._thread.name)
            self._stopping.wait(self._pause)


def run_beside(app: Flask, mongo: Mongo, *parts: Beside) -> None:
    """Run these beside the requests to `app`, until `stop` or the end of the process."""
    app.extensions[_STOPS] = stops = ExitStack()
    stops.callback(mongo.client.close)
    for part in parts:
        part.start()
        stops.callback(part.stop)
    # Threads must not be in the driver while the interpreter goes away.
    atexit.register(stops.close)


def stop(app: Flask) -> None:
    """End what runs beside an app, and its connections."""
    app.extensions[_STOPS].close()
