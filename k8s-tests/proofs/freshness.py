"""How soon what somebody does shows: a hidden post in the next answer, a like within seconds."""

import re
import secrets
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx2

from .target import Target

_LINK = re.compile(r'<h2><a href="[^"]*/posts/([^"?]+)"')
_COOKIE = "reddit_reco_access"
_PATIENCE = 60.0


@dataclass
class Hiding:
    """What became of many tries to see a hidden post.

    A list that says that it was made without hide, or shows nothing, is `degraded`, and no try.
    """

    tries: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)
    degraded: Counter[str] = field(default_factory=Counter)

    def add(self, more: "Hiding") -> None:
        """Count another's tries, too."""
        self.tries += more.tries
        self.degraded += more.degraded
        self.misses += more.misses

    def table(self) -> str:
        """In one line."""
        return f"hidden, then asked: {dict(self.tries)}, degraded {dict(self.degraded)}"


class Reader:
    """Somebody who is signed in at web, and asks the services with the same token.

    Args:
        target: the release.
        web: a client of web with the cookies of a session.
    """

    def __init__(self, target: Target, web: httpx2.Client) -> None:
        self._target, self._web = target, web
        token = web.cookies[_COOKIE]
        self._headers = {"Authorization": f"Bearer {token}"}

    def hide_and_look(self, tries: int, lists: list[str]) -> Hiding:
        """Hide the first post of a list and ask for the list again, so many times for each list."""
        found = Hiding()
        with httpx2.Client(timeout=60, headers=self._headers) as client:
            for name in lists:
                shown = self._shown(client, name)
                until = time.monotonic() + _PATIENCE
                while found.tries[name] < tries:
                    before = found.tries[name]
                    shown = self._try(client, name, shown[0], found) or self._shown(client, name)
                    if found.tries[name] > before:
                        until = time.monotonic() + _PATIENCE
                    assert time.monotonic() < until, f"{name} is always without hide"
        return found

    def _try(self, client: httpx2.Client, name: str, post: str, found: Hiding) -> list[str]:
        """Hide a post that a list shows; what it shows then."""
        url = f"{self._target.urls['hide']}/api/v1/hidden/{post}"
        client.put(url).raise_for_status()
        after, lacking = self._list(client, name)
        client.delete(url).raise_for_status()
        if "hide" in lacking or not after:
            found.degraded[name] += 1
            return []
        found.tries[name] += 1
        if post in after:
            found.misses.append(f"{name} still shows {post}")
        return after

    def _shown(self, client: httpx2.Client, name: str) -> list[str]:
        """What a list shows; a page of a busy machine may be without it, and says so."""
        until = time.monotonic() + _PATIENCE
        while not (ids := self._list(client, name)[0]):
            assert time.monotonic() < until, f"{name} shows nothing"
            time.sleep(0.2)
        return ids

    def ids(self, name: str) -> list[str]:
        """The ids that a list shows."""
        with httpx2.Client(timeout=60, headers=self._headers) as client:
            return self._list(client, name)[0]

    def is_degraded(self, name: str) -> bool:
        """Whether a list says that it was made without hide."""
        with httpx2.Client(timeout=60, headers=self._headers) as client:
            return "hide" in self._list(client, name)[1]

    def _list(self, client: httpx2.Client, name: str) -> tuple[list[str], set[str]]:
        """The ids that a list shows, and the services without which it says that it was made."""
        if name == "web":
            page = self._web.get("/?sort=new").raise_for_status()
            lacking = set(filter(None, page.headers.get("Degraded", "").split(", ")))
            return [unquote(each) for each in _LINK.findall(page.text)], lacking
        paths = {"search": "/api/v1/search?q=walk", "recommend": "/api/v1/recommend"}
        answer = client.get(f"{self._target.urls[name]}{paths[name]}").raise_for_status()
        body: dict[str, Any] = answer.json()
        return [each["id"] for each in body["items"]], set(body.get("degraded") or [])

    def like_and_wait(self, tries: int) -> list[float]:
        """Seconds from a like to a changed list of recommendations, each time.

        Raises:
            AssertionError: it did not change.
        """
        taken = []
        with httpx2.Client(timeout=60, headers=self._headers) as client:
            for _ in range(tries):
                before = self._settled(client)
                url = f"{self._target.urls['like']}/api/v1/likes/{before[len(before) // 2]}"
                started = time.monotonic()
                client.put(url).raise_for_status()
                while self._list(client, "recommend")[0] == before:
                    assert time.monotonic() - started < _PATIENCE, "the list stayed as it was"
                    time.sleep(0.05)
                taken.append(time.monotonic() - started)
        return taken

    def _settled(self, client: httpx2.Client) -> list[str]:
        """The recommendations, once they no longer change by themselves.

        They do while posts still come in.
        """
        until = time.monotonic() + _PATIENCE
        before: list[str] = []
        while (now := self._list(client, "recommend")[0]) != before:
            assert time.monotonic() < until, "it changes by itself"
            before = now
            time.sleep(0.2)
        return before


def lists_that_ask_hide(calls: dict[str, set[str]]) -> list[str]:
    """The lists that must not show what is hidden, of the verbs that say whom they call."""
    return [verb for verb in ("web", "recommend", "search") if "hide" in calls[verb]]


def add_fresh_posts(target: Target, token: str) -> None:
    """Posts that `walk` finds, the same each time.

    Args:
        target: the release.
        token: one that may write posts.
    """
    lines = [
        f'{{"id": "reddit:fresh{n}", "title": "A fresh walk {n}", "subreddit": "fresh{n % 5}",'
        f' "score": {n}, "created_at": "2021-01-01T00:00:{n:02}Z"}}'
        for n in range(60)
    ]
    answer = httpx2.post(
        f"{target.urls['posts']}/api/v1/posts/batch",
        content="\n".join(lines),
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    assert '"status":4' not in answer.raise_for_status().text, answer.text[:300]


@contextmanager
def stranger(target: Target) -> Iterator[Reader]:
    """A reader whom login need not know."""
    token = target.signer.token(f"user:{secrets.token_hex(16)}")
    with httpx2.Client(base_url=target.urls["web"], timeout=60) as web:
        web.cookies.set(_COOKIE, token)
        yield Reader(target, web)


def hide_and_look_together(target: Target, tries: int, lists: list[str], readers: int) -> Hiding:
    """`tries` tries for each list, shared among readers who try at the same time."""

    def try_alone(_: int) -> Hiding:
        with stranger(target) as reader:
            return reader.hide_and_look(tries // readers, lists)

    found = Hiding()
    with ThreadPoolExecutor(readers) as pool:
        for each in pool.map(try_alone, range(readers)):
            found.add(each)
    return found


def described(seconds: list[float]) -> str:
    """Median and worst, as text."""
    middle = statistics.median(seconds)
    return f"like to changed list: median {middle:.2f} s, worst {max(seconds):.2f} s"
