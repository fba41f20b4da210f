"""What a run does when nothing goes wrong."""

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import Int64

from reddit_reco_local.kit.waiting import eventually

World = Any


def test_first_run_copies_every_document_as_it_is(world: World) -> None:
    world.fill(2500)
    odd = {"_id": "odd", "big": Int64(5), "nested": {"a": [1, {"b": None}]}, "_other": 1.5}
    world.source.insert_one(odd)
    done = world.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert world.mismatches() == []
    assert world.target.count_documents({"_gen": 1}) == 2501
    raw = world.target.find_one({"_id": "odd"})
    assert isinstance(raw["big"], Int64)
    assert list(raw) == ["_id", "big", "nested", "_other", "_gen"]


def test_summary_is_one_plain_line_a_stream(world: World) -> None:
    world.fill(3)
    last = world.run().stdout.splitlines()[-1]
    start = f"{world.target_db}.posts: ok; tail; 3 copied, 0 changed, 0 removed; "
    assert last.startswith(start)


def test_state_says_phase_position_and_freshness(world: World) -> None:
    world.fill(3)
    world.run()
    state = world.state()
    assert (state["phase"], state["gen"], state["last"]) == ("tail", 1, None)
    assert state["token"]["_data"].startswith("82")
    assert datetime.now(UTC) - state["source_time"] < timedelta(seconds=60)
    assert datetime.now(UTC) - state["updated_at"] < timedelta(seconds=60)


def test_source_that_is_not_there_yet_is_an_empty_one(world: World) -> None:
    assert world.run().returncode == 0
    world.fill(5)
    assert world.run().returncode == 0
    assert world.mismatches() == []
    assert world.target.count_documents({}) == 5


def test_changes_deletes_and_tombstones_follow(world: World) -> None:
    world.fill(10)
    world.run()
    world.source.update_one({"_id": "reddit:000001"}, {"$set": {"title": "Changed"}})
    world.source.delete_one({"_id": "reddit:000002"})
    gone = {"source": "reddit", "deleted": True, "etag": "x"}
    world.source.replace_one({"_id": "reddit:000003"}, gone)
    world.source.update_one({"_id": "reddit:000004"}, {"$inc": {"score": 1}})
    world.source.delete_one({"_id": "reddit:000004"})
    done = world.run()
    assert "0 copied, 2 changed, 2 removed" in done.stdout
    assert world.mismatches() == []
    assert world.target.find_one({"_id": "reddit:000003"})["deleted"]


def test_many_changes_of_one_document_are_one_write(world: World) -> None:
    world.fill(1)
    world.run()
    for _ in range(50):
        world.source.update_one({}, {"$inc": {"score": 1}})
    assert "0 copied, 1 changed" in world.run().stdout
    assert world.mismatches() == []


def test_other_collections_of_the_source_are_left_out(world: World) -> None:
    world.fill(2)
    world.run()
    world.client[world.source_db].other.insert_one({"_id": "x"})
    assert "0 copied, 0 changed, 0 removed" in world.run().stdout


def test_second_run_writes_nothing_but_its_own_state(world: World) -> None:
    world.fill(100)
    world.run()
    oplog = world.client.local["oplog.rs"]
    before = oplog.find().sort("$natural", -1).limit(1)[0]["ts"]
    assert world.run().returncode == 0
    names = {f"{world.target_db}.synced_posts", f"{world.source_db}.posts"}
    for entry in oplog.find({"ts": {"$gt": before}}):
        inner = entry["o"].get("applyOps", [entry])
        assert not names & {operation.get("ns") for operation in inner}


def test_generation_of_a_tailed_document_is_that_of_the_copy(world: World) -> None:
    world.run()
    world.fill(5)
    world.run()
    assert world.target.count_documents({"_gen": world.state()["gen"]}) == 5


def test_ids_of_every_type_are_copied_and_followed(world: World) -> None:
    ids: list[Any] = [
        1,
        1.5,
        Int64(7),
        "text",
        {"a": 1, "b": "x"},
        datetime(2026, 1, 1, tzinfo=UTC),
    ]
    world.source.insert_many([{"_id": it, "n": 0} for it in ids])
    # A copy that stops after each document must find the next one, whatever its type.
    code = "import reddit_reco_sync.target as t; t.BATCH_DOCUMENTS = 1"
    assert world.run(code=code).returncode == 0
    assert world.target.count_documents({}) == len(ids)
    world.source.update_many({}, {"$inc": {"n": 1}})
    world.run()
    assert world.target.count_documents({"n": 1}) == len(ids)
    world.source.delete_many({})
    world.run()
    assert world.target.count_documents({}) == 0


def test_documents_of_a_megabyte_go_in_several_transactions(world: World) -> None:
    world.fill(12, text="x" * 1024 * 1024)
    world.run()
    world.source.update_many({}, {"$inc": {"score": 1}})
    world.run()
    assert world.mismatches() == []


def test_new_post_is_there_about_a_second_later_while_a_run_follows(world: World) -> None:
    run = world.start(SYNC_FOLLOW_SECONDS="80")
    eventually(lambda: world.state().get("phase") == "tail")
    lags = []
    for number in range(10):
        world.source.insert_one({"_id": number})
        started = time.monotonic()
        while not world.target.find_one({"_id": number}):
            assert time.monotonic() - started < 60
            time.sleep(0.01)
        lags.append(time.monotonic() - started)
    run.terminate()
    assert run.wait(timeout=90) == 0
    run.communicate()
    logging.getLogger(__name__).info("median lag %.3f s, worst %.3f s", sorted(lags)[5], max(lags))


def test_run_follows_for_as_long_as_it_is_told(world: World) -> None:
    world.fill(1)
    started = time.monotonic()
    done = world.run("--force", SYNC_FOLLOW_SECONDS="3")
    assert done.returncode == 0
    assert 3 <= time.monotonic() - started < 80


def test_position_of_a_quiet_stream_is_kept_fresh(world: World) -> None:
    world.run()
    before = world.state()["token"]
    world.client[world.source_db].other.insert_one({})
    world.run()
    assert world.state()["token"] != before


@pytest.mark.parametrize("flag", ["--once", ""])
def test_several_streams_from_one_source_run_side_by_side(world: World, flag: str) -> None:
    world.fill(50)
    world.write_plan([world.stream(), world.stream("inbox", collection="inbox")])
    done = world.run(*filter(None, [flag]), SYNC_FOLLOW_SECONDS="2")
    assert done.returncode == 0
    assert world.client[world.target_db].inbox.count_documents({}) == 50
    assert world.mismatches() == []


def test_stream_that_fails_does_not_stop_the_others(world: World) -> None:
    world.fill(50)
    world.client[world.target_db].create_collection(
        "synced_strict", validator={"title": {"$type": "int"}}
    )
    world.write_plan([world.stream("strict"), world.stream()])
    done = world.run(SYNC_PATIENCE_SECONDS="0")
    assert done.returncode == 1
    lines = done.stdout.splitlines()[-2:]
    assert lines[0].startswith(f"{world.target_db}.strict: FAILED: Document failed validation")
    assert lines[1].startswith(f"{world.target_db}.posts: ok")
    assert world.mismatches() == []
