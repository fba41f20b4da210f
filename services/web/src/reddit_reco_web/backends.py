"""The waiting pattern: ask several services at once, wait until a deadline, go on with what came.

Threads that share a client make the calls: measured, this costs less than an event loop in a thread
(docs/decisions/0004-fan-out.md). Each service has threads of its own, so that one which answers too
slowly uses up its own threads and no other's.
"""

import logging
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
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
        return 200 <= self.status < 300 and self.body is not None

    @property
    def missing(self) -> bool:
        """Whether this part of the page stays empty, by the service's fault, not the reader's."""
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
        threads: calls to one service at the same time.
    """

    def __init__(self, addresses: Mapping[str, str], threads: int) -> None:
        self._addresses = {verb: url.rstrip("/") for verb, url in addresses.items() if url}
        self._pools = {
            verb: ThreadPoolExecutor(threads, thread_name_prefix=f"ask-{verb}")
            for verb in self._addresses
        }
        connections = max(1, threads * len(self._pools))
        self._client = httpx2.Client(
            # Within the cluster: no proxy of the environment has a say in this.
            trust_env=False,
            limits=httpx2.Limits(
                max_connections=connections,
                max_keepalive_connections=connections,
                # Less than the services keep an idle connection open.
                keepalive_expiry=30,
            ),
        )

    def ask(
        self, calls: list[Call], deadline: Deadline, headers: Mapping[str, str] | None = None
    ) -> list[Answer]:
        """Ask all at once; gives an answer for each call, in their order, by the deadline."""
        asked = [self._submit(call, deadline, headers or {}) for call in calls]
        wait([one for one in asked if one], timeout=deadline.left())
        return [_outcome(call, one) for call, one in zip(calls, asked, strict=True)]

    def close(self) -> None:
        """End the threads, once their calls have ended."""
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)
        self._client.close()

    def _submit(
        self, call: Call, deadline: Deadline, headers: Mapping[str, str]
    ) -> "Future[Answer] | None":
        pool = self._pools.get(call.verb)
        return pool.submit(self._one, call, deadline, headers) if pool else None

    def _one(self, call: Call, deadline: Deadline, headers: Mapping[str, str]) -> Answer:
        started = time.monotonic()
        response = self._get(call, deadline, headers)
        CALL_SECONDS.labels(call.verb).observe(time.monotonic() - started)
        return Answer(call.verb, response.status_code, _json(response))

    def _get(self, call: Call, deadline: Deadline, headers: Mapping[str, str]) -> httpx2.Response:
        """Get it; once more if the connection broke, since a pod may just have gone away."""
        url = self._addresses[call.verb] + call.path
        try:
            return self._client.get(
                url, params=call.params, headers=headers, timeout=deadline.left()
            )
        except httpx2.NetworkError:
            time.sleep(min(_PAUSE, deadline.left()))
        except httpx2.RemoteProtocolError:
            pass
        return self._client.get(url, params=call.params, headers=headers, timeout=deadline.left())


def _outcome(call: Call, asked: "Future[Answer] | None") -> Answer:
    if asked is None:
        return Answer(call.verb)
    if not asked.done():
        asked.cancel()
        return _missed(call, "late", "")
    if error := asked.exception():
        return _missed(call, "unreachable", repr(error))
    answer = asked.result()
    CALLS.labels(call.verb, "missing" if answer.missing else "answered").inc()
    return answer


def _missed(call: Call, outcome: str, reason: str) -> Answer:
    log.warning("%s%s: %s %s", call.verb, call.path, outcome, reason)
    CALLS.labels(call.verb, outcome).inc()
    return Answer(call.verb)


def _json(response: httpx2.Response) -> Any:
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None
