"""What clients of a test do beside it, while something changes or breaks."""

import threading
from collections.abc import Callable, Iterable
from typing import Self


class Beside:
    """Runs each of some functions in a thread of its own until the block ends.

    A function returns soon after `stop` is set.
    """

    def __init__(self, work: Iterable[Callable[[], None]]) -> None:
        self.stop = threading.Event()
        self._threads = [threading.Thread(target=each) for each in work]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join()
