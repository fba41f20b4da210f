"""A user's erasure, as sync orders it, in a service that keeps notes."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from reddit_reco_local.kit.waiting import eventually
from reddit_reco_synced import Eraser, is_erased

Documents = Database[dict[str, Any]]


@pytest.fixture
def notes(database: Documents) -> Documents:
    database["notes"].insert_many([{"user": "user:ann"}, {"user": "user:ann"}, {"user": "user:b"}])
    return database


@pytest.fixture
def eraser(notes: Documents) -> Eraser:
    return Eraser(lambda: notes, lambda order: forget(notes, order))


@pytest.fixture
def running(eraser: Eraser) -> Iterator[Eraser]:
    eraser.start()
    yield eraser
    eraser.stop()


def forget(database: Documents, order: dict[str, Any]) -> None:
    names = [order["_id"], order.get("username")]
    database["notes"].delete_many({"user": {"$in": names}})


def order(database: Documents, **more: Any) -> None:
    """As sync writes it."""
    document = {"at": datetime.now(UTC), "_gen": 1, **more}
    database["inbox"].replace_one({"_id": "user:ann"}, document, upsert=True)


def is_done(database: Documents) -> bool:
    return database["erased"].find_one({"_id": "user:ann", "done": True}) is not None


def users(database: Documents) -> list[str]:
    return sorted(note["user"] for note in database["notes"].find())


def test_an_order_removes_the_records_of_its_user_and_no_others(
    running: Eraser, notes: Documents
) -> None:
    order(notes)
    eventually(lambda: is_done(notes))
    assert users(notes) == ["user:b"]
    assert is_erased(notes, "user:ann")
    assert not is_erased(notes, "user:b")


def test_an_order_that_came_while_nobody_watched_is_carried_out_at_the_start(
    notes: Documents, eraser: Eraser
) -> None:
    order(notes)
    eraser.start()
    eventually(lambda: is_done(notes))
    eraser.stop()
    assert users(notes) == ["user:b"]


def test_an_order_after_the_end_of_the_database_is_carried_out(
    running: Eraser, notes: Documents
) -> None:
    order(notes)
    eventually(lambda: is_done(notes))
    notes.client.drop_database(notes.name)
    notes["notes"].insert_one({"user": "user:ann"})
    order(notes)
    eventually(lambda: is_done(notes))
    assert users(notes) == []


def test_the_same_order_twice_and_its_removal_change_nothing(
    running: Eraser, notes: Documents
) -> None:
    order(notes)
    eventually(lambda: is_done(notes))
    order(notes)
    notes["inbox"].delete_many({})
    time.sleep(0.2)
    assert is_erased(notes, "user:ann")
    assert notes["erased"].count_documents({}) == 1


def test_an_order_that_was_begun_is_carried_out_to_the_end(
    notes: Documents, eraser: Eraser
) -> None:
    notes["erased"].insert_one({"_id": "user:ann", "at": datetime.now(UTC)})
    order(notes)
    eraser.start()
    eventually(lambda: is_done(notes))
    eraser.stop()
    assert users(notes) == ["user:b"]


def test_a_failing_erasure_is_tried_again(notes: Documents) -> None:
    failures = [RuntimeError("broken")]

    def erase(order: dict[str, Any]) -> None:
        if failures:
            raise failures.pop()
        forget(notes, order)

    eraser = Eraser(lambda: notes, erase)
    order(notes)
    eraser.start()
    eventually(lambda: is_done(notes))
    eraser.stop()
    assert users(notes) == ["user:b"]


def test_what_a_pod_wrote_and_died_over_is_swept_away(notes: Documents, eraser: Eraser) -> None:
    eraser.carry_out({"_id": "user:ann"})
    notes["notes"].insert_one({"user": "user:ann"})
    eraser.sweep()
    assert users(notes) == ["user:b"]


def test_a_sweep_knows_all_that_the_order_says(notes: Documents, eraser: Eraser) -> None:
    order(notes, username="b-side")
    eraser.carry_out({"_id": "user:ann"})
    notes["notes"].insert_one({"user": "b-side"})
    eraser.sweep()
    assert users(notes) == ["user:b"]


def test_a_sweep_leaves_old_erasures_alone(notes: Documents, eraser: Eraser) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    notes["erased"].insert_one({"_id": "user:ann", "at": long_ago, "done": True})
    eraser.sweep()
    assert users(notes).count("user:ann") == 2


def test_a_running_eraser_sweeps(running: Eraser, notes: Documents) -> None:
    notes["erased"].insert_one({"_id": "user:x", "at": datetime.now(UTC), "done": True})
    notes["notes"].insert_one({"user": "user:x"})
    again = Eraser(lambda: notes, lambda order: forget(notes, order))
    again.start()
    eventually(lambda: "user:x" not in users(notes))
    again.stop()


def test_it_stops_when_it_is_told_to(notes: Documents, eraser: Eraser) -> None:
    stopping = threading.Event()
    thread = threading.Thread(target=eraser.run, args=(stopping,))
    thread.start()
    stopping.set()
    thread.join(timeout=60)
    assert not thread.is_alive()
