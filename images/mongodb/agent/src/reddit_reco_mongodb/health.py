"""Is this member fit to serve, and can it hand over?"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pymongo.errors import PyMongoError

from .node import Node, state_of
from .settings import Credentials

log = logging.getLogger(__name__)
Hello = Mapping[str, Any]

MAX_LAG_SECONDS = 10.0


def reason_not_ready(hello: Hello, ask: Callable[[str], Hello | None]) -> str | None:
    """Why a member is not ready; None if it is PRIMARY or a caught-up SECONDARY.

    Args:
        hello: what the member says of itself.
        ask: gives `hello` of another member by its address, None if it does not answer.
    """
    state = state_of(hello)
    if state == "PRIMARY":
        return None
    if state != "SECONDARY":
        return state
    primary = ask(hello["primary"]) if hello.get("primary") else None
    if primary is None:
        return "SECONDARY without a primary to compare with"
    lag = (_last_write(primary) - _last_write(hello)).total_seconds()
    return f"SECONDARY, {lag:.0f} s behind" if lag > MAX_LAG_SECONDS else None


def _last_write(hello: Hello) -> datetime:
    written: datetime = hello["lastWrite"]["lastWriteDate"]
    return written


class Health:
    """Readiness and hand-over of the mongod at `local`."""

    def __init__(self, local: str, credentials: Credentials) -> None:
        self._local = Node(local)
        self._root = Node(local, credentials)
        self._others: dict[str, Node] = {}

    def reason_not_ready(self) -> str | None:
        """Why this member is not ready, or None."""
        hello = self._local.answers()
        return "mongod does not answer" if hello is None else reason_not_ready(hello, self._ask)

    def _ask(self, address: str) -> Hello | None:
        return self._others.setdefault(address, Node(address)).answers()

    def step_down(self, seconds: float = 15.0) -> str:
        """Hand over, if this is the primary and another member can take over.

        Returns at the latest after `seconds`, with a line that says how it went; never raises,
        since a pod that ends must not be held up.
        """
        deadline = time.monotonic() + seconds
        try:
            if not self._can_hand_over():
                return "nothing to hand over"
            self._root.run("replSetStepDown", 60, secondaryCatchUpPeriodSecs=int(seconds * 2 / 3))
            return self._await_successor(deadline)
        except PyMongoError as error:
            return f"not handed over: {str(error).splitlines()[0][:200]}"

    def _can_hand_over(self) -> bool:
        if not self._local.hello().get("isWritablePrimary"):
            return False
        others = self._root.run("replSetGetStatus")["members"]
        return any(member["state"] == 2 and member["health"] == 1 for member in others)

    def _await_successor(self, deadline: float) -> str:
        while time.monotonic() < deadline:
            hello = self._local.hello()
            primary = hello.get("primary")
            if primary and primary != hello.get("me"):
                return f"handed over to {primary}"
            time.sleep(0.1)
        return "stepped down; no new primary yet"
