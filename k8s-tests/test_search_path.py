"""Real posts through ingest, posts, sync and search, over the Ingress."""

import random
from pathlib import Path
from typing import Any

import httpx2
from harness import Release, found, import_file, wait_until
from harness.sample import titles

RANDOM = random.Random(20130609)


def test_all_posts_of_the_file_are_in(release: Release, imported: int, sample: Path) -> None:
    assert imported == len(titles(sample))
    with release.database("posts") as database:
        ids = {post["_id"] for post in database["posts"].find({}, {"_id": 1})}
    assert titles(sample).keys() <= ids


def test_search_has_every_post_as_posts_has_it(release: Release, imported: int) -> None:
    def master_of_equal_copies() -> dict[str, Any]:
        with release.mongo() as mongo:
            master = {p["_id"]: p for p in mongo["posts"]["posts"].find()}
            copies = {p["_id"]: p for p in mongo["search"]["synced_posts"].find()}
        for copy in copies.values():
            copy.pop("_gen")
        differing = {key for key in master | copies if master.get(key) != copies.get(key)}
        assert not differing, differing
        return master

    master = wait_until(master_of_equal_copies, "search's store is what posts has", 300)
    assert len(master) >= imported


def test_posts_are_found_by_their_titles(http: httpx2.Client, imported: int, sample: Path) -> None:
    chosen = RANDOM.sample(sorted(titles(sample).items()), 50)
    assert imported

    def all_found() -> bool:
        missed = [post for post, title in chosen if post not in found(http, _query(title))]
        assert not missed, missed
        return True

    wait_until(all_found, "search's index has what its store has", 300)


def _query(title: str) -> str:
    """The words of a title, without what search takes as operators."""
    return " ".join("".join(c if c.isalnum() else " " for c in title).split())


def test_a_found_post_can_be_read_and_leads_to_itself(http: httpx2.Client, imported: int) -> None:
    assert imported
    items = http.get("/api/v1/search", params={"q": "python", "limit": 5}).json()["items"]
    assert items
    for item in items:
        post = http.get(f"/api/v1/posts/{item['id']}").raise_for_status().json()
        assert post["title"] == item["title"]


def test_the_page_of_the_browser_shows_what_search_finds(
    http: httpx2.Client, imported: int
) -> None:
    assert imported
    first = http.get("/api/v1/search", params={"q": "django", "limit": 1}).json()["items"][0]

    def shown() -> bool:
        page = http.get("/search", params={"q": "django"}).raise_for_status()
        return f"/posts/{first['id']}" in page.text.replace("%3A", ":")

    # On a busy machine search may be too late for the page, which says so.
    wait_until(shown, "the page has what search found")


def test_the_same_file_twice_changes_nothing(
    release: Release, http: httpx2.Client, imported: int, sample: Path
) -> None:
    with release.database("posts") as database:
        before = {p["_id"]: p["etag"] for p in database["posts"].find({}, {"etag": 1})}
    counts = import_file(http, sample, "mongoexport")
    with release.database("posts") as database:
        after = {p["_id"]: p["etag"] for p in database["posts"].find({}, {"etag": 1})}
    assert counts["created"] == 0
    assert after == before
    assert imported


def test_writing_needs_a_token_and_reading_does_not(release: Release) -> None:
    with release.http(token=False) as anonymous:
        refused = anonymous.put("/api/v1/posts/test:x", json={"title": "x"})
        assert refused.status_code == 401
        assert refused.headers["Content-Type"].startswith("application/problem+json")
        assert anonymous.get("/api/v1/search", params={"q": "python"}).status_code == 200
