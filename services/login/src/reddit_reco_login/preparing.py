"""What is done beside the requests: indexes once, the admin whenever the settings change."""

import logging
from collections.abc import Callable
from threading import Event, Thread

from pymongo.errors import PyMongoError

from .hashing import Busy

log = logging.getLogger(__name__)


class Preparation:
    """Runs its steps in a thread, again and again.

    Args:
        steps: functions that may be run any number of times.
        pause: seconds between two rounds; shorter until the first one is through.
    """

    def __init__(self, steps: tuple[Callable[[], object], ...], pause: float) -> None:
        self._steps = steps
        self._pause = pause
        self._through = Event()
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="preparation", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until it has ended."""
        self._stopped.set()
        self._thread.join(timeout=10)

    def check(self) -> None:
        """Raise unless every step was done once."""
        if not self._through.is_set():
            raise RuntimeError("indexes or the admin are not made yet")

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._round()
            self._stopped.wait(self._pause if self._through.is_set() else 1)

    def _round(self) -> None:
        try:
            for step in self._steps:
                step()
        except (PyMongoError, OSError, UnicodeError, Busy) as error:
            log.warning("%s: %s; trying again", type(error).__name__, error)
        else:
            self._through.set()
