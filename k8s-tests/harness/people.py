"""People who use the release through its Ingress, each with an account and a session."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx2

from reddit_reco_mongodb import keys

from .release import Release

PASSWORD = "correct horse battery staple"


class Person:
    """Somebody who has signed up and signed in.

    Args:
        http: a client of the Ingress without a token; it carries this person's from here on.
        name: the user name.
    """

    def __init__(self, http: httpx2.Client, name: str) -> None:
        self.http = http
        self.name = name
        self.account = {"username": name, "password": PASSWORD}
        made = http.post("/api/v1/users", json=self.account)
        assert made.status_code == 201, made.text
        self.subject: str = made.json()["id"]
        self.sign_in()

    def sign_in(self) -> None:
        """Begin a session."""
        tokens = self.http.post("/api/v1/sessions", json=self.account)
        assert tokens.status_code == 201, tokens.text
        self.tokens: dict[str, Any] = tokens.json()
        self.http.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"

    def items(self, path: str, limit: int = 100) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        found: list[dict[str, Any]] = []
        href: str | None = f"{path}{'&' if '?' in path else '?'}limit={limit}"
        while href:
            page = self.http.get(href).raise_for_status().json()
            assert len(page["items"]) <= limit
            found += page["items"]
            href = page["_links"].get("next", {}).get("href")
        return found


@contextmanager
def people(release: Release, number: int) -> Iterator[list[Person]]:
    """Sign so many people up; their accounts are erased afterwards."""
    with ExitStack() as stack:
        found = []
        for each in range(number):
            http = stack.enter_context(release.http(token=False))
            found.append(Person(http, f"t{each}-{time.time_ns():x}"))
            # Erased already is fine.
            stack.callback(http.delete, "/api/v1/me")
        yield found


def strangers(release: Release, number: int) -> list[dict[str, str]]:
    """Headers with tokens of so many users whom login need not know, each valid for an hour."""
    key = json.loads(release.secret("signing-key")["key.json"])
    run = f"{time.time_ns():x}"
    return [
        {"Authorization": f"Bearer {keys.sign(key, f'user:{run}-{each}', '', 3600)}"}
        for each in range(number)
    ]
