"""Waiting for something to become so: however long a busy machine takes for it."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(holds: Callable[[], T], what: str = "it", seconds: float = 90) -> T:
    """What `holds` answers as soon as it is truthy; it is asked every twentieth of a second.

    Args:
        holds: what is to become so.
        what: named in the failure.
        seconds: to wait for it; generous, since only a test that fails takes so long.

    Raises:
        AssertionError: it did not become so.
    """
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < deadline, f"{what} did not become so within {seconds} s"
        time.sleep(0.05)
    return answer
