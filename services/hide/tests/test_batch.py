"""Many hidden posts at once, as an import brings them."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from reddit_reco_hide import batch
from reddit_reco_hide.models import HiddenLine
from reddit_reco_hide.store import HideStore
from reddit_reco_local.batches import Answers, sender, statuses
from reddit_reco_local.keys import sign_token
from reddit_reco_synced import records

URL = "/api/v1/hidden/batch"


@pytest.fixture(scope="session")
def importer(keys: Path) -> dict[str, str]:
    """Headers of a service that may write feedback."""
    return {"Authorization": f"Bearer {sign_token(keys, 'service:ingest', 'feedback:write')}"}


@pytest.fixture
def send(app: Flask, importer: dict[str, str]) -> Callable[..., Answers]:
    """Send lines; the answers."""
    return sender(app, URL, importer)


def a_wish(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"user": "user:ann", "post": f"reddit:{number}", **fields}


def test_every_line_is_answered_in_order_and_a_bad_one_stops_no_other(
    send: Callable[..., Answers], ann: FlaskClient
) -> None:
    answers = send(a_wish(1), b"{", a_wish(2), b"", a_wish(1), {"post": "reddit:3"})
    assert [(each["line"], each["post"], each["status"]) for each in answers] == [
        (1, "reddit:1", 201),
        (2, None, 400),
        (3, "reddit:2", 201),
        (5, "reddit:1", 200),
        (6, "reddit:3", 400),
    ]
    assert answers[-1]["field"] == "user"
    assert {each["post"] for each in ann.get("/api/v1/hidden").json["items"]} == {
        "reddit:1",
        "reddit:2",
    }


def test_the_time_of_a_line_is_kept_and_that_of_the_first_wins(
    send: Callable[..., Answers], ann: FlaskClient
) -> None:
    send(a_wish(1, at="2014-05-06T07:08:09.123456Z"), a_wish(1, at="2015-01-01T00:00:00Z"))
    assert statuses(send(a_wish(1, at="2016-01-01T00:00:00Z"))) == [200]
    (found,) = ann.get("/api/v1/hidden").json["items"]
    assert found == {"post": "reddit:1", "at": "2014-05-06T07:08:09.123Z"}


def test_a_batch_and_a_single_wish_are_the_same_one(
    send: Callable[..., Answers], ann: FlaskClient
) -> None:
    ann.put("/api/v1/hidden/reddit:1")
    assert statuses(send(a_wish(1), a_wish(2))) == [200, 201]
    assert ann.put("/api/v1/hidden/reddit:2").status_code == 200
    ann.delete("/api/v1/hidden/reddit:1")
    assert ann.get("/api/v1/hidden/all").json["posts"] == ["reddit:2"]


def test_nothing_is_there_twice_after_many_writers_send_the_same(store: HideStore) -> None:
    lines = [HiddenLine(user=f"user:{n % 50}", post=f"reddit:{n % 7}") for n in range(700)]
    created: list[int] = []

    def write() -> None:
        answers = batch.write(store, lines, datetime.now(UTC))
        created.append(statuses(answers).count(201))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(created) == store.hidden.count_documents({}) == 350


def test_lines_of_an_erased_user_are_refused_and_nothing_is_kept(
    send: Callable[..., Answers], store: HideStore
) -> None:
    store.database["erased"].insert_one({"_id": "user:ann"})
    first, second = send(a_wish(1), {"user": "user:bob", "post": "reddit:1"})
    assert (first["status"], first["field"], second["status"]) == (410, "user", 201)
    assert [each["user"] for each in store.hidden.find()] == ["user:bob"]


def test_what_was_written_while_its_user_was_being_erased_is_taken_back(
    store: HideStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [HiddenLine(user=user, post="reddit:1") for user in ("user:ann", "user:bob")]
    look = records.erased_among

    def then_erase(*args: Any) -> set[str]:
        found = look(*args)
        store.database["erased"].update_one({"_id": "user:ann"}, {"$set": {}}, upsert=True)
        return found

    monkeypatch.setattr(records, "erased_among", then_erase)
    assert statuses(batch.write(store, lines, datetime.now(UTC))) == [410, 201]
    assert [each["user"] for each in store.hidden.find()] == ["user:bob"]


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
    send: Callable[..., Answers], store: HideStore, fields: dict[str, Any], field: str
) -> None:
    (answer,) = send(a_wish(1, **fields))
    assert answer["status"] == 400
    assert answer["field"].split(".")[0] == field
    assert store.hidden.count_documents({}) == 0


@pytest.mark.parametrize("value", [True, 1, 0.5, None])
def test_a_value_that_says_yes_is_a_wish(send: Callable[..., Answers], value: Any) -> None:
    assert statuses(send(a_wish(1, value=value))) == [201]


@pytest.mark.parametrize("body", [b"", b"\n \r\n"])
def test_a_batch_without_lines_is_400(app: Flask, importer: dict[str, str], body: bytes) -> None:
    response = app.test_client().post(URL, data=body, headers=importer)
    assert response.status_code == 400
    assert response.json["errors"][0]["field"] == "body"


def test_a_thousand_lines_are_taken_and_more_lines_or_bytes_are_413(
    app: Flask, send: Callable[..., Answers], store: HideStore, importer: dict[str, str]
) -> None:
    lines = [a_wish(number) for number in range(1_001)]
    too_many = "\n".join(map(json.dumps, lines))
    client = app.test_client()
    assert client.post(URL, data=too_many, headers=importer).status_code == 413
    too_long = b"\n" * (8 * 1024 * 1024 + 1)
    assert client.post(URL, data=too_long, headers=importer).status_code == 413
    assert store.hidden.count_documents({}) == 0
    assert statuses(send(*lines[:1_000])) == [201] * 1_000


def test_a_batch_needs_the_scope(ann: FlaskClient, nobody: FlaskClient) -> None:
    body = json.dumps(a_wish(1))
    assert nobody.post(URL, data=body).status_code == 401
    refused = ann.post(URL, data=body)
    assert (refused.status_code, refused.json["scope"]) == (403, "feedback:write")
