"""A Docker engine that dies: `make up` mends it with its data, `make down` leaves nothing."""

import os
import signal
import subprocess
from pathlib import Path
from typing import IO

import pytest
from harness import Release
from harness.release import CACHE, REPO

ENGINE = CACHE / "engine"

pytestmark = pytest.mark.long


def _is_ours() -> bool:
    file = ENGINE / "started-by-us"
    return file.exists() and file.read_text().strip() == "dockerd"


def _kill_engine() -> None:
    """End dockerd and its containerd at once; their containers go on without them."""
    dockerd = (ENGINE / "dockerd.pid").read_text().strip()
    children = Path(f"/proc/{dockerd}/task/{dockerd}/children").read_text().split()
    for pid in [dockerd, *children]:
        os.kill(int(pid), signal.SIGKILL)


def _nodes() -> list[str]:
    """The processes of kind nodes."""
    found = subprocess.run(["pgrep", "-x", "kubelet"], capture_output=True, text=True, check=False)
    return found.stdout.split()


def _up(lock: IO[str]) -> None:
    """`make up` as a child that inherits a lock of its caller's."""
    command = ["make", "-s", "-C", str(REPO), "up"]
    subprocess.run(command, pass_fds=[lock.fileno()], check=True, capture_output=True)


def _held_by_engine() -> list[str]:
    """What the engine has open."""
    dockerd = (ENGINE / "dockerd.pid").read_text().strip()
    return [str(fd.readlink()) for fd in Path(f"/proc/{dockerd}/fd").iterdir()]


def test_a_killed_engine_is_mended_by_up_and_cleared_by_down(
    release: Release, tmp_path: Path
) -> None:
    if not _is_ours():
        pytest.skip("the Docker engine is the user's own: it is not for a test to kill")
    with release.http() as http:
        before = http.get("/api/v1/posts?limit=100").json()["items"]
    _kill_engine()
    with (tmp_path / "lock").open("w") as lock:
        _up(lock)
        assert lock.name not in _held_by_engine()
    with release.http() as http:
        assert http.get("/api/v1/posts?limit=100").json()["items"] == before
    _kill_engine()
    release.make("down")
    assert _nodes() == []
    assert not (CACHE / "url").exists()
    release.make("up")
