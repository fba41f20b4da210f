"""A Docker engine that dies: `make up` mends it with its data, `make down` leaves nothing.

Afterwards a new cluster has the keys and data of the one before, as docs/operations.md says.
"""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import pytest
from harness import Release, found, wait_until
from harness.backup import backup, restore
from harness.copies import wait_equal
from harness.release import CACHE, NAME, REPO, run

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


def _other_clusters() -> set[str]:
    """Clusters of the engine that are not ours."""
    label = "io.x-k8s.kind.cluster"
    docker = str(CACHE / "tools" / "bin" / "docker")
    names = run(docker, "ps", "--filter", f"label={label}", "--format", f'{{{{.Label "{label}"}}}}')
    return set(names.split()) - {NAME}


def _wishes(release: Release) -> dict[str, str]:
    """What `make up` was asked for."""
    more = "image" if "image" in release.verbs() else ""
    nodes = len(release.core.list_node().items)
    return {"NODES": str(nodes), "PORT": str(urlsplit(release.url).port), "WITH": more}


def _made_anew(wishes: dict[str, str], secrets: str) -> Release:
    """A cluster with the release, which finds these Secrets."""
    given = [f"{name}={value}" for name, value in wishes.items()]
    run("env", *given, str(REPO / "images" / "cluster" / "up.sh"))
    release = Release()
    release.kubectl("create", "namespace", NAME)
    release.kubectl("apply", "-f", "-", stdin=secrets)
    release.make("up", *given)
    return release


def _posts(release: Release) -> object:
    with release.http() as http:
        return http.get("/api/v1/posts?limit=100").raise_for_status().json()["items"]


def test_a_killed_engine_is_mended_by_up_and_cleared_by_down(
    release: Release, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    if not _is_ours():
        pytest.skip("the Docker engine is the user's own: it is not for a test to kill")
    if others := _other_clusters():
        pytest.skip(f"the engine has other clusters, which are not for a test to end: {others}")
    before, wishes, token = _posts(release), _wishes(release), release.token
    secrets = release.kubectl(
        "get", "secret", "-l", f"app.kubernetes.io/instance={NAME}", "-o", "yaml"
    )
    saved = backup(release, tmp_path / "backup.tar")
    tell("killing the engine, then make up")
    _kill_engine()
    with (tmp_path / "lock").open("w") as lock:
        _up(lock)
        assert lock.name not in _held_by_engine()
    assert _posts(release) == before
    tell("killing the engine, then make down")
    _kill_engine()
    release.make("down")
    assert _nodes() == []
    assert not (CACHE / "url").exists()
    tell("a new cluster with the Secrets and the backup of the one before")
    renewed = _made_anew(wishes, secrets)
    restore(renewed, saved)
    wait_equal(renewed)
    assert _posts(renewed) == before
    with renewed.http(token=False) as http:
        # Who was signed in still is: the keys are the same.
        http.get("/api/v1/likes", headers={"Authorization": f"Bearer {token}"}).raise_for_status()
        wait_until(lambda: found(http, "python"), "search has the posts", 180)
