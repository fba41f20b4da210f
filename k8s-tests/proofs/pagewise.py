"""Somebody who reads web's pages without a browser: fast enough to look at all of them often."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

PASSWORD = "a long enough password"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
# Every page for people, and the verbs that must be named there when they do not answer.
PAGES = {
    "/": {"recommend"},
    "/?sort=new": {"posts"},
    "/search?q=walk": {"search"},
    "/posts/{post}": {"like", "tag"},
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


@contextmanager
def reader(url: str) -> Iterator[httpx2.Client]:
    """A client of web with the cookies of somebody who has signed up."""
    with httpx2.Client(base_url=url, timeout=20, follow_redirects=True) as client:
        form = client.get("/sign-up").raise_for_status().text
        found = _TOKEN.search(form)
        assert found, "the form has no secret"
        name = f"reader-{secrets.token_hex(4)}"
        given = {"csrf": found[1], "username": name, "password": PASSWORD, "next": "/about"}
        done = client.post("/sign-up", data=given)
        assert done.status_code == 200, done.text[:300]
        assert name in done.text, "not signed in"
        yield client


def faults_without(client: httpx2.Client, verb: str, post: str) -> list[str]:
    """Pages that fail, or do not name the service that is away."""
    faults = []
    for path, named in PAGES.items():
        answer = client.get(path.format(post=post))
        if answer.status_code != 200 or "</html>" not in answer.text:
            faults.append(f"{path} without {verb}: {answer.status_code}")
        elif verb in named and f"“{verb}”" not in answer.text:
            faults.append(f"{path} does not name {verb}")
        elif answer.elapsed.total_seconds() > 2:
            faults.append(f"{path} without {verb}: {answer.elapsed}")
    return faults
