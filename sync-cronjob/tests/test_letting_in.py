"""Before MongoDB, or the user in it, is there, a run waits; refused to the end, it has failed."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from reddit_reco_local.embedded import free_port

Make = Callable[[str], Any]
IMPATIENT = "import reddit_reco_sync.__main__ as m; m.SELECTION_MS = 200"


@pytest.fixture
def locked(members: Any, tmp_path: Path) -> str:
    """Where a mongod answers that asks for a name, and has no users yet."""
    host = f"127.0.0.1:{free_port()}"
    lock(members, host, tmp_path / "key")
    return host


def lock(members: Any, host: str, key: Path) -> None:
    """Start it."""
    key.write_text("a/key/of/tests")
    key.chmod(0o400)
    members.start(host, "--keyFile", str(key))
    members.initiate()


def let_in(host: str, roles: list[str]) -> None:
    """Make the first user, which needs none."""
    with MongoClient[Any](host, replicaSet="rs0") as client:
        client.admin.command("createUser", "sync", pwd="secret", roles=roles)


def world_of(make_world: Make, host: str) -> Any:
    return make_world(f"mongodb://sync:secret@{host}/?replicaSet=rs0&authSource=admin")


def test_user_who_stays_refused_is_a_failure_that_is_said_once(
    make_world: Make, locked: str
) -> None:
    world = world_of(make_world, locked)
    world.write_plan([world.stream(), world.stream("likes")])
    done = world.run(code=IMPATIENT, SYNC_PATIENCE_SECONDS="3")
    assert done.returncode == 1, done.stdout + done.stderr
    (line,) = [line for line in done.stdout.splitlines() if not line.startswith("{")]
    assert line.startswith("FAILED: MongoDB refuses the user in MONGODB_URI: Authentication failed")
    assert done.stdout.count("Authentication failed") == 3, "it said the same again and again"
    assert "Traceback" not in done.stdout + done.stderr


def test_run_that_is_ended_while_its_user_may_still_come_is_no_failure(
    make_world: Make, locked: str
) -> None:
    world = world_of(make_world, locked)
    with world.start("--once", code=IMPATIENT) as run:
        while "Authentication failed" not in (line := run.stdout.readline()):
            assert line, "it ended"
        run.terminate()
        last = run.stdout.readlines()[-1]
    assert f"{world.target_db}.posts: not let in yet: Authentication failed" in last
    assert run.returncode == 0


def test_patience_with_the_user_begins_when_mongodb_is_there(
    make_world: Make, members: Any, tmp_path: Path
) -> None:
    key, host = tmp_path / "key", f"127.0.0.1:{free_port()}"
    world = world_of(make_world, host)
    patience = 20.0
    with world.start("--once", code=IMPATIENT, SYNC_PATIENCE_SECONDS=str(patience)) as run:
        assert "going on after" in run.stdout.readline()
        began = time.monotonic()
        time.sleep(patience / 2)
        lock(members, host, key)
        while "Authentication failed" not in (line := run.stdout.readline()):
            assert line, "it ended"
        # Later than it would wait if it counted from its start.
        time.sleep(max(0.0, began + patience + 1 - time.monotonic()))
        let_in(host, ["root"])
        last = run.stdout.readlines()[-1]
    assert last.startswith(f"{world.target_db}.posts: ok; tail")
    assert run.returncode == 0


def test_run_goes_on_as_soon_as_its_user_is_there(make_world: Make, locked: str) -> None:
    world = world_of(make_world, locked)
    with world.start("--once") as run:
        while "Authentication failed" not in (line := run.stdout.readline()):
            assert line, "it ended"
        let_in(locked, ["root"])
        last = run.stdout.readlines()[-1]
    assert last.startswith(f"{world.target_db}.posts: ok; tail")
    assert run.returncode == 0


def test_right_that_stays_missing_is_a_failure(make_world: Make, locked: str) -> None:
    let_in(locked, [])
    world = world_of(make_world, locked)
    done = world.run(code=IMPATIENT, SYNC_PATIENCE_SECONDS="1")
    assert done.returncode == 1
    assert "FAILED: not authorized on" in done.stdout


def test_run_without_a_mongodb_ends_with_one_line_and_no_failure(make_world: Make) -> None:
    world = make_world(f"mongodb://127.0.0.1:{free_port()}/?replicaSet=rs0")
    started = time.monotonic()
    done = world.run(code=IMPATIENT, SYNC_PATIENCE_SECONDS="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "posts: not let in yet: " in done.stdout
    assert time.monotonic() - started < 60
