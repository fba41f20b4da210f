"""What docs/operations.md says of backup and restore, step by step."""

from pathlib import Path

import httpx2
from harness import Release, delete_post, found, put_post, wait_until
from harness.backup import backup, restore
from harness.posts import now_id


def test_a_restore_brings_back_what_was_there_and_services_go_on(
    release: Release, imported: int, tmp_path: Path
) -> None:
    assert imported
    kept, later = now_id("kept"), now_id("later")
    with release.http() as http:
        put_post(http, kept, f"saved {kept}")
        http.put(f"/api/v1/likes/{kept}").raise_for_status()
        saved = backup(release, tmp_path / "backup.tar")
        put_post(http, later, f"too late {later}")
        delete_post(http, kept)
        restore(release, saved)
        wait_until(lambda: _title(http, kept) == f"saved {kept}", "posts has what was restored")
        assert http.get(f"/api/v1/posts/{later}").status_code == 404
        wait_until(lambda: kept in _liked(http), "like has what was restored")
        wait_until(lambda: kept in found(http, "saved"), "search has what was restored", 300)
        put_post(http, later, f"too late {later}")
        wait_until(lambda: later in found(http, "late"), "search gets what is new", 300)


def _title(http: httpx2.Client, post: str) -> str:
    title: str = http.get(f"/api/v1/posts/{post}").raise_for_status().json()["title"]
    return title


def _liked(http: httpx2.Client) -> set[str]:
    return {item["post"] for item in http.get("/api/v1/likes").raise_for_status().json()["items"]}
