"""The waiting pattern: ask several services at once, wait until a deadline, go on with what came.

The calls run on one event loop in one background thread, with one shared client, so that a call which
missed its deadline is cancelled instead of keeping a thread; see docs/decisions/0004-fan-out.md.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson
from prometheus_client import Counter, Histogram

log = logging.getLogger(__name__)
CALLS = Counter("reddit_reco_web_calls_total", "Calls to other services.", ["verb", "outcome"])
CALL_SECONDS = Histogram(
    "reddit_reco_web_call_seconds",
    "Time that calls to other services took, the missed ones left out.",
    ["verb"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
_PAUSE = 0.05


@dataclass(frozen=True)
class Call:
    """One question: GET `path` of the service `verb`."""

    verb: str
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came back: a status of 0 means that nothing did, in time."""

    verb: str
    status: int = 0
    body: Any = None

    @property
    def ok(self) -> bool:
        """Whether the service did what it was asked for."""
        return 200 <= self.status < 300

    @property
    def missing(self) -> bool:
        """Whether this part of the page stays empty: it is the service's fault, not the reader's."""
        return not self.ok and self.status not in (400, 404, 410, 413, 414, 422)

    @property
    def detail(self) -> str:
        """The sentence with which the service refused, or an empty string."""
        detail = self.body.get("detail") if isinstance(self.body, dict) else None
        return detail if isinstance(detail, str) else ""


class Deadline:
    """A moment by which a page must be done, shared by all its calls."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until then, never below zero."""
        return max(0.0, self._end - time.monotonic())


class Backends:
    """The other services. Thread-safe; make it after the fork.

    Args:
        addresses: verb -> base URL; a verb without one never answers.
    """

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = {verb: url.rstrip("/") for verb, url in addresses.items()}
        self._loop = asyncio.new_event_loop()
        self._client = httpx2.AsyncClient(
            # Within the cluster: no proxy of the environment has a say in this.
            trust_env=False,
            follow_redirects=False,
            limits=httpx2.Limits(
                max_connections=256, max_keepalive_connections=64, keepalive_expiry=30
            ),
        )
        self._thread = threading.Thread(target=self._loop.run_forever, name="fan-out", daemon=True)
        self._thread.start()

    def ask(
        self, calls: list[Call], deadline: Deadline, headers: Mapping[str, str] | None = None
    ) -> list[Answer]:
        """Ask all at once; gives an answer for each call, in their order, by the deadline."""
        left = deadline.left()
        asked = asyncio.run_coroutine_threadsafe(self._all(calls, left, headers or {}), self._loop)
        try:
            return asked.result(timeout=left + 0.2)
        except NotInTime:
            asked.cancel()
            return [Answer(call.verb) for call in calls]

    def close(self) -> None:
        """End the loop and its thread; for tests, since a pod just ends."""
        asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop).result(timeout=5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    async def _all(
        self, calls: list[Call], left: float, headers: Mapping[str, str]
    ) -> list[Answer]:
        tasks = [asyncio.create_task(self._one(call, headers)) for call in calls]
        _, late = await asyncio.wait(tasks, timeout=left)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return [_outcome(call, task) for call, task in zip(calls, tasks, strict=True)]

    async def _one(self, call: Call, headers: Mapping[str, str]) -> Answer:
        address = self._addresses.get(call.verb)
        if not address:
            return Answer(call.verb)
        started = time.monotonic()
        response = await self._get(address + call.path, call.params, headers)
        CALL_SECONDS.labels(call.verb).observe(time.monotonic() - started)
        return Answer(call.verb, response.status_code, _json(response))

    async def _get(
        self, url: str, params: Mapping[str, str | int], headers: Mapping[str, str]
    ) -> httpx2.Response:
        """Get it; once more if the connection broke, since a pod may just have gone away."""
        # Nothing here waits longer than the page: the deadline cancels the task.
        try:
            return await self._client.get(url, params=params, headers=headers, timeout=None)
        except httpx2.TransportError:
            await asyncio.sleep(_PAUSE)
            return await self._client.get(url, params=params, headers=headers, timeout=None)


def _outcome(call: Call, task: "asyncio.Task[Answer]") -> Answer:
    error = None if task.cancelled() else task.exception()
    if task.cancelled() or error:
        reason = "late" if task.cancelled() else "unreachable"
        log.warning("%s%s: %s %s", call.verb, call.path, reason, error or "")
        CALLS.labels(call.verb, reason).inc()
        return Answer(call.verb)
    answer = task.result()
    CALLS.labels(call.verb, "missing" if answer.missing else "answered").inc()
    return answer


def _json(response: httpx2.Response) -> Any:
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None
