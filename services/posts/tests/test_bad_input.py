import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Headers = dict[str, str]
NewPost = Callable[..., dict[str, Any]]
URL = "/api/v1/posts/reddit:1"

BAD_FIELDS: list[tuple[str, Any]] = [
    ("title", ""),
    ("title", 5),
    ("title", "x" * 2001),
    ("text", None),
    ("url", "javascript:alert(1)"),
    ("url", "data:text/html,x"),
    ("permalink", "javascript:alert(1)"),
    ("subreddit", ""),
    ("author", ["x"]),
    ("created_at", None),
    ("created_at", -1),
    ("created_at", 1370746482),
    ("created_at", "1370746482"),
    ("created_at", "-1"),
    ("created_at", "1969-12-31T23:59:59Z"),
    ("created_at", "1970-01-01T00:00:00+01:00"),
    ("created_at", "2100-01-01T00:00:00Z"),
    ("created_at", "9999-12-31T23:59:59-12:00"),
    ("created_at", "0001-01-01T00:00:00+12:00"),
    ("created_at", "2013-02-30T00:00:00Z"),
    ("created_at", "2013-06-09T02:54:42"),
    ("created_at", "2013-06-09"),
    ("created_at", "20130609T025442Z"),
    ("created_at", "٢٠١٣-06-09T02:54:42Z"),
    ("score", "5"),
    ("score", 1.5),
    ("score", True),
    ("score", 2**53),
    ("score", -(2**53)),
    ("ups", -1),
    ("downs", "x"),
    ("num_comments", -1),
    ("num_comments", None),
    ("over_18", "False"),
    ("over_18", 1),
    ("tags", "x"),
    ("tags", [1]),
    ("tags", [""]),
    ("tags", ["x"] * 101),
    ("attribution", "x"),
    ("attribution", {}),
    ("attribution", {"text": "x", "url": "javascript:x"}),
    ("attribution", {"text": "x", "more": 1}),
    ("unknown_field", 1),
    ("_id", "reddit:2"),
    ("rank", {"hot": 1e9}),
    ("deleted", True),
    ("id", "reddit:2"),
    ("source", "hn"),
]
UNREADABLE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"title": "\xff"}',
    b'{"title": "\\ud800", "created_at": "2013-06-09T02:54:42Z"}',
    b'{"title": "x", "created_at": "2013-06-09T02:54:42Z", "score": NaN}',
    b'{"title": "x", "created_at": "2013-06-09T02:54:42Z", "score": -Infinity}',
    b'{"title": "x", "created_at": "2013-06-09T02:54:42Z", "score": 1e999}',
    b'{"title": "x", "created_at": "2013-06-09T02:54:42Z", "score": ' + b"9" * 400 + b"}",
    b"[" * 100_000,
]
BAD_IDS = [
    "reddit:a/b",
    "reddit:" + "a" * 194,
    "reddit:" + "a" * 293,
    "reddit:a\x00b",
    "reddit:a b",
    "reddit:é",
    "reddit:",
    ":1",
    "noid",
    "Reddit:1",
    "../../etc:1",
    "batch",
]


def refused(response: TestResponse, status: int = 400) -> list[str]:
    """The fields that a problem names."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    problem = json.loads(response.text)
    assert problem["type"].startswith("urn:reddit-reco:problem:")
    assert "Traceback" not in response.text
    return [each["field"] for each in problem["errors"]]


def names(found: list[str], field: str) -> bool:
    return any(each == field or each.startswith(field + ".") for each in found)


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS)
def test_a_bad_field_in_a_put_is_named(
    client: FlaskClient, writer: Headers, post: NewPost, field: str, value: object
) -> None:
    assert names(refused(client.put(URL, json=post(**{field: value}), headers=writer)), field)
    assert client.get(URL).status_code == 404


# In a line nothing contradicts an id.
@pytest.mark.parametrize(("field", "value"), [each for each in BAD_FIELDS if each[0] != "id"])
def test_a_bad_field_in_a_line_is_named(
    batch: Callable[..., list[dict[str, Any]]], post: NewPost, field: str, value: object
) -> None:
    bad, good = batch({"id": "reddit:1", **post(), field: value}, post(id="reddit:3"))
    assert (bad["line"], bad["id"], bad["status"]) == (1, "reddit:1", 400)
    assert names([bad["field"]], field)
    assert good == {"line": 2, "id": "reddit:3", "status": 201}


@pytest.mark.parametrize("field", ["title", "created_at"])
def test_a_missing_field_is_named(
    client: FlaskClient, writer: Headers, post: NewPost, field: str
) -> None:
    given = post()
    del given[field]
    assert refused(client.put(URL, json=given, headers=writer)) == [field]


@pytest.mark.parametrize("body", UNREADABLE)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_body_that_cannot_be_read_is_400(
    client: FlaskClient, writer: Headers, method: str, body: bytes
) -> None:
    found = refused(client.open(URL, method=method, data=body, headers=writer))
    assert found in (["body"], ["score"])


@pytest.mark.parametrize("line", UNREADABLE[1:])
def test_a_line_that_cannot_be_read_is_400_and_the_others_go_on(
    batch: Callable[..., list[dict[str, Any]]], post: NewPost, line: bytes
) -> None:
    bad, good = batch(line, post(id="reddit:3"))
    assert (bad["line"], bad["id"], bad["status"]) == (1, None, 400)
    assert bad["field"] in ("body", "score", "id")
    assert good["status"] == 201


@pytest.mark.parametrize("post_id", BAD_IDS)
def test_a_bad_id_in_a_path_is_named(
    client: FlaskClient, writer: Headers, post: NewPost, post_id: str
) -> None:
    url = "/api/v1/posts/" + post_id.replace("\x00", "%00")
    assert refused(client.put(url, json=post(), headers=writer)) == ["post_id"]
    assert refused(client.get(url)) == ["post_id"]


@pytest.mark.parametrize("post_id", [*BAD_IDS, "reddit:a\nb", 5, None, ["reddit:1"]])
def test_a_bad_id_in_a_line_is_named(
    batch: Callable[..., list[dict[str, Any]]], post: NewPost, post_id: object
) -> None:
    (answer,) = batch(post(id=post_id))
    assert (answer["status"], answer["field"]) == (400, "id")
    assert len(json.dumps(answer)) < 1000


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1e9", "limit"),
        ("limit=-1", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=x", "limit"),
        ("sort=worst", "sort"),
        ("sort=", "sort"),
        ("over_18=yes", "over_18"),
        ("since=yesterday", "since"),
        ("since=-1", "since"),
        ("since=NaN", "since"),
        ("source=UPPER", "source"),
        ("source=" + "a" * 300, "source"),
        ("subreddit=", "subreddit"),
        ("author=" + "a" * 300, "author"),
        ("tag=", "tag"),
        ("page=2", "page"),
        ("subreddit[$ne]=x", "subreddit[$ne]"),
        ("cursor=forged", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=é", "cursor"),
        ("cursor=bnVsbA", "cursor"),
        ("cursor=" + "a" * 3000, "cursor"),
    ],
)
def test_a_bad_query_parameter_is_named(client: FlaskClient, query: str, field: str) -> None:
    assert refused(client.get(f"/api/v1/posts?{query}")) == [field]


@pytest.mark.parametrize(
    "position",
    [
        "null",
        "[]",
        '["hot"]',
        '["hot",1.5]',
        '["hot",null,"reddit:1"]',
        '["hot",{"$gt":0},"reddit:1"]',
        '["hot","1","reddit:1"]',
        '["hot",1e999,"reddit:1"]',
        '["hot",NaN,"reddit:1"]',
        '["hot",true,"reddit:1"]',
        '["hot",1,{"$gt":""}]',
        '["hot",1,"reddit:1",1]',
        '["top",1,"reddit:1"]',
        '["worst",1,"reddit:1"]',
    ],
)
def test_a_forged_cursor_is_400(
    client: FlaskClient, encoded: Callable[[str], str], position: str
) -> None:
    assert refused(client.get(f"/api/v1/posts?cursor={encoded(position)}")) == ["cursor"]


@pytest.mark.parametrize(
    ("sort", "key"),
    [("new", "-1"), ("new", "1e3"), ("new", "9" * 30), ("top", "9" * 30), ("top", "1.5")],
)
def test_a_forged_key_in_a_cursor_is_400(
    client: FlaskClient, encoded: Callable[[str], str], sort: str, key: str
) -> None:
    cursor = encoded(f'["{sort}",{key},"reddit:1"]')
    assert refused(client.get(f"/api/v1/posts?sort={sort}&cursor={cursor}")) == ["cursor"]


def test_a_body_of_20_megabytes_is_413(client: FlaskClient, writer: Headers) -> None:
    large = b'{"title": "' + b"x" * 20_000_000 + b'"}'
    for response in (
        client.put(URL, data=large, headers=writer),
        client.post("/api/v1/posts/batch", data=large, headers=writer),
    ):
        assert response.status_code == 413
        assert response.mimetype == "application/problem+json"


def test_an_id_with_a_line_break_is_no_path(client: FlaskClient) -> None:
    response = client.get("/api/v1/posts/reddit:a%0Ab")
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")


def test_writing_to_the_list_is_405(client: FlaskClient, writer: Headers) -> None:
    response = client.post("/api/v1/posts", json={}, headers=writer)
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
