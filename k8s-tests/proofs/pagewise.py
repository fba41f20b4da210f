"""Somebody who reads web's pages without a browser: fast enough to look at all of them often."""

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2

PASSWORD = "a long enough password"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
# Every page for people, and the verbs that must be named there when they do not answer.
PAGES = {
    "/": {"recommend"},
    "/?sort=new": {"posts"},
    "/search?q=walk": {"search"},
    "/posts/{post}": {"like", "tag", "posts"},
    "/topics": {"recommend"},
    "/me/likes": {"like"},
    "/me/tags": {"tag"},
    "/me/rules": {"tag"},
    "/me/hidden": {"hide"},
    "/me/shares": {"share"},
    "/me/inbox": {"share"},
    "/imports": {"ingest"},
    "/account": {"login"},
    "/about": set[str](),
}
# A post's own page has nothing to show without posts.
_UNAVAILABLE = {("/posts/{post}", "posts")}
# What a page says that is nothing without a service, which does not answer in time.
_LATE = httpx2.codes.SERVICE_UNAVAILABLE
# How often a page is asked for until it is there in time, a second apart: others are at work, too.
_TIMES = 30


@contextmanager
def reader(url: str) -> Iterator[httpx2.Client]:
    """A client of web with the cookies of somebody who has signed up."""
    with httpx2.Client(base_url=url, timeout=60, follow_redirects=True) as client:
        form = client.get("/sign-up").raise_for_status().text
        found = _TOKEN.search(form)
        assert found, "the form has no secret"
        for _ in range(_TIMES):
            name = f"reader-{secrets.token_hex(4)}"
            given = {"csrf": found[1], "username": name, "password": PASSWORD, "next": "/about"}
            done = client.post("/sign-up", data=given)
            if done.status_code != _LATE:
                break
        assert done.status_code == 200, done.text[:300]
        assert name in done.text, "not signed in"
        yield client


@dataclass
class Look:
    """What somebody saw of all pages: what was wrong, and the longest wait for one."""

    faults: list[str] = field(default_factory=list)
    longest: tuple[float, str] = (0.0, "")


def look_without(client: httpx2.Client, verb: str, post: str, seconds: float = 2) -> Look:
    """Open every page while `verb` is away: each comes in time, and names it where it is missed.

    A page that waits for what does not answer is late whenever it is asked for; one that a busy
    machine holds up, or that lacks another service there, is not.

    Args:
        client: somebody's client of web.
        verb: the service that does not answer, or an empty string.
        post: the id of a post to look at.
        seconds: how long a page may take.
    """
    look = Look()
    for path, named in PAGES.items():
        for _ in range(_TIMES):
            answer = client.get(path.format(post=post))
            taken = answer.elapsed.total_seconds()
            fault = _fault(answer, path, verb, verb in named, seconds)
            if not fault or (answer.status_code != _LATE and taken <= seconds):
                break
            time.sleep(1)
        look.longest = max(look.longest, (taken, path))
        look.faults += [fault] if fault else []
    return look


def _fault(answer: httpx2.Response, path: str, verb: str, named: bool, seconds: float) -> str:
    """What is wrong with a page, if anything is."""
    expected = _LATE if (path, verb) in _UNAVAILABLE else httpx2.codes.OK
    if answer.status_code != expected or "</html>" not in answer.text:
        return f"{path} without {verb}: {answer.status_code}"
    if named and f"“{verb}”" not in answer.text:
        return f"{path} does not name {verb}"
    taken = answer.elapsed.total_seconds()
    return f"{path} without {verb}: {taken:.2f} s" if taken > seconds else ""


def faults_without(client: httpx2.Client, verb: str, post: str) -> list[str]:
    """Pages that fail, come late, or do not name the service that is away."""
    return look_without(client, verb, post).faults
