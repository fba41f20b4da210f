"""A user's erasure, as sync orders it: nothing is kept, whatever comes in between."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from reddit_reco_hide.domain import post
from reddit_reco_hide.store import HideStore
from reddit_reco_synced import Eraser, UserErased

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
