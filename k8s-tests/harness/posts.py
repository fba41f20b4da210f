"""Posts, as a client of the API sees them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from .waiting import wait_until


def put_post(http: httpx2.Client, post_id: str, title: str) -> None:
    """Write a post, all else left at its default."""
    body = {"title": title, "created_at": "2013-06-09T02:54:42Z", "subreddit": "test"}
    http.put(f"/api/v1/posts/{post_id}", json=body).raise_for_status()


def delete_post(http: httpx2.Client, post_id: str) -> None:
    """Delete a post, in whatever version it is."""
    http.delete(f"/api/v1/posts/{post_id}", headers={"If-Match": "*"}).raise_for_status()


def found(http: httpx2.Client, query: str) -> set[str]:
    """Ids of the first posts that search finds."""
    answer = http.get("/api/v1/search", params={"q": query, "limit": 100}).raise_for_status()
    return {item["id"] for item in answer.json()["items"]}


def import_file(
    http: httpx2.Client,
    path: Path,
    format_name: str,
    seconds: float = 600,
    watch: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Import a file as the API has it: 202 and Location, progress, 303 to the result.

    `watch` is told the import's document each time that it is looked at.

    Raises:
        AssertionError: it was refused, it failed, or it is not done within `seconds`.
    """
    with path.open("rb") as file:
        accepted = http.post(
            "/api/v1/imports", params={"format": format_name}, files={"file": (path.name, file)}
        )
    assert accepted.status_code == 202, accepted.text
    where = accepted.headers["Location"]

    def ended() -> httpx2.Response | None:
        answer = http.get(where, follow_redirects=False)
        if "Location" in answer.headers:
            return answer
        state = answer.raise_for_status().json()
        watch(state)
        return answer if state["state"] in {"failed", "cancelled"} else None

    last = wait_until(ended, f"{where} is done", seconds)
    assert "Location" in last.headers, last.text
    result = http.get(last.headers["Location"])
    counts: dict[str, Any] = result.raise_for_status().json()["counts"]
    return counts


def now_id(name: str) -> str:
    """A post id that no other run of the tests has used."""
    return f"test:{name}-{time.time_ns():x}"
