"""A copy does not empty a target because its source is empty."""

import time
from typing import Any

import pytest

World = Any


def copy_anew(world: World) -> None:
    """What a lost position leads to."""
    world.client[world.target_db].synced_state.update_one({}, {"$set": {"phase": "new"}})


@pytest.fixture
def emptied(world: World) -> World:
    world.fill(100)
    world.run()
    world.source.delete_many({})
    copy_anew(world)
    return world


def test_copy_of_an_emptied_source_stops_and_says_why(emptied: World) -> None:
    done = emptied.run()
    assert done.returncode == 3
    reason = "the copy would remove 100 of 100 documents"
    assert f"BLOCKED: {reason}" in done.stdout.splitlines()[-1]
    assert emptied.target.count_documents({}) == 100
    assert emptied.state()["blocked"]["reason"].startswith(reason)


def test_blocked_stream_stays_so_and_costs_nothing(emptied: World) -> None:
    emptied.run()
    assert emptied.run().returncode == 3
    assert emptied.state()["gen"] == 2
    assert emptied.target.count_documents({}) == 100


@pytest.mark.parametrize("how", ["--force", "SYNC_FORCE"])
def test_force_lets_it_go_on(emptied: World, how: str) -> None:
    emptied.run()
    environ = {} if how == "--force" else {"SYNC_FORCE": "true"}
    done = emptied.run("--once", *([how] if how == "--force" else []), **environ)
    assert done.returncode == 0
    assert "100 removed" in done.stdout
    assert emptied.target.count_documents({}) == 0
    emptied.fill(3)
    assert emptied.run().returncode == 0
    assert emptied.mismatches() == []


def test_source_that_was_put_back_needs_no_force(emptied: World) -> None:
    emptied.run()
    emptied.fill(101)
    done = emptied.run()
    assert done.returncode == 0
    assert "0 removed" in done.stdout
    assert emptied.mismatches() == []
    assert emptied.state()["blocked"] is None


@pytest.mark.parametrize(("removed", "status"), [(20, 0), (21, 3)])
def test_a_fifth_may_go_and_not_more(world: World, removed: int, status: int) -> None:
    world.fill(100)
    world.run()
    world.source.delete_many({"score": {"$lt": removed}})
    copy_anew(world)
    assert world.run().returncode == status
    assert world.target.count_documents({}) == (100 - removed if status == 0 else 100)


def test_other_documents_in_the_place_of_the_old_ones_count_as_removal(world: World) -> None:
    world.fill(100)
    world.run()
    world.source.delete_many({})
    world.source.insert_many([{"_id": n} for n in range(1000)])
    copy_anew(world)
    assert world.run().returncode == 3
    assert world.target.count_documents({"source": "reddit"}) == 100


@pytest.mark.parametrize("drop", ["collection", "database"])
def test_dropped_source_wipes_nobody(world: World, drop: str) -> None:
    world.fill(100)
    world.run()
    if drop == "collection":
        world.source.drop()
    else:
        world.client.drop_database(world.source_db)
    done = world.run()
    assert done.returncode == 3, done.stdout
    assert world.target.count_documents({}) == 100
    assert world.state()["history_lost"] == 1


def test_real_deletes_in_the_tail_need_no_force(world: World) -> None:
    world.fill(100)
    world.run()
    world.source.delete_many({})
    assert world.run().returncode == 0
    assert world.target.count_documents({}) == 0


def test_blocked_stream_does_not_hold_up_the_others(emptied: World) -> None:
    emptied.write_plan([emptied.stream(), emptied.stream("other")])
    started = time.monotonic()
    assert emptied.run().returncode == 3
    assert time.monotonic() - started < 80
    states = emptied.client[emptied.target_db].synced_state
    assert states.find_one({"_id": "other"})["phase"] == "tail"
