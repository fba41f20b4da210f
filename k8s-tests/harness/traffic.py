"""Clients that write and search while something breaks, and remember what was promised."""

import time
from collections.abc import Callable
from functools import partial

import httpx2

from .beside import Beside
from .posts import now_id, put_post
from .release import Release


class Traffic(Beside):
    """Writes posts and searches through the Ingress until the block ends.

    `acknowledged` are the posts whose write was answered with success; `gaps` are the longest
    seconds from one good answer to the next.
    """

    def __init__(self, release: Release) -> None:
        self._release = release
        self.acknowledged: list[str] = []
        self.gaps: dict[str, float] = {"write": 0, "search": 0}
        self.errors: dict[str, int] = {"write": 0, "search": 0}
        super().__init__(
            [partial(self._repeat, "write", self._write), partial(self._repeat, "search", _search)]
        )

    def taken(self) -> "tuple[list[str], str]":
        """The writes acknowledged since the last call, and its gaps in words; both begin anew."""
        acknowledged, self.acknowledged = self.acknowledged, []
        gaps = ", ".join(f"{name} {gap:.1f} s" for name, gap in self.gaps.items())
        words = f"longest gap {gaps}; {len(acknowledged)} writes, errors: {self.errors}"
        self.gaps, self.errors = dict.fromkeys(self.gaps, 0.0), dict.fromkeys(self.errors, 0)
        return acknowledged, words

    def _repeat(self, name: str, ask: Callable[[httpx2.Client], None]) -> None:
        last = time.monotonic()
        with self._release.http() as http:
            http.timeout = httpx2.Timeout(30)
            while not self.stop.is_set():
                try:
                    ask(http)
                except httpx2.HTTPError:
                    self.errors[name] += 1
                    time.sleep(0.05)
                    continue
                now = time.monotonic()
                self.gaps[name] = max(self.gaps[name], now - last)
                last = now
                time.sleep(0.02)

    def _write(self, http: httpx2.Client) -> None:
        post_id = now_id("traffic")
        put_post(http, post_id, f"written while things break {post_id}")
        self.acknowledged.append(post_id)


def _search(http: httpx2.Client) -> None:
    http.get("/api/v1/search", params={"q": "python"}).raise_for_status()
