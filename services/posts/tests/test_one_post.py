from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from reddit_reco_posts.store import PostStore

Headers = dict[str, str]
Put = Callable[..., Any]
NewPost = Callable[..., dict[str, Any]]
URL = "/api/v1/posts/reddit:1fymy0"
BODIES: dict[str, Any] = {
    "PUT": {"title": "A title", "created_at": "2013-06-09T02:54:42Z", "score": 9},
    "PATCH": {"score": 9},
    "DELETE": None,
}


def test_put_creates_with_201_and_location_then_replaces_with_200(
    client: FlaskClient, writer: Headers, post: NewPost
) -> None:
    first = client.put(URL, json=post(), headers=writer)
    second = client.put(URL, json=post(title="Another"), headers=writer)
    assert (first.status_code, first.headers["Location"]) == (201, URL)
    assert (second.status_code, "Location" in second.headers) == (200, False)
    assert client.get(URL).json["title"] == "Another"  # type: ignore[index]


def test_a_post_comes_back_as_it_was_put(
    client: FlaskClient, put: Put, writer: Headers, post: NewPost
) -> None:
    given = post(
        text="x" * 1000,
        url="https://example.com/a?b=c",
        permalink="/r/Python/comments/1fymy0/",
        subreddit="Python",
        author="thegnome54",
        created_at="2013-06-09T04:54:42.123456+02:00",
        score=-3,
        ups=1,
        downs=4,
        num_comments=49,
        over_18=True,
        tags=["c++", "b", "c++"],
        attribution={"text": "by someone", "licence": "CC BY-SA 4.0"},
    )
    put("reddit:1fymy0", **given)
    got = client.get(URL).json
    assert got == given | {
        "id": "reddit:1fymy0",
        "source": "reddit",
        "created_at": "2013-06-09T02:54:42.123Z",
        "tags": ["c++", "b"],
        "attribution": {
            "text": "by someone",
            "url": None,
            "licence": "CC BY-SA 4.0",
            "licence_url": None,
        },
        "_links": {"self": {"href": URL}},
    }


def test_html_in_a_title_is_kept_as_data(client: FlaskClient, put: Put) -> None:
    title = "<script>alert(1)</script> & \u202e \x00 \U0001f600"
    put("reddit:1fymy0", title=title)
    response = client.get(URL)
    assert response.mimetype == "application/json"
    assert response.json["title"] == title  # type: ignore[index]


@pytest.mark.parametrize(
    "post_id", ["stackexchange:bicycles.meta:1", "hn:8863", "reddit:a?b#c%20&d", "a" * 32 + ":1"]
)
def test_ids_with_colons_and_odd_characters_are_found_by_their_own_link(
    client: FlaskClient, writer: Headers, post: NewPost, post_id: str
) -> None:
    quoted = post_id.replace("%", "%25").replace("?", "%3F").replace("#", "%23")
    created = client.put(f"/api/v1/posts/{quoted}", json=post(), headers=writer)
    link = created.json["_links"]["self"]["href"]  # type: ignore[index]
    assert client.get(link).json["id"] == post_id  # type: ignore[index]


def test_an_unknown_post_is_404(client: FlaskClient, writer: Headers) -> None:
    for response in (client.get(URL), client.patch(URL, json={"score": 1}, headers=writer)):
        assert response.status_code == 404
        assert response.json["type"].endswith(":post-not-found")  # type: ignore[index]


def test_the_etag_is_of_the_content(client: FlaskClient, put: Put) -> None:
    put("reddit:1fymy0", score=1)
    one = client.get(URL).headers["ETag"]
    put("reddit:1fymy0", score=2)
    two = client.get(URL).headers["ETag"]
    put("reddit:1fymy0", score=1)
    assert one != two
    assert client.get(URL).headers["ETag"] == one


def test_if_none_match_answers_304_without_a_body(client: FlaskClient, put: Put) -> None:
    put("reddit:1fymy0")
    etag = client.get(URL).headers["ETag"]
    response = client.get(URL, headers={"If-None-Match": f'"other", W/{etag}'})
    assert (response.status_code, response.data) == (304, b"")
    assert response.headers["ETag"] == etag
    assert client.get(URL, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("wanted", ['"other"', 'W/"{}"'])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_write_with_the_wrong_if_match_is_412_and_changes_nothing(
    client: FlaskClient, put: Put, writer: Headers, method: str, wanted: str
) -> None:
    put("reddit:1fymy0")
    etag = client.get(URL).headers["ETag"]
    headers = writer | {"If-Match": wanted.format(etag.strip('"'))}
    response = client.open(URL, method=method, json=BODIES[method], headers=headers)
    assert response.status_code == 412
    assert client.get(URL).headers["ETag"] == etag


@pytest.mark.parametrize(("method", "status"), [("PUT", 200), ("PATCH", 200), ("DELETE", 204)])
def test_a_write_with_the_right_if_match_goes_on(
    client: FlaskClient, put: Put, writer: Headers, method: str, status: int
) -> None:
    put("reddit:1fymy0")
    etag = client.get(URL).headers["ETag"]
    headers = writer | {"If-Match": f'"other", {etag}'}
    response = client.open(URL, method=method, json=BODIES[method], headers=headers)
    assert response.status_code == status


def test_star_in_if_match_needs_a_post_and_in_if_none_match_needs_none(
    client: FlaskClient, writer: Headers, post: NewPost
) -> None:
    def status(headers: Headers) -> int:
        return client.put(URL, json=post(), headers=writer | headers).status_code

    assert status({"If-Match": "*"}) == 412
    assert status({"If-None-Match": "*"}) == 201
    assert status({"If-None-Match": "*"}) == 412
    assert status({"If-Match": "*"}) == 200


def test_patch_changes_the_named_fields_alone_and_null_takes_away(
    client: FlaskClient, put: Put, writer: Headers
) -> None:
    put("reddit:1fymy0", author="someone", text="text", score=5)
    patch = {"author": None, "text": None, "title": "New"}
    changed = client.patch(URL, json=patch, headers=writer)
    assert changed.status_code == 200
    got = client.get(URL).json
    assert got is not None
    assert (got["title"], got["author"], got["text"], got["score"]) == ("New", None, "", 5)
    assert changed.headers["ETag"] == client.get(URL).headers["ETag"]


def test_patch_cannot_take_away_what_a_post_needs(
    client: FlaskClient, put: Put, writer: Headers
) -> None:
    put("reddit:1fymy0")
    response = client.patch(URL, json={"title": None}, headers=writer)
    assert response.status_code == 400
    assert [each["field"] for each in response.json["errors"]] == ["title"]  # type: ignore[index]


def test_patch_takes_the_media_type_of_merge_patches(
    client: FlaskClient, put: Put, writer: Headers
) -> None:
    put("reddit:1fymy0")
    headers = writer | {"Content-Type": "application/merge-patch+json"}
    assert client.patch(URL, data=b'{"score": 7}', headers=headers).json["score"] == 7  # type: ignore[index]


def test_the_same_content_again_writes_nothing(put: Put, store: PostStore) -> None:
    put("reddit:1fymy0", score=1)
    with store.posts.watch() as changes:
        put("reddit:1fymy0", score=1)
        put("reddit:1fymy0", score=2)
        event = changes.next()
    assert event["fullDocument"]["score"] == 2


def test_delete_is_204_always_and_leaves_a_tombstone(
    client: FlaskClient, put: Put, writer: Headers, store: PostStore
) -> None:
    put("reddit:1fymy0", score=1)
    assert client.delete(URL, headers=writer).status_code == 204
    left = store.find("reddit:1fymy0")
    assert client.delete(URL, headers=writer).status_code == 204
    assert store.find("reddit:1fymy0") == left
    assert left is not None
    assert set(left) == {"_id", "source", "deleted", "deleted_at", "etag"}


def test_a_deleted_post_is_410_and_does_not_come_back(
    client: FlaskClient, put: Put, writer: Headers, post: NewPost
) -> None:
    put("reddit:1fymy0")
    client.delete(URL, headers=writer)
    answers = [
        client.get(URL),
        client.put(URL, json=post(), headers=writer),
        client.put(URL, json=post(), headers=writer | {"If-None-Match": "*"}),
        client.patch(URL, json={"score": 1}, headers=writer),
    ]
    assert [answer.status_code for answer in answers] == [410] * 4
    assert client.get("/api/v1/posts").json["items"] == []  # type: ignore[index]


def test_deleting_a_post_not_seen_yet_keeps_it_away(
    client: FlaskClient, writer: Headers, post: NewPost
) -> None:
    assert client.delete(URL, headers=writer).status_code == 204
    assert client.put(URL, json=post(), headers=writer).status_code == 410


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_writing_needs_the_scope(
    client: FlaskClient, bearer: Callable[..., Headers], method: str
) -> None:
    def status(headers: Headers) -> int:
        return client.open(URL, method=method, json=BODIES[method], headers=headers).status_code

    assert status({}) == 401
    assert status(bearer("other")) == 403
    assert status(bearer("admin")) in (200, 201, 204, 404)
