"""Clients that read from every verb while something breaks, and remember each read that failed."""

import time
from collections import Counter
from itertools import cycle

import httpx2

from .beside import Beside
from .release import Release

PATHS = {
    "posts": "/api/v1/posts?limit=5",
    "ingest": "/api/v1/imports",
    "search": "/api/v1/search?q=python",
    "login": "/.well-known/jwks.json",
    "tag": "/api/v1/tags",
    "like": "/api/v1/likes",
    "hide": "/api/v1/hidden",
    "share": "/api/v1/shares",
    "recommend": "/api/v1/recommend",
    "web": "/topics",
}


class Reads(Beside):
    """Reads all PATHS through the Ingress, over and over, until the block ends.

    `answered` counts good answers; `failed` has what came instead: a status, or an error's name.
    """

    def __init__(self, release: Release, readers: int = 3) -> None:
        self._release = release
        self.answered = 0
        self.failed: Counter[str] = Counter()
        super().__init__([self._repeat] * readers)

    def _repeat(self) -> None:
        with self._release.http() as http:
            for verb, path in cycle(PATHS.items()):
                if self.stop.is_set():
                    return
                try:
                    http.get(path).raise_for_status()
                    self.answered += 1
                except httpx2.HTTPStatusError as error:
                    self.failed[f"{verb}: {error.response.status_code}"] += 1
                except httpx2.HTTPError as error:
                    self.failed[f"{verb}: {type(error).__name__}"] += 1
                time.sleep(0.01)
