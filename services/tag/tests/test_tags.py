from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

URL = "/api/v1/tags/reddit:1/python"


def walk(client: FlaskClient, href: str | None) -> list[Any]:
    items = []
    while href:
        body: dict[str, Any] = client.get(href).get_json()
        items += body["items"]
        href = body["_links"].get("next", {}).get("href")
    return items


def test_tagging_answers_201_the_first_time_and_200_after(ann: FlaskClient) -> None:
    first, second = ann.put(URL), ann.put(URL)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert first.get_json() | {"at": ""} == {
        "post": "reddit:1",
        "tag": "python",
        "at": "",
        "by": "user",
    }


def test_untagging_twice_is_no_error_and_leaves_no_record(ann: FlaskClient, tagged: Any) -> None:
    ann.put(URL)
    assert [ann.delete(URL).status_code for _ in range(2)] == [204, 204]
    assert ann.get("/api/v1/tags").get_json()["items"] == []
    assert tagged["tags"].count_documents({}) == 0
    assert ann.put(URL).status_code == 201


def test_upper_and_lower_case_are_one_tag_spelled_as_typed_first(ann: FlaskClient) -> None:
    ann.put("/api/v1/tags/reddit:1/Python")
    assert ann.put("/api/v1/tags/reddit:1/PYTHON").status_code == 200
    assert ann.put("/api/v1/tags/reddit:2/python").status_code == 201
    assert ann.get("/api/v1/tags").get_json()["items"] == [{"tag": "Python", "count": 2}]
    posts = ann.get("/api/v1/tags/pYthon/posts").get_json()["items"]
    assert [(each["post"], each["tag"]) for each in posts] == [
        ("reddit:2", "Python"),
        ("reddit:1", "Python"),
    ]
    ann.delete("/api/v1/tags/reddit:1/pYTHON")
    assert ann.get("/api/v1/tags").get_json()["items"] == [{"tag": "Python", "count": 1}]


def test_my_tags_come_most_used_first_page_by_page(ann: FlaskClient) -> None:
    for number, tag in enumerate(["a", "b", "c", "d", "e"]):
        for post in range(number // 2 + 1):
            ann.put(f"/api/v1/tags/reddit:{post}/{tag}")
    items = walk(ann, "/api/v1/tags?limit=2")
    assert [(each["tag"], each["count"]) for each in items] == [
        ("e", 3),
        ("c", 2),
        ("d", 2),
        ("a", 1),
        ("b", 1),
    ]


def test_the_posts_with_a_tag_come_newest_first_page_by_page(ann: FlaskClient) -> None:
    for number in range(7):
        ann.put(f"/api/v1/tags/reddit:{number}/a")
    ann.put("/api/v1/tags/reddit:0/b")
    items = walk(ann, "/api/v1/tags/a/posts?limit=3")
    assert [each["post"] for each in items] == [f"reddit:{n}" for n in range(6, -1, -1)]
    assert all(each["at"].endswith("Z") for each in items)


def test_the_tags_of_one_post_can_be_asked_for(
    ann: FlaskClient, tags_of: Callable[[str], set[str]]
) -> None:
    ann.put("/api/v1/tags/reddit:1/a")
    ann.put("/api/v1/tags/reddit:2/b")
    assert tags_of("reddit:1") == {"a"}


@pytest.mark.parametrize("post", ["stackexchange:bicycles.meta:1", "hn:8863", "x:a%25"])
def test_any_post_id_can_be_tagged_known_or_not(
    ann: FlaskClient, post: str, tags_of: Callable[[str], set[str]]
) -> None:
    assert ann.put(f"/api/v1/tags/{post}/read-later").status_code == 201
    assert tags_of(post) == {"read-later"}


@pytest.mark.parametrize("tag", ["c++", "a b", "x" * 51, "suggest", "Rules", "%F0%9F%98%80", ".."])
def test_what_is_no_tag_is_refused(ann: FlaskClient, tag: str) -> None:
    answer = ann.put(f"/api/v1/tags/reddit:1/{tag}")
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["field"] == "tag"


@pytest.mark.parametrize("tag", ["a", "x" * 50, "read_later.2-do", "K%C3%BCche", "日本"])
def test_letters_of_any_script_make_a_tag(ann: FlaskClient, tag: str) -> None:
    assert ann.put(f"/api/v1/tags/reddit:1/{tag}").status_code == 201
    assert len(ann.get(f"/api/v1/tags/{tag}/posts").get_json()["items"]) == 1


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v1/tags?cursor=x", "cursor"),
        ("/api/v1/tags?cursor=WzEsMl0", "cursor"),
        ("/api/v1/tags/a/posts?cursor=WyIyMDIwIiwiYSJd", "cursor"),
        ("/api/v1/tags/a/posts?cursor=Wzk5OTk5OTk5OTk5OTk5OTk5LCJhIl0", "cursor"),
        ("/api/v1/tags?limit=0", "limit"),
        ("/api/v1/tags?post=1", "post"),
        ("/api/v1/tags?nonsense=1", "nonsense"),
        ("/api/v1/tags/suggest/1", "post"),
    ],
)
def test_bad_input_is_refused_with_the_name_of_the_field(
    ann: FlaskClient, path: str, field: str
) -> None:
    answer = ann.get(path)
    assert answer.status_code == 400, answer.text
    assert answer.get_json()["errors"][0]["field"] == field


def test_a_user_neither_sees_nor_touches_anothers_tags(ann: FlaskClient, bob: FlaskClient) -> None:
    ann.put(URL)
    ann.put("/api/v1/tags/rules", json={"rules": [{"tag": "a", "when": {"source": "hn"}}]})
    assert bob.delete(URL).status_code == 204
    for path in ("", "/python/posts", "?post=reddit:1", "/suggest/reddit:2"):
        assert bob.get(f"/api/v1/tags{path}").get_json()["items"] == []
    assert bob.get("/api/v1/tags/rules").get_json()["rules"] == []
    assert bob.put(URL).status_code == 201
    assert ann.get("/api/v1/tags").get_json()["items"] == [{"tag": "python", "count": 1}]


def test_of_100_writers_of_one_tag_exactly_one_creates_it(
    app: Flask, headers: Callable[[str], dict[str, str]]
) -> None:
    token = headers("user:ann")

    def put(_: int) -> int:
        return app.test_client().put(URL, headers=token).status_code

    with ThreadPoolExecutor(100) as pool:
        statuses = sorted(pool.map(put, range(100)))
    assert statuses == [200] * 99 + [201]
    items = app.test_client().get("/api/v1/tags", headers=token).get_json()["items"]
    assert items == [{"tag": "python", "count": 1}]


def test_counts_are_right_after_100_writers_of_100_posts(
    app: Flask, ann: FlaskClient, headers: Callable[[str], dict[str, str]]
) -> None:
    token = headers("user:ann")

    def tag(number: int) -> None:
        url = f"/api/v1/tags/reddit:{number}/python"
        assert app.test_client().put(url, headers=token).status_code == 201
        if number % 4 == 0:
            assert app.test_client().delete(url, headers=token).status_code == 204

    with ThreadPoolExecutor(100) as pool:
        list(pool.map(tag, range(100)))
    assert ann.get("/api/v1/tags").get_json()["items"] == [{"tag": "python", "count": 75}]
