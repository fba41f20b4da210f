"""What is done beside the requests: indexes once, the admin whenever the settings change."""

import logging
from collections.abc import Callable
from threading import Event

from reddit_reco_chassis import Stopping, Worker

from .hashing import Busy

log = logging.getLogger(__name__)


class Preparation(Worker):
    """Runs its steps in a thread, again and again.

    Args:
        steps: functions that may be run any number of times.
        rest: seconds between two rounds; a round that failed is tried again sooner.
    """

    def __init__(self, steps: tuple[Callable[[], object], ...], rest: float) -> None:
        super().__init__("preparation", self._round)
        self._steps = steps
        self._rest = rest
        self._through = Event()

    def check(self) -> None:
        """Raise unless every step was done once."""
        if not self._through.is_set():
            raise RuntimeError("indexes or the admin are not made yet")

    def _round(self, stopping: Stopping) -> None:
        try:
            for step in self._steps:
                step()
        except (UnicodeError, Busy) as error:
            log.warning("%s: %s; trying again", type(error).__name__, error)
        else:
            self._through.set()
            stopping.wait(self._rest)
