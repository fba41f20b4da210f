"""Many shares at once, as an import brings them."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from reddit_reco_local.batches import Answers, sender, statuses
from reddit_reco_share import batch
from reddit_reco_share.models import ShareLine
from reddit_reco_share.store import ShareStore
from reddit_reco_synced import records

URL = "/api/v1/shares/batch"


@pytest.fixture
def importer(bearer: Callable[..., str]) -> dict[str, str]:
    """Headers of a service that may write feedback."""
    return {"Authorization": bearer("service:ingest", "", "feedback:write")}


@pytest.fixture
def send(app: Flask, importer: dict[str, str]) -> Callable[..., Answers]:
    """Send lines; the answers."""
    return sender(app, URL, importer)


def a_share(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"user": "user:ann", "post": f"reddit:{number}", **fields}


def test_every_line_is_answered_in_order_and_a_bad_one_stops_no_other(
    send: Callable[..., Answers], ann: FlaskClient
) -> None:
    answers = send(a_share(1), b"{", a_share(2), b"", a_share(1), {"post": "reddit:3"})
    assert [(each["line"], each["post"], each["status"]) for each in answers] == [
        (1, "reddit:1", 201),
        (2, None, 400),
        (3, "reddit:2", 201),
        (5, "reddit:1", 200),
        (6, "reddit:3", 400),
    ]
    assert answers[-1]["field"] == "user"
    shares = ann.get("/api/v1/shares").get_json()["items"]
    assert {share["post"] for share in shares} == {"reddit:1", "reddit:2"}


def test_a_share_has_a_short_link_of_its_own_and_no_recipient(
    send: Callable[..., Answers], ann: FlaskClient, visit: Any
) -> None:
    send(a_share(1, at="2014-05-06T07:08:09.123456Z"), {"user": "user:bob", "post": "reddit:1"})
    (share,) = ann.get("/api/v1/shares").get_json()["items"]
    assert (share["to"], share["at"]) == (None, "2014-05-06T07:08:09.123Z")
    assert visit(share["code"]).headers["Location"] == "/posts/reddit:1"
    (share,) = ann.get("/api/v1/shares").get_json()["items"]
    assert (len(share["code"]), share["visits"]) == (12, 1)


def test_the_same_share_again_is_the_same_one_and_at_another_time_another(
    send: Callable[..., Answers], ann: FlaskClient, visit: Any
) -> None:
    lines = [
        a_share(1),
        a_share(1, at="2014-05-06T07:08:09Z"),
        a_share(1, at="2015-01-01T00:00:00Z"),
    ]
    assert statuses(send(*lines)) == [201, 201, 201]
    first = ann.get("/api/v1/shares").get_json()["items"]
    visit(first[0]["code"])
    assert statuses(send(*lines)) == [200, 200, 200]
    again = ann.get("/api/v1/shares").get_json()["items"]
    assert [share["code"] for share in again] == [share["code"] for share in first]
    assert again[0]["visits"] == 1


def test_nothing_is_there_twice_after_many_writers_send_the_same(store: ShareStore) -> None:
    lines = [ShareLine(user=f"user:{n % 50}", post=f"reddit:{n % 7}") for n in range(700)]
    created: list[int] = []

    def write() -> None:
        answers = batch.write(store, lines, datetime.now(UTC))
        created.append(statuses(answers).count(201))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(created) == store.database["shares"].count_documents({}) == 350


def test_lines_of_an_erased_user_are_refused_and_nothing_is_kept(
    send: Callable[..., Answers], store: ShareStore
) -> None:
    store.database["erased"].insert_one({"_id": "user:ann"})
    first, second = send(a_share(1), {"user": "user:bob", "post": "reddit:1"})
    assert (first["status"], first["field"], second["status"]) == (410, "user", 201)
    assert [share["from"] for share in store.database["shares"].find()] == ["user:bob"]


def test_what_was_written_while_its_user_was_being_erased_is_taken_back(
    store: ShareStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [ShareLine(user=user, post="reddit:1") for user in ("user:ann", "user:bob")]
    look = records.erased_among

    def then_erase(*args: Any) -> set[str]:
        found = look(*args)
        store.database["erased"].update_one({"_id": "user:ann"}, {"$set": {}}, upsert=True)
        return found

    monkeypatch.setattr(records, "erased_among", then_erase)
    assert statuses(batch.write(store, lines, datetime.now(UTC))) == [410, 201]
    assert [share["from"] for share in store.database["shares"].find()] == ["user:bob"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"user": "a|b"}, "user"),
        ({"user": ""}, "user"),
        ({"user": "user:" + "a" * 200}, "user"),
        ({"user": "user:é"}, "user"),
        ({"post": "1fymy0"}, "post"),
        ({"post": "reddit:a b"}, "post"),
        ({"post": 7}, "post"),
        ({"value": 0}, "value"),
        ({"value": -1}, "value"),
        ({"value": "yes"}, "value"),
        ({"at": "2014-05-06"}, "at"),
        ({"at": "2014-13-06T00:00:00Z"}, "at"),
        ({"at": 1400000000}, "at"),
        ({"at": "1969-12-31T23:59:59Z"}, "at"),
        ({"at": (datetime.now(UTC) + timedelta(days=2)).isoformat()}, "at"),
        ({"more": 1}, "more"),
    ],
)
def test_a_bad_line_is_400_and_names_its_field(
    send: Callable[..., Answers], store: ShareStore, fields: dict[str, Any], field: str
) -> None:
    (answer,) = send(a_share(1, **fields))
    assert answer["status"] == 400
    assert answer["field"].split(".")[0] == field
    assert store.database["shares"].count_documents({}) == 0


@pytest.mark.parametrize("value", [True, 1, 0.5, None])
def test_a_value_that_says_yes_is_a_share(send: Callable[..., Answers], value: Any) -> None:
    assert statuses(send(a_share(1, value=value))) == [201]


@pytest.mark.parametrize("body", [b"", b"\n \r\n"])
def test_a_batch_without_lines_is_400(app: Flask, importer: dict[str, str], body: bytes) -> None:
    response = app.test_client().post(URL, data=body, headers=importer)
    assert response.status_code == 400
    assert response.get_json()["errors"][0]["field"] == "body"


def test_a_thousand_lines_are_taken_and_more_lines_or_bytes_are_413(
    app: Flask, send: Callable[..., Answers], store: ShareStore, importer: dict[str, str]
) -> None:
    lines = [a_share(number) for number in range(1_001)]
    too_many = "\n".join(map(json.dumps, lines))
    client = app.test_client()
    assert client.post(URL, data=too_many, headers=importer).status_code == 413
    too_long = b"\n" * (8 * 1024 * 1024 + 1)
    assert client.post(URL, data=too_long, headers=importer).status_code == 413
    assert store.database["shares"].count_documents({}) == 0
    assert statuses(send(*lines[:1_000])) == [201] * 1_000


def test_a_batch_needs_the_scope(ann: FlaskClient, app: Flask) -> None:
    body = json.dumps(a_share(1))
    assert app.test_client().post(URL, data=body).status_code == 401
    refused = ann.post(URL, data=body)
    assert (refused.status_code, refused.get_json()["scope"]) == (403, "feedback:write")
