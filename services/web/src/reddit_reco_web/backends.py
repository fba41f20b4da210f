"""The waiting pattern: ask several services at once, wait until a deadline, go on with what came.

Threads that share a client make the calls: measured, this costs less than an event loop in a thread
(docs/decisions/0004-fan-out.md). Each service has threads of its own, so that one which answers too
slowly uses up its own threads and no other's.
"""

import logging
import math
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import IO, Any

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
# Refusals that say something about the request, so that the service is well.
_ANSWERS = frozenset({400, 403, 404, 409, 410, 413, 414, 422})
Param = str | int | list[str]


@dataclass(frozen=True)
class Call:
    """One request to the service `verb`: a question, unless `method` says otherwise."""

    verb: str
    path: str
    params: Mapping[str, Param] = field(default_factory=dict)
    method: str = "GET"
    #: What is sent as JSON.
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Seconds for this call, where the page has something to put in its place.
    within: float = math.inf


@dataclass(frozen=True)
class Answer:
    """What came back: a status of 0 means that nothing did, in time."""

    verb: str
    status: int = 0
    body: Any = None
    #: Seconds after which to come again, where the service said so.
    retry_after: str = ""

    @property
    def ok(self) -> bool:
        """Whether the service did what it was asked for; 303 with a body is a finished import."""
        done = 200 <= self.status < 300 or self.status == 303
        return done and (self.body is not None or self.status == 204)

    @property
    def missing(self) -> bool:
        """Whether this part of the page stays empty, by the service's fault, not the reader's."""
        return not self.ok and self.status not in _ANSWERS

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

    def sooner(self, seconds: float) -> "Deadline":
        """In so many seconds, but not after this one."""
        return Deadline(min(seconds, self.left()))


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
        ends = [deadline.sooner(call.within) for call in calls]
        asked = [
            self._submit(call, end, headers or {}) for call, end in zip(calls, ends, strict=True)
        ]
        for one, end in zip(asked, ends, strict=True):
            wait([one] if one else [], timeout=end.left())
        return [_outcome(call, one) for call, one in zip(calls, asked, strict=True)]

    def upload(
        self, call: Call, name: str, file: IO[bytes], seconds: float, headers: Mapping[str, str]
    ) -> Answer:
        """Send a file; takes as long as it takes, up to so many seconds without any progress."""
        url = self._addresses.get(call.verb)
        if url is None:
            return Answer(call.verb)
        try:
            response = self._client.post(
                url + call.path,
                params=dict(call.params),
                files={"file": (name, file)},
                headers=dict(headers),
                timeout=seconds,
            )
        except httpx2.TransportError as error:
            return _missed(call, "unreachable", repr(error))
        return _answer(call, response)

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
        response = self._send(call, deadline, {**headers, **call.headers})
        CALL_SECONDS.labels(call.verb).observe(time.monotonic() - started)
        return _answer(call, response)

    def _send(self, call: Call, deadline: Deadline, headers: Mapping[str, str]) -> httpx2.Response:
        """Send it; once more if the connection broke, since a pod may just have gone away."""
        try:
            return self._once(call, deadline, headers)
        except httpx2.NetworkError:
            if call.method == "POST":
                raise
            time.sleep(min(_PAUSE, deadline.left()))
        except httpx2.RemoteProtocolError:
            if call.method == "POST":
                raise
        return self._once(call, deadline, headers)

    def _once(self, call: Call, deadline: Deadline, headers: Mapping[str, str]) -> httpx2.Response:
        return self._client.request(
            call.method,
            self._addresses[call.verb] + call.path,
            params=dict(call.params),
            json=call.body,
            headers=dict(headers),
            timeout=deadline.left(),
        )


def _answer(call: Call, response: httpx2.Response) -> Answer:
    wait_for = response.headers.get("Retry-After", "")
    return Answer(call.verb, response.status_code, _json(response), wait_for)


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
