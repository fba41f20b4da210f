"""Waiting for something to become true, and saying what did not."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    check: Callable[[], T | None], what: str, seconds: float = 120, pause: float = 1
) -> T:
    """What `check` answers as soon as it is truthy.

    Raises:
        AssertionError: it was not within `seconds`; names `what`, and the last answer or error.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            answer = check()
            if answer:
                return answer
            last = repr(answer)
        except Exception as error:  # whatever a restarting cluster answers
            last = repr(error)
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}; last: {last[:500]}")
        time.sleep(pause)
