"""What every verb's route for many lines at once keeps to (`POST .../batch`, as an import uses it).

Each verb has the route, because an import brings likes, tags, shares and hidden posts alike: its
tests inherit `BatchContract`, say what differs, and add what only that verb promises.
"""

import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient

from reddit_reco_synced.erasing import erased_among

from ..keys import sign_token

Answers = list[dict[str, Any]]
Send = Callable[..., Answers]

TOO_LATE = (datetime.now(UTC) + timedelta(days=2)).isoformat()


def statuses(answers: Answers) -> list[int]:
    """The status of each line."""
    return [answer["status"] for answer in answers]


class BatchContract:
    """The tests; a service's own class names what they are about."""

    url: ClassVar[str]
    # Where the service keeps the records, and which of their fields is whose they are.
    collection: ClassVar[str]
    owner: ClassVar[str] = "user"
    # The model of a line, what writes many of them, and what a line has beside user and post.
    model: ClassVar[type[Any]]
    write: ClassVar[Callable[..., Any]]
    fields: ClassVar[dict[str, Any]] = {}
    # Values that say nothing about a yes, and such as do.
    bad_values: ClassVar[Sequence[Any]] = (0, -1, "yes")
    good_values: ClassVar[Sequence[Any]] = (True, 1, 0.5, None)

    @pytest.fixture
    def importer(self, keys: Path) -> dict[str, str]:
        """Headers of a service that may write feedback."""
        return {"Authorization": f"Bearer {sign_token(keys, 'service:ingest', 'feedback:write')}"}

    @pytest.fixture
    def send(self, app: Flask, importer: dict[str, str]) -> Send:
        """Send lines, as they are or as JSON; the answers."""

        def call(*lines: Any) -> Answers:
            rows = (
                each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines
            )
            body = b"\n".join(rows)
            response = app.test_client().post(self.url, data=body, headers=importer)
            assert response.status_code == 200, response.text
            assert response.mimetype == "application/x-ndjson"
            return [json.loads(row) for row in response.text.splitlines()]

        return call

    def line(self, number: int = 1, **fields: Any) -> dict[str, Any]:
        """A line of Ann's about a post."""
        return {"user": "user:ann", "post": f"reddit:{number}", **self.fields, **fields}

    def kept(self, store: Any) -> list[dict[str, Any]]:
        """All records of the service."""
        return list(store.database[self.collection].find())

    def _write(self, store: Any, users_and_posts: Sequence[tuple[str, str]]) -> list[int]:
        lines = [self.model(user=user, post=post, **self.fields) for user, post in users_and_posts]
        return statuses(type(self).write(store, lines, datetime.now(UTC)))

    def test_every_line_is_answered_in_order_and_a_bad_one_stops_no_other(
        self, send: Send, store: Any
    ) -> None:
        answers = send(self.line(1), b"{", self.line(2), b"", self.line(1), {"post": "reddit:3"})
        assert [(each["line"], each["post"], each["status"]) for each in answers] == [
            (1, "reddit:1", 201),
            (2, None, 400),
            (3, "reddit:2", 201),
            (5, "reddit:1", 200),
            (6, "reddit:3", 400),
        ]
        assert answers[-1]["field"] == "user"
        assert {(each[self.owner], each["post"]) for each in self.kept(store)} == {
            ("user:ann", "reddit:1"),
            ("user:ann", "reddit:2"),
        }

    def test_nothing_is_there_twice_after_many_writers_send_the_same(self, store: Any) -> None:
        lines = [(f"user:{n % 50}", f"reddit:{n % 7}") for n in range(700)]
        created: list[int] = []

        def write() -> None:
            created.append(self._write(store, lines).count(201))

        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(created) == len(self.kept(store)) == 350

    def test_lines_of_an_erased_user_are_refused_and_nothing_is_kept(
        self, send: Send, store: Any
    ) -> None:
        store.database["erased"].insert_one({"_id": "user:ann"})
        first, second = send(self.line(1), self.line(1, user="user:bob"))
        assert (first["status"], first["field"], second["status"]) == (410, "user", 201)
        assert [each[self.owner] for each in self.kept(store)] == ["user:bob"]

    def test_what_was_written_while_its_user_was_being_erased_is_taken_back(
        self, store: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        look = erased_among

        def then_erase(*args: Any) -> set[str]:
            found = look(*args)
            store.database["erased"].update_one({"_id": "user:ann"}, {"$set": {}}, upsert=True)
            return found

        monkeypatch.setattr("reddit_reco_synced.records.erased_among", then_erase)
        lines = [("user:ann", "reddit:1"), ("user:bob", "reddit:1")]
        assert self._write(store, lines) == [410, 201]
        assert [each[self.owner] for each in self.kept(store)] == ["user:bob"]

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
            ({"at": "2014-05-06"}, "at"),
            ({"at": "2014-13-06T00:00:00Z"}, "at"),
            ({"at": 1400000000}, "at"),
            ({"at": "1969-12-31T23:59:59Z"}, "at"),
            ({"at": TOO_LATE}, "at"),
            ({"more": 1}, "more"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_bad_line_is_400_and_names_its_field(
        self, send: Send, store: Any, fields: dict[str, Any], field: str
    ) -> None:
        (answer,) = send(self.line(1, **fields))
        assert answer["status"] == 400
        assert answer["field"].split(".")[0] == field
        assert self.kept(store) == []

    def test_a_bad_value_is_400_and_a_good_one_is_kept(self, send: Send, store: Any) -> None:
        for value in self.bad_values:
            (answer,) = send(self.line(1, value=value))
            assert (value, answer["status"]) == (value, 400)
            assert answer["field"].split(".")[0] == "value"
        assert self.kept(store) == []
        lines = [self.line(n, value=value) for n, value in enumerate(self.good_values)]
        assert statuses(send(*lines)) == [201] * len(lines)

    @pytest.mark.parametrize("body", [b"", b"\n \r\n"])
    def test_a_batch_without_lines_is_400(
        self, app: Flask, importer: dict[str, str], body: bytes
    ) -> None:
        response = app.test_client().post(self.url, data=body, headers=importer)
        assert response.status_code == 400
        assert response.get_json()["errors"][0]["field"] == "body"

    def test_a_thousand_lines_are_taken_and_more_lines_or_bytes_are_413(
        self, app: Flask, send: Send, store: Any, importer: dict[str, str]
    ) -> None:
        lines = [self.line(number) for number in range(1_001)]
        too_many = "\n".join(map(json.dumps, lines))
        client = app.test_client()
        assert client.post(self.url, data=too_many, headers=importer).status_code == 413
        too_long = b"\n" * (8 * 1024 * 1024 + 1)
        assert client.post(self.url, data=too_long, headers=importer).status_code == 413
        assert self.kept(store) == []
        assert statuses(send(*lines[:1_000])) == [201] * 1_000

    def test_a_batch_needs_the_scope(self, ann: FlaskClient, app: Flask) -> None:
        body = json.dumps(self.line(1))
        assert app.test_client().post(self.url, data=body).status_code == 401
        refused = ann.post(self.url, data=body)
        assert (refused.status_code, refused.get_json()["scope"]) == (403, "feedback:write")


class OncePerPostContract(BatchContract):
    """Of a verb that a user does once to a post, and whose list says when."""

    list_url: ClassVar[str]

    def test_the_time_of_a_line_is_kept_and_that_of_the_first_wins(
        self, send: Send, ann: FlaskClient
    ) -> None:
        first, later = "2014-05-06T07:08:09.123456Z", "2015-01-01T00:00:00Z"
        send(self.line(1, at=first), self.line(1, at=later))
        assert statuses(send(self.line(1, at="2016-01-01T00:00:00Z"))) == [200]
        (found,) = ann.get(self.list_url).get_json()["items"]
        assert found == {"post": "reddit:1", "at": "2014-05-06T07:08:09.123Z"}
