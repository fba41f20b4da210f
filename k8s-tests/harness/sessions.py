"""People who are signed in and go on while something changes, by tokens and by cookies."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle

import httpx2

from .beside import Beside
from .people import Person
from .release import Release

_READS = ("me", "likes", "hidden", "tags", "shares")
_PAGES = ("/account", "/me/likes", "/me/tags")
PATHS = (*_READS, "refresh", *_PAGES)
# Between two requests of one session.
_PAUSE_SECONDS = 0.1
_ACCESS, _REFRESH = "reddit_reco_access", "reddit_reco_refresh"


class Sessions(Beside):
    """Two sessions of each person, which read and refresh over and over until the block ends.

    `answered` counts what went well, by path; `failed` has what did not: path, and status or error.
    `late` counts pages that say that login did not answer in time, which ends no session: a busy
    machine has them.
    """

    def __init__(self, release: Release, people: list[Person]) -> None:
        self._release = release
        self.answered: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.late: Counter[str] = Counter()
        super().__init__(
            partial(go_on, person.account)
            for person in people
            for go_on in (self._by_tokens, self._by_cookies)
        )

    def _by_tokens(self, account: dict[str, str]) -> None:
        with self._release.http(token=False) as http:
            tokens = http.post("/api/v1/sessions", json=account).raise_for_status().json()
            for path in self._steps(*_READS, "refresh"):
                with self._noted(path):
                    if path == "refresh":
                        given = {"refresh_token": tokens["refresh_token"]}
                        answer = http.post("/api/v1/sessions/refresh", json=given)
                        tokens = answer.raise_for_status().json()
                    else:
                        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
                        http.get(f"/api/v1/{path}", headers=bearer).raise_for_status()

    def _by_cookies(self, account: dict[str, str]) -> None:
        with self._release.http(token=False) as http:
            tokens = http.post("/api/v1/sessions", json=account).raise_for_status().json()
            # Only once by hand: web sets it from then on.
            http.get("/account", headers={"Cookie": f"{_REFRESH}={tokens['refresh_token']}"})
            for path in self._steps(*_PAGES, "cookie"):
                if path == "cookie":
                    # As when the access token has come to its end: web gets another.
                    http.cookies.delete(_ACCESS)
                    continue
                with self._noted(path):
                    # Who is signed out is sent to sign in.
                    http.get(path).raise_for_status()

    def _steps(self, *names: str) -> Iterator[str]:
        for name in cycle(names):
            if self.stop.wait(_PAUSE_SECONDS):
                return
            yield name

    @contextmanager
    def _noted(self, path: str) -> Iterator[None]:
        try:
            yield
        except httpx2.HTTPStatusError as error:
            status, headers = error.response.status_code, error.response.headers
            if status == httpx2.codes.SERVICE_UNAVAILABLE and headers.get("Degraded") == "login":
                self.late[path] += 1
            else:
                self.failed[f"{path}: {status}"] += 1
        except httpx2.HTTPError as error:
            self.failed[f"{path}: {type(error).__name__}"] += 1
        else:
            self.answered[path] += 1
