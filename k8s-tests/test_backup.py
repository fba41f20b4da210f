"""What docs/operations.md says of backup and restore, step by step."""

import json
import subprocess
from pathlib import Path

from harness import Release, delete_post, found, put_post, wait_until
from harness.posts import now_id

AGENT = ("-c", "agent", "--", "python3", "-m", "reddit_reco_mongodb")
SYNC = "reddit-reco-sync"


def test_a_restore_brings_back_what_was_there_and_services_go_on(
    release: Release, imported: int, tmp_path: Path
) -> None:
    assert imported
    kept, later = now_id("kept"), now_id("later")
    with release.http() as http:
        put_post(http, kept, f"saved {kept}")
        http.put(f"/api/v1/likes/{kept}").raise_for_status()
        saved = _backup(release, tmp_path / "backup.tar")
        put_post(http, later, f"too late {later}")
        delete_post(http, kept)
        _restore(release, saved)
        assert http.get(f"/api/v1/posts/{kept}").json()["title"] == f"saved {kept}"
        assert http.get(f"/api/v1/posts/{later}").status_code == 404
        assert kept in {item["post"] for item in http.get("/api/v1/likes").json()["items"]}
        wait_until(lambda: kept in found(http, "saved"), "search has what was restored", 180)
        put_post(http, later, f"too late {later}")
        wait_until(lambda: later in found(http, "late"), "search gets what is new", 60)


def _backup(release: Release, file: Path) -> Path:
    command = release.kubectl_command("exec", "reddit-reco-mongodb-1", *AGENT, "backup")
    with file.open("wb") as out:
        subprocess.run(command, stdout=out, check=True)
    names = subprocess.run(["tar", "-tf", file], capture_output=True, text=True, check=True).stdout
    assert names.splitlines()[-1] == "complete"
    return file


def _restore(release: Release, file: Path) -> None:
    _suspend(release, yes=True)
    release.kubectl("delete", "job", "-l", "app.kubernetes.io/component=sync")
    release.kubectl("scale", "deployment", "--all", "--replicas=0")
    release.kubectl("wait", "--for=delete", "pod", "-l", "reddit-reco/version", "--timeout=2m")
    command = release.kubectl_command("exec", "-i", "reddit-reco-mongodb-0", *AGENT, "restore")
    try:
        with file.open("rb") as given:
            keep = ("--replace", "--keep", "login.erasures")
            done = subprocess.run(
                [*command, *keep], stdin=given, capture_output=True, text=True, check=False
            )
        assert done.returncode == 0, done.stderr
        assert "documents are in" in done.stdout
    finally:
        release.kubectl("scale", "deployment", "--all", "--replicas=1")
        release.upgrade()
        _suspend(release, yes=False)


def _suspend(release: Release, *, yes: bool) -> None:
    patch = {"spec": {"suspend": yes}}
    release.kubectl("patch", "cronjob", SYNC, "-p", json.dumps(patch))
