"""A user's erasure, as sync orders it: nothing is kept, whatever comes in between."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

from reddit_reco_hide.domain import UserErased, post
from reddit_reco_hide.erasing import Eraser
from reddit_reco_hide.store import HideStore

Eventually = Callable[..., None]
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def order(store: HideStore, user: str = "user:ann") -> None:
    """As sync writes it."""
    document = {"at": NOW, "_gen": 1}
    store.database["inbox"].replace_one({"_id": user}, document, upsert=True)


def is_done(store: HideStore, user: str = "user:ann") -> bool:
    return store.database["erased"].find_one({"_id": user, "done": True}) is not None


def records(store: HideStore, user: str = "user:ann") -> int:
    return store.hidden.count_documents({"user": user})


def test_an_order_removes_all_records_of_its_user_and_no_others(
    store: HideStore, ann: FlaskClient, bob: FlaskClient, eventually: Eventually
) -> None:
    for number in range(3):
        ann.put(f"/api/v1/hidden/reddit:{number}")
        bob.put(f"/api/v1/hidden/reddit:{number}")
    ann.put("/api/v1/hidden/subreddits/python")
    order(store)
    eventually(lambda: is_done(store))
    assert (records(store), records(store, "user:bob")) == (0, 3)


def test_an_erased_user_can_write_no_more_but_read_and_remove(
    store: HideStore, ann: FlaskClient, eventually: Eventually
) -> None:
    order(store)
    eventually(lambda: is_done(store))
    refused = ann.put("/api/v1/hidden/reddit:1")
    assert (refused.status_code, refused.json["type"]) == (
        403,
        "urn:reddit-reco:problem:user-erased",
    )
    assert records(store) == 0
    assert ann.get("/api/v1/hidden").json["items"] == []
    assert ann.delete("/api/v1/hidden/reddit:1").status_code == 204


def test_the_same_order_twice_and_its_removal_change_nothing(
    store: HideStore, ann: FlaskClient, eventually: Eventually
) -> None:
    order(store)
    eventually(lambda: is_done(store))
    order(store)
    store.database["inbox"].delete_many({})
    assert ann.put("/api/v1/hidden/reddit:1").status_code == 403
    assert store.database["erased"].count_documents({}) == 1


def test_nothing_stays_of_a_user_who_writes_while_being_erased(
    app: Flask, store: HideStore, ann: FlaskClient, eventually: Eventually
) -> None:
    headers = {"Authorization": ann.environ_base["HTTP_AUTHORIZATION"]}
    statuses: list[int] = []

    def write(first: int) -> None:
        client = app.test_client()
        for number in range(first, first + 2_000):
            status = client.put(f"/api/v1/hidden/reddit:{number}", headers=headers).status_code
            statuses.append(status)
            if status == 403:
                return

    threads = [threading.Thread(target=write, args=(n * 2_000,)) for n in range(6)]
    for thread in threads:
        thread.start()
    eventually(lambda: records(store) > 50)
    order(store)
    for thread in threads:
        thread.join()
    eventually(lambda: is_done(store))
    assert records(store) == 0
    assert (set(statuses), statuses.count(403)) == ({201, 403}, 6)


def test_a_write_that_began_before_the_erasure_and_ends_after_it_is_taken_back(
    store: HideStore,
) -> None:
    database = store.database

    class Slow(HideStore):
        asked = 0

        def refuse_erased(self, user: str) -> None:
            super().refuse_erased(user)
            self.asked += 1
            if self.asked == 1:
                Eraser(lambda: database, store.erase).carry_out({"_id": user})

    slow = Slow(lambda: database)
    with pytest.raises(UserErased):
        slow.put("user:ann", post("reddit:1"), NOW)
    assert records(store) == 0


def test_what_a_pod_wrote_and_died_over_is_swept_away(store: HideStore) -> None:
    eraser = Eraser(lambda: store.database, store.erase)
    eraser.carry_out({"_id": "user:ann"})
    record = {"_id": "user:ann|reddit:1", "user": "user:ann", "post": "reddit:1", "at": NOW}
    store.hidden.insert_one(record)
    eraser.sweep(threading.Event())
    assert records(store) == 0


def test_an_order_that_came_while_nobody_watched_is_carried_out_at_the_start(
    database: Database[dict[str, Any]], eventually: Eventually
) -> None:
    store = HideStore(lambda: database)
    store.put("user:ann", post("reddit:1"), NOW)
    order(store)
    stopping = threading.Event()
    thread = threading.Thread(target=Eraser(lambda: database, store.erase).run, args=(stopping,))
    thread.start()
    eventually(lambda: is_done(store))
    stopping.set()
    thread.join()
    assert records(store) == 0
