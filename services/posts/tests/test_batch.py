import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.errors import AutoReconnect, BulkWriteError

from reddit_reco_posts.store import PostStore, duplicates

Headers = dict[str, str]
Batch = Callable[..., list[dict[str, Any]]]
NewPost = Callable[..., dict[str, Any]]
URL = "/api/v1/posts/batch"


def statuses(answers: list[dict[str, Any]]) -> list[int]:
    return [answer["status"] for answer in answers]


def test_every_line_is_answered_in_order(batch: Batch, post: NewPost) -> None:
    answers = batch(post(id="reddit:1"), b"{", post(id="hn:2"), post(id="reddit:1", title="Later"))
    assert [(each["line"], each["id"], each["status"]) for each in answers] == [
        (1, "reddit:1", 201),
        (2, None, 400),
        (3, "hn:2", 201),
        (4, "reddit:1", 200),
    ]


def test_of_lines_with_one_id_the_last_counts(
    client: FlaskClient, batch: Batch, post: NewPost
) -> None:
    batch(*(post(id="reddit:1", score=score) for score in range(5)))
    assert client.get("/api/v1/posts/reddit:1").get_json()["score"] == 4


def test_new_is_201_changed_and_unchanged_are_200_deleted_is_410(
    client: FlaskClient, batch: Batch, post: NewPost, writer: Headers
) -> None:
    names = ["same", "changed", "deleted"]
    batch(*(post(id=f"reddit:{name}") for name in names))
    client.delete("/api/v1/posts/reddit:deleted", headers=writer)
    answers = batch(
        post(id="reddit:same"),
        post(id="reddit:changed", score=1),
        post(id="reddit:deleted"),
        post(id="reddit:new"),
    )
    assert statuses(answers) == [200, 200, 410, 201]
    assert [answer.get("unchanged") for answer in answers] == [True, None, None, None]
    assert client.get("/api/v1/posts/reddit:changed").get_json()["score"] == 1
    assert client.get("/api/v1/posts/reddit:deleted").status_code == 410


def test_a_batch_and_a_put_of_one_post_have_one_etag(
    client: FlaskClient, batch: Batch, post: NewPost, writer: Headers
) -> None:
    full = post(tags=["b", "a"], attribution={"licence": "CC0", "text": "x"})
    put = client.put("/api/v1/posts/reddit:1", json=full, headers=writer)
    batch(post(id="reddit:1", source="reddit", tags=["b", "a"], attribution=full["attribution"]))
    assert client.get("/api/v1/posts/reddit:1").headers["ETag"] == put.headers["ETag"]


def test_the_same_batch_again_writes_nothing(batch: Batch, post: NewPost, store: PostStore) -> None:
    posts = [post(id=f"reddit:{number}") for number in range(50)]
    batch(*posts)
    with store.posts.watch() as changes:
        assert statuses(batch(*posts)) == [200] * 50
        batch(post(id="reddit:marker"))
        assert changes.next()["documentKey"] == {"_id": "reddit:marker"}


def test_blank_lines_count_but_are_not_answered(
    client: FlaskClient, post: NewPost, writer: Headers
) -> None:
    body = f"\n{json.dumps(post(id='reddit:1'))}\r\n \r\n{json.dumps(post(id='reddit:2'))}\n\n"
    response = client.post(URL, data=body, headers=writer)
    answers = [json.loads(line) for line in response.text.splitlines()]
    assert [(each["line"], each["status"]) for each in answers] == [(2, 201), (4, 201)]


@pytest.mark.parametrize("body", [b"", b"\n\n \r\n"])
def test_a_batch_without_lines_is_400(client: FlaskClient, writer: Headers, body: bytes) -> None:
    response = client.post(URL, data=body, headers=writer)
    assert response.status_code == 400
    assert response.get_json()["errors"][0]["field"] == "body"


def test_a_thousand_lines_are_taken_and_one_more_is_413(
    client: FlaskClient, batch: Batch, post: NewPost, writer: Headers
) -> None:
    posts = [post(id=f"reddit:{number}") for number in range(1001)]
    body = "\n".join(map(json.dumps, posts))
    response = client.post(URL, data=body, headers=writer)
    assert response.status_code == 413
    assert response.get_json()["type"].endswith(":too-many-lines")
    assert client.get("/api/v1/posts").get_json()["items"] == []
    assert statuses(batch(*posts[:1000])) == [201] * 1000


def test_a_line_with_an_enormous_unknown_field_gets_a_short_answer(
    batch: Batch, post: NewPost
) -> None:
    many = {f"{number}{'x' * 1000}": 1 for number in range(100)}
    (answer,) = batch(post(id="reddit:1", **many))
    assert answer["status"] == 400
    assert len(json.dumps(answer)) < 2000


def test_a_batch_needs_the_scope(
    client: FlaskClient, post: NewPost, bearer: Callable[..., Headers]
) -> None:
    body = json.dumps(post(id="reddit:1"))
    assert client.post(URL, data=body).status_code == 401
    assert client.post(URL, data=body, headers=bearer("other")).status_code == 403


def test_a_write_that_no_majority_confirmed_is_not_acknowledged() -> None:
    details = {"writeErrors": [], "writeConcernErrors": [{"code": 91, "errmsg": "shutting down"}]}
    with pytest.raises(AutoReconnect, match="shutting down"):
        duplicates(BulkWriteError(details))


def test_an_unexpected_write_error_is_not_swallowed() -> None:
    details = {"writeErrors": [{"index": 0, "code": 121}], "writeConcernErrors": []}
    with pytest.raises(BulkWriteError):
        duplicates(BulkWriteError(details))
