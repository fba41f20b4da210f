"""What docs/operations.md says of backup and restore, step by step."""

from pathlib import Path

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
        assert http.get(f"/api/v1/posts/{kept}").json()["title"] == f"saved {kept}"
        assert http.get(f"/api/v1/posts/{later}").status_code == 404
        assert kept in {item["post"] for item in http.get("/api/v1/likes").json()["items"]}
        wait_until(lambda: kept in found(http, "saved"), "search has what was restored", 180)
        put_post(http, later, f"too late {later}")
        wait_until(lambda: later in found(http, "late"), "search gets what is new", 60)
