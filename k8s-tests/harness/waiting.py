"""Waiting for something to become true, and saying what did not."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

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


def every(seconds: float, tell: Callable[[Any], None]) -> Callable[[Any], None]:
    """`tell`, but not more often than every so many seconds."""
    last = time.monotonic()

    def call(what: Any) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            tell(what)

    return call
