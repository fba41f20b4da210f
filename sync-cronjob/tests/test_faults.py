"""Crashes, rivals and writers that do not wait: the target must end up as the source."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from reddit_reco_local.kit.waiting import eventually
from reddit_reco_sync.settings import read_plan
from reddit_reco_sync.state import Fence, Fenced

World = Any
SMALL_BATCHES = "import reddit_reco_sync.target as t; t.BATCH_DOCUMENTS = 10"
SLOW_BATCHES = f"""
{SMALL_BATCHES}
import time
import reddit_reco_sync.state as s
move = s.Fence._move
s.Fence._move = lambda *a: (time.sleep(0.05), move(*a))
"""
# Ends the process, as the OOM killer would, at its first batch.
KILLED = (
    SMALL_BATCHES
    + """
import os, signal
import reddit_reco_sync.state as s
s._ORPHAN_SECONDS = 0.5
from pymongo.client_session import ClientSession
commit = ClientSession.commit_transaction
def dying(self):
    if not {before}:
        commit(self)
    os.kill(os.getpid(), signal.SIGKILL)
ClientSession.commit_transaction = dying
"""
)


@contextmanager
def writers(world: World, ids: int = 300) -> Iterator[None]:
    """Somebody writes to the source all the time."""
    enough = threading.Event()

    def write() -> None:
        while not enough.wait(0.002):
            world.disturb(ids)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()


def test_writes_during_copy_and_tail_all_arrive(world: World) -> None:
    world.fill(300)
    with writers(world):
        for _ in range(3):
            assert world.run("--once", code=SLOW_BATCHES).returncode == 0
    assert world.run().returncode == 0
    assert world.mismatches() == []
    assert world.writes > 100


@pytest.mark.parametrize("before", [True, False])
def test_run_killed_at_every_commit_is_gone_on_with(world: World, before: bool) -> None:
    world.fill(30)
    world.target.insert_one({"_id": "of an older copy", "_gen": 0})
    world.target.insert_many([{"_id": f"reddit:{n:06}", "_gen": 0} for n in range(10)])
    phases = set()
    for number in range(12):
        code = KILLED.format(before=before and number % 2 == 0)
        done = world.run("--once", code=code)
        assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
        phases.add(world.state()["phase"])
        world.source.update_one({"_id": f"reddit:{number:06}"}, {"$inc": {"score": 1}})
    assert world.run().returncode == 0
    assert world.mismatches() == []
    assert phases >= {"copy", "tail"}
    assert world.state()["gen"] == 1, "a killed copy was begun anew instead of gone on with"


def test_killed_run_does_not_hold_up_the_next_one(world: World) -> None:
    world.fill(30)
    assert world.run(code=KILLED.format(before=True)).returncode == -signal.SIGKILL
    started = time.monotonic()
    assert world.run().returncode == 0
    assert time.monotonic() - started < 55, "the next run waited for the orphaned transaction"


def test_run_that_was_overtaken_writes_nothing_more(world: World) -> None:
    (stream,) = read_plan(world.folder / "plan.json")
    older, newer = Fence(world.client, stream), Fence(world.client, stream)
    older.claim()
    newer.claim()
    with pytest.raises(Fenced):
        older.commit(lambda session: world.target.insert_one({}, session=session))
    with pytest.raises(Fenced):
        older.refresh()
    newer.commit(lambda session: world.target.insert_one({"_id": 1}, session=session))
    assert [document["_id"] for document in world.target.find()] == [1]
    older.close()
    newer.close()


def test_three_runs_at_once_end_as_one(world: World) -> None:
    world.fill(300)
    with writers(world):
        runs = [world.start("--once", code=SLOW_BATCHES) for _ in range(3)]
        results = [(*run.communicate(timeout=90), run.returncode) for run in runs]
    assert [status for _, _, status in results] == [0, 0, 0], results
    lines = [out.splitlines()[-1] for out, _, _ in results]
    assert sum(": ok; tail;" in line for line in lines) >= 1, lines
    assert world.run().returncode == 0
    assert world.mismatches() == []


@pytest.mark.parametrize("phase", ["copy", "tail"])
def test_sigterm_finishes_the_batch_and_ends_well(world: World, phase: str) -> None:
    world.fill(500 if phase == "copy" else 5)
    run = world.start(code=SLOW_BATCHES, SYNC_FOLLOW_SECONDS="60")
    eventually(
        lambda: world.state().get("phase") == phase and world.target.count_documents({}) >= 5
    )
    run.terminate()
    out, err = run.communicate(timeout=90)
    assert run.returncode == 0, out + err
    assert world.state()["phase"] == phase
    assert world.run().returncode == 0
    assert world.mismatches() == []
    assert world.state()["gen"] == 1
