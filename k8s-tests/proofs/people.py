"""People of a release: signed up at login, with something of theirs in every service."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

import httpx2

from .target import Target


@dataclass(frozen=True)
class Person:
    """Somebody with an account and a session."""

    target: Target
    name: str
    password: str
    subject: str
    access_token: str
    refresh_token: str

    def url(self, verb: str, path: str) -> str:
        """Where a service has a path."""
        return f"{self.target.urls[verb]}{path}"

    def ask(self, verb: str, method: str, path: str, **kwargs: Any) -> httpx2.Response:
        """Ask a service as this person."""
        headers = {"Authorization": f"Bearer {self.access_token}"}
        url = self.url(verb, path)
        return httpx2.request(method, url, headers=headers, timeout=60, **kwargs)


def sign_up(target: Target, prefix: str) -> Person:
    """A new person, signed in; the name starts with `prefix`."""
    name = f"{prefix}-{secrets.token_hex(5)}"
    password = secrets.token_urlsafe(18)
    url = target.urls["login"]
    body = {"username": name, "password": password}
    made = httpx2.post(f"{url}/api/v1/users", json=body, timeout=60)
    assert made.status_code == 201, made.text
    session = httpx2.post(f"{url}/api/v1/sessions", json=body, timeout=60)
    assert session.status_code == 201, session.text
    tokens = session.json()
    return Person(
        target, name, password, made.json()["id"], tokens["access_token"], tokens["refresh_token"]
    )


@dataclass(frozen=True)
class Owned:
    """What somebody has: the ids that another may try."""

    username: str
    post: str
    tag: str
    subreddit: str
    code: str
    import_id: str

    def fill(self, path: str) -> str:
        """A path with these ids in place of its parameters."""
        values = {
            "post_id": self.post,
            "post": self.post,
            "tag": self.tag,
            "name": self.subreddit,
            "code": self.code,
            "import_id": self.import_id,
            "username": self.username,
            "scope": "posts:write",
        }
        return path.format(**values)

    def words(self) -> set[str]:
        """What nobody else may see."""
        return {self.post, self.tag, self.subreddit, self.code, self.import_id}


def settle(person: Person) -> Owned:
    """Let somebody have two of everything, so that every list has a second page."""
    mark = secrets.token_hex(6)
    tag, subreddit, post = f"tag-{mark}", f"sub_{mark}", f"reddit:own{mark}"
    for number in ("", "b"):
        _put(person, "like", f"/api/v1/likes/{post}{number}")
        _put(person, "hide", f"/api/v1/hidden/{post}{number}")
        _put(person, "hide", f"/api/v1/hidden/subreddits/{subreddit}{number}")
        _put(person, "tag", f"/api/v1/tags/{post}{number}/{tag}")
        _put(person, "tag", f"/api/v1/tags/{post}/{tag}{number}")
        shared = {"post": f"{post}{number}", "to": f"friend-{mark}"}
        share = person.ask("share", "POST", "/api/v1/shares", json=shared)
        assert share.status_code == 201, share.text
    rule = {"tag": tag, "when": {"subreddit": subreddit}}
    _put(person, "tag", "/api/v1/tags/rules", {"rules": [rule]})
    return Owned(person.name, post, tag, subreddit, share.json()["code"], _own_import(person, post))


def _put(person: Person, verb: str, path: str, body: dict[str, Any] | None = None) -> None:
    answer = person.ask(verb, "PUT", path, json=body)
    assert answer.status_code in (200, 201), f"{path}: {answer.text}"


def _own_import(person: Person, post: str) -> str:
    """An import of this person, who has the scope for it only in this token."""
    token = person.target.signer.token(person.subject, "posts:write")
    headers = {"Authorization": f"Bearer {token}"}
    line = {"id": post.partition(":")[2], "title": "A post of their own", "created_utc": 1700000000}
    answer = httpx2.post(
        person.url("ingest", "/api/v1/imports?format=arctic-shift"),
        headers=headers,
        files={"file": ("own.ndjson", str(line).replace("'", '"').encode())},
        timeout=60,
    )
    assert answer.status_code == 202, answer.text
    import_id = str(answer.json()["id"])
    until = time.monotonic() + 120
    while time.monotonic() < until:
        url = person.url("ingest", f"/api/v1/imports/{import_id}")
        if httpx2.get(url, headers=headers).status_code == 303:
            return import_id
        time.sleep(0.1)
    raise AssertionError("the import was not done in time")
