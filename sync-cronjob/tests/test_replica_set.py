"""On real mongods of its own: the primary dies in mid-run; the oplog loses a saved position."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import OperationFailure, PyMongoError

from reddit_reco_local.embedded import free_port
from reddit_reco_local.kit.waiting import eventually

World = Any
Members = Any
Make = Callable[[str], World]
SMALL_BATCHES = "import reddit_reco_sync.target as t; t.BATCH_DOCUMENTS = 10"


def disturb_until(world: World, enough: threading.Event) -> None:
    while not enough.wait(0.002):
        try:
            world.disturb(300)
        except PyMongoError:
            time.sleep(0.1)


def primary_of(world: World) -> str:
    found = eventually(lambda: world.client.primary, "a primary")
    return f"{found[0]}:{found[1]}"


@pytest.mark.long
def test_death_of_the_primary_in_mid_run_loses_and_invents_nothing(
    members: Members, make_world: Make
) -> None:
    while len(members.processes) < 3:
        host = f"127.0.0.1:{free_port()}"
        if host not in members.processes:
            members.start(host, "--oplogSize", "64")
    world = make_world(members.initiate())
    world.fill(300)
    enough = threading.Event()
    writer = threading.Thread(target=disturb_until, args=(world, enough))
    writer.start()
    try:
        run = world.start(code=SMALL_BATCHES, SYNC_FOLLOW_SECONDS="40")
        while world.target.count_documents({}) < 50:
            time.sleep(0.05)
        first = primary_of(world)
        members.kill(first)  # in the copy
        time.sleep(8)
        members.start(first, "--oplogSize", "64")
        time.sleep(8)
        members.kill(primary_of(world))  # in the tail
        out, err = run.communicate(timeout=120)
    finally:
        enough.set()
        writer.join()
    assert run.returncode == 0, out + err
    assert "going on after" in out
    assert world.run().returncode == 0
    assert world.mismatches() == []
    assert world.writes > 500


def test_position_that_the_oplog_has_lost_leads_to_a_new_copy(
    members: Members, make_world: Make
) -> None:
    # The oplog is cut at checkpoints only: one a second instead of one a minute.
    members.start(f"127.0.0.1:{free_port()}", "--oplogSize", "1", "--syncdelay", "1")
    world = make_world(members.initiate())
    world.fill(50)
    world.run()
    world.source.delete_one({"_id": "reddit:000007"})
    token = world.state()["token"]
    bulk = world.client.bulk.things
    deadline = time.monotonic() + 80
    while reachable(world, token):
        assert time.monotonic() < deadline, "the oplog was not cut"
        bulk.insert_many([{"text": "x" * 100_000} for _ in range(20)])
        time.sleep(0.5)
    world.source.update_one({"_id": "reddit:000008"}, {"$set": {"title": "Changed"}})
    done = world.run(LOG_LEVEL="info")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the position is lost, copying anew: 286" in done.stdout
    state = world.state()
    assert (state["phase"], state["gen"], state["history_lost"]) == ("tail", 2, 1)
    assert world.mismatches() == []
    assert world.target.count_documents({"_gen": 2}) == 49


SLOW_COPY = f"""
import pathlib, time
import reddit_reco_sync.run as run
{SMALL_BATCHES}
run.CATCH_UP_SECONDS = 1
put = run.Target.put
def slowly(*args):
    if not pathlib.Path("FLAG").exists():
        time.sleep(0.1)
    put(*args)
run.Target.put = slowly
"""


def test_copy_that_takes_longer_than_the_oplog_reaches_is_made_once(
    members: Members, make_world: Make, tmp_path: Path
) -> None:
    members.start(f"127.0.0.1:{free_port()}", "--oplogSize", "32", "--syncdelay", "1")
    world = make_world(members.initiate())
    world.fill(10_000)
    quick = tmp_path / "quick"
    run = world.start("--once", code=SLOW_COPY.replace("FLAG", str(quick)))
    try:
        eventually(lambda: world.state().get("last"), "the copy's beginning")
        first = world.state()["token"]
        deadline = time.monotonic() + 90
        while reachable(world, first):
            assert time.monotonic() < deadline, "the oplog was not cut"
            world.client.bulk.things.insert_many([{"text": "x" * 100_000} for _ in range(20)])
            for _ in range(20):
                world.disturb(10_000)
            time.sleep(0.3)
        assert world.state()["phase"] == "copy"
    finally:
        quick.touch()
        out, err = run.communicate(timeout=120)
    assert run.returncode == 0, out + err
    state = world.state()
    assert (state["phase"], state["gen"], state["history_lost"]) == ("tail", 1, 0)
    assert world.mismatches() == []


def reachable(world: World, token: Any) -> bool:
    try:
        with world.client[world.source_db].watch(resume_after=token, max_await_time_ms=100) as it:
            it.try_next()
    except OperationFailure as error:
        if error.code != 286:
            raise
        return False
    return True
