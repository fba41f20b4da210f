"""The data of the release, saved and put back, as docs/operations.md says."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .copies import wait_equal
from .release import Release

AGENT = ("-c", "agent", "--", "python3", "-m", "reddit_reco_mongodb")
SYNC = "reddit-reco-sync"


@contextmanager
def as_it_was(release: Release, folder: Path) -> Iterator[None]:
    """Give the release back the data that it had, whatever the block puts in."""
    saved = backup(release, folder / "as-it-was.tar")
    try:
        yield
    finally:
        restore(release, saved)
        wait_equal(release)


def backup(release: Release, file: Path) -> Path:
    """Save everything into `file`."""
    command = release.kubectl_command("exec", "reddit-reco-mongodb-1", *AGENT, "backup")
    with file.open("wb") as out:
        subprocess.run(command, stdout=out, check=True)
    names = subprocess.run(["tar", "-tf", file], capture_output=True, text=True, check=True).stdout
    assert names.splitlines()[-1] == "complete"
    return file


def restore(release: Release, file: Path) -> None:
    """Put what is in `file` in the place of everything; the services are away meanwhile."""
    command = release.kubectl_command("exec", "-i", "reddit-reco-mongodb-0", *AGENT, "restore")
    try:
        _suspend(release, yes=True)
        release.kubectl("delete", "job", "-l", "app.kubernetes.io/component=sync")
        release.kubectl("scale", "deployment", "--all", "--replicas=0")
        release.kubectl("wait", "--for=delete", "pod", "-l", "reddit-reco/version", "--timeout=2m")
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
