"""How soon a new post is found everywhere, and a deleted one nowhere."""

import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx2

from .target import Target

_PATIENCE = 180.0
# At least so many posts, however seldom the machine lets them be written.
_LEAST = 20
_PAUSE = 0.05
_MADE = "2013-06-09T02:54:42Z"


_ANSWERS: dict[int, bool] = {200: True, 404: False, 410: False}
# None is no answer to that.
Knows = Callable[[], bool | None]


@dataclass
class Lags:
    """Seconds until a service knew, by what happened and which service it was."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, what: str, taken: float) -> None:
        """Keep one."""
        self.seconds.setdefault(what, []).append(taken)

    def table(self) -> str:
        """Median, 95th percentile and worst, a row each."""
        rows = [
            f"{what}: {len(each)} times, median {statistics.median(each):.2f} s, "
            f"p95 {p95(each):.2f} s, worst {max(each):.2f} s"
            for what, each in sorted(self.seconds.items())
        ]
        return "\n".join(rows)


def p95(seconds: list[float]) -> float:
    """The time within which 95 of 100 are done."""
    return sorted(seconds)[min(len(seconds) - 1, int(0.95 * len(seconds)))]


def write_and_watch(target: Target, token: str, seconds: float, every: float = 1.0) -> Lags:
    """Write a post every so many seconds, and delete it as soon as all services know it.

    Raises:
        AssertionError: a service did not know of a post, or did not forget it.
    """
    lags, until = Lags(), time.monotonic() + seconds
    with ThreadPoolExecutor(32) as pool:
        started: list[Future[None]] = []
        while time.monotonic() < until or len(started) < _LEAST:
            started.append(pool.submit(_write_and_watch_one, target, token, lags))
            time.sleep(every)
        for each in started:
            each.result()
    return lags


def _write_and_watch_one(target: Target, token: str, lags: Lags) -> None:
    word = f"q{secrets.token_hex(8)}"
    post = f"test:{word}"
    url = f"{target.urls['posts']}/api/v1/posts/{post}"
    writer = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(timeout=60) as client:
        body = {"title": f"a post that says {word}", "created_at": _MADE}
        client.put(url, json=body, headers=writer).raise_for_status()
        _watch(lags, "a new post", _places(client, target, post, word), known=True)
        client.delete(url, headers={**writer, "If-Match": "*"}).raise_for_status()
        _watch(lags, "a deleted post", _places(client, target, post, word), known=False)
        assert client.get(url).status_code in (404, 410)


def _places(
    client: httpx2.Client, target: Target, post: str, word: str
) -> Iterator[tuple[str, Knows]]:
    found = f"{target.urls['search']}/api/v1/search?q={word}"
    similar = f"{target.urls['recommend']}/api/v1/recommend/similar/{post}?limit=1"
    page = f"{target.urls['web']}/search?q={word}"
    yield "search", lambda: _found(client.get(found))
    yield "recommend", lambda: _ANSWERS.get(client.get(similar).status_code)
    yield "web", lambda: _shown(client.get(page).raise_for_status(), post)


def _found(answer: httpx2.Response) -> bool | None:
    """Whether search finds anything; None if it says that it cannot look right now."""
    late = answer.status_code == httpx2.codes.SERVICE_UNAVAILABLE
    return None if late else bool(answer.raise_for_status().json()["items"])


def _shown(page: httpx2.Response, post: str) -> bool | None:
    """Whether a page shows a post; None if it says that it lacks a service, which may have it."""
    return None if "Degraded" in page.headers else post in page.text.replace("%3A", ":")


def _watch(lags: Lags, what: str, places: Iterator[tuple[str, Knows]], known: bool) -> None:
    started, waiting = time.monotonic(), dict(places)
    while waiting:
        for name, knows in list(waiting.items()):
            if knows() == known:
                lags.add(f"{what}, {name}", time.monotonic() - started)
                del waiting[name]
        taken = time.monotonic() - started
        assert not waiting or taken < _PATIENCE, f"{what}: not within {taken:.0f} s: {[*waiting]}"
        time.sleep(_PAUSE)
