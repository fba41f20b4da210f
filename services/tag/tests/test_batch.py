"""Many tags at once, as an import brings them."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

from reddit_reco_local.batches import Answers, sender, statuses
from reddit_reco_local.keys import sign_token
from reddit_reco_synced import records
from reddit_reco_tag import batch
from reddit_reco_tag.models import TagLine
from reddit_reco_tag.store import TagStore

URL = "/api/v1/tags/batch"


@pytest.fixture(scope="session")
def importer(keys: Path) -> dict[str, str]:
    """Headers of a service that may write feedback."""
    return {"Authorization": f"Bearer {sign_token(keys, 'service:ingest', 'feedback:write')}"}


@pytest.fixture
def send(app: Flask, importer: dict[str, str]) -> Callable[..., Answers]:
    """Send lines; the answers."""
    return sender(app, URL, importer)


def a_tag(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"user": "user:ann", "post": f"reddit:{number}", "value": "later", **fields}


def test_every_line_is_answered_in_order_and_a_bad_one_stops_no_other(
    send: Callable[..., Answers], ann: FlaskClient
) -> None:
    answers = send(a_tag(1), b"{", a_tag(2), b"", a_tag(1), {"post": "reddit:3"})
    assert [(each["line"], each["post"], each["status"]) for each in answers] == [
        (1, "reddit:1", 201),
        (2, None, 400),
        (3, "reddit:2", 201),
        (5, "reddit:1", 200),
        (6, "reddit:3", 400),
    ]
    assert answers[-1]["field"] == "user"
    assert ann.get("/api/v1/tags").json["items"] == [{"tag": "later", "count": 2}]


def test_the_time_of_a_line_is_kept_and_that_of_the_first_wins(
    send: Callable[..., Answers], ann: FlaskClient
) -> None:
    send(a_tag(1, at="2014-05-06T07:08:09.123456Z"), a_tag(1, at="2015-01-01T00:00:00Z"))
    (tagging,) = ann.get("/api/v1/tags/later/posts").json["items"]
    expected = {"post": "reddit:1", "tag": "later", "at": "2014-05-06T07:08:09.123Z", "by": "user"}
    assert tagging == expected


def test_a_tag_is_spelled_as_it_was_first(
    send: Callable[..., Answers], ann: FlaskClient, bob: FlaskClient
) -> None:
    ann.put("/api/v1/tags/reddit:1/Later")
    new = {"user": "user:bob", "post": "reddit:1", "value": "LATER"}
    assert statuses(send(a_tag(1), a_tag(2), new, {**new, "value": "later"})) == [
        200,
        201,
        201,
        200,
    ]
    assert ann.get("/api/v1/tags").json["items"] == [{"tag": "Later", "count": 2}]
    assert bob.get("/api/v1/tags").json["items"] == [{"tag": "LATER", "count": 1}]


def test_a_tag_of_a_batch_wins_over_a_rule_and_over_a_removal(
    send: Callable[..., Answers], tagged: Database[dict[str, Any]], ann: FlaskClient
) -> None:
    ann.put("/api/v1/tags/reddit:1/later")
    tagged["tags"].update_one({"post": "reddit:1"}, {"$set": {"by": "rule"}})
    ann.put("/api/v1/tags/reddit:2/later")
    ann.delete("/api/v1/tags/reddit:2/later")
    assert statuses(send(a_tag(1), a_tag(2))) == [200, 201]
    found = ann.get("/api/v1/tags/later/posts").json["items"]
    assert {(each["post"], each["by"]) for each in found} == {
        ("reddit:1", "user"),
        ("reddit:2", "user"),
    }
    assert tagged["removed"].count_documents({}) == 0


def test_nothing_is_there_twice_after_many_writers_send_the_same(store: TagStore) -> None:
    lines = [TagLine(user=f"user:{n % 50}", post=f"reddit:{n % 7}", value="a") for n in range(700)]
    created: list[int] = []

    def write() -> None:
        answers = batch.write(store, lines, datetime.now(UTC))
        created.append(statuses(answers).count(201))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(created) == store.database["tags"].count_documents({}) == 350


def test_lines_of_an_erased_user_are_refused_and_nothing_is_kept(
    send: Callable[..., Answers], store: TagStore
) -> None:
    store.database["erased"].insert_one({"_id": "user:ann"})
    first, second = send(a_tag(1), {**a_tag(1), "user": "user:bob"})
    assert (first["status"], first["field"], second["status"]) == (410, "user", 201)
    assert [each["user"] for each in store.database["tags"].find()] == ["user:bob"]


def test_what_was_written_while_its_user_was_being_erased_is_taken_back(
    store: TagStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [TagLine(user=user, post="reddit:1", value="a") for user in ("user:ann", "user:bob")]
    look = records.erased_among

    def then_erase(*args: Any) -> set[str]:
        found = look(*args)
        store.database["erased"].update_one({"_id": "user:ann"}, {"$set": {}}, upsert=True)
        return found

    monkeypatch.setattr(records, "erased_among", then_erase)
    assert statuses(batch.write(store, lines, datetime.now(UTC))) == [410, 201]
    assert [each["user"] for each in store.database["tags"].find()] == ["user:bob"]


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
        ({"value": None}, "value"),
        ({"value": 1}, "value"),
        ({"value": "a b"}, "value"),
        ({"value": "rules"}, "value"),
        ({"value": "a" * 51}, "value"),
        ({"at": "2014-05-06"}, "at"),
        ({"at": "2014-13-06T00:00:00Z"}, "at"),
        ({"at": 1400000000}, "at"),
        ({"at": "1969-12-31T23:59:59Z"}, "at"),
        ({"at": (datetime.now(UTC) + timedelta(days=2)).isoformat()}, "at"),
        ({"more": 1}, "more"),
    ],
)
def test_a_bad_line_is_400_and_names_its_field(
    send: Callable[..., Answers], store: TagStore, fields: dict[str, Any], field: str
) -> None:
    (answer,) = send(a_tag(1, **fields))
    assert answer["status"] == 400
    assert answer["field"].split(".")[0] == field
    assert store.database["tags"].count_documents({}) == 0


@pytest.mark.parametrize("body", [b"", b"\n \r\n"])
def test_a_batch_without_lines_is_400(app: Flask, importer: dict[str, str], body: bytes) -> None:
    response = app.test_client().post(URL, data=body, headers=importer)
    assert response.status_code == 400
    assert response.json["errors"][0]["field"] == "body"


def test_a_thousand_lines_are_taken_and_more_lines_or_bytes_are_413(
    app: Flask, send: Callable[..., Answers], store: TagStore, importer: dict[str, str]
) -> None:
    lines = [a_tag(number) for number in range(1_001)]
    too_many = "\n".join(map(json.dumps, lines))
    client = app.test_client()
    assert client.post(URL, data=too_many, headers=importer).status_code == 413
    too_long = b"\n" * (8 * 1024 * 1024 + 1)
    assert client.post(URL, data=too_long, headers=importer).status_code == 413
    assert store.database["tags"].count_documents({}) == 0
    assert statuses(send(*lines[:1_000])) == [201] * 1_000


def test_a_batch_needs_the_scope(ann: FlaskClient, app: Flask) -> None:
    body = json.dumps(a_tag(1))
    assert app.test_client().post(URL, data=body).status_code == 401
    refused = ann.post(URL, data=body)
    assert (refused.status_code, refused.json["scope"]) == (403, "feedback:write")
