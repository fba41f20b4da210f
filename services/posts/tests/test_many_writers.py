"""Writers in each other's way, each in a thread of its own, against a real MongoDB."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from reddit_reco_posts.store import PostStore

Headers = dict[str, str]
NewPost = Callable[..., dict[str, Any]]
URL = "/api/v1/posts/reddit:1"
WRITERS = 8


def together(count: int, do: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(do, range(count)))


def send(app: Flask, posts: list[dict[str, Any]], headers: Headers) -> list[dict[str, Any]]:
    body = "\n".join(map(json.dumps, posts))
    response = app.test_client().post("/api/v1/posts/batch", data=body, headers=headers)
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


def test_of_many_first_puts_exactly_one_creates(
    app: Flask, store: PostStore, writer: Headers, post: NewPost
) -> None:
    def put(number: int) -> int:
        body = post(score=number)
        return app.test_client().put(URL, json=body, headers=writer).status_code

    statuses = together(40, put)
    assert sorted(statuses) == [200] * 39 + [201]
    assert store.posts.count_documents({}) == 1


def test_no_change_by_compare_and_set_is_lost(
    app: Flask, client: FlaskClient, writer: Headers, post: NewPost
) -> None:
    client.put(URL, json=post(score=0), headers=writer)

    def add_one(_: int) -> None:
        while True:
            seen = app.test_client().get(URL)
            body = post(score=seen.get_json()["score"] + 1)
            headers = writer | {"If-Match": seen.headers["ETag"]}
            answer = app.test_client().put(URL, json=body, headers=headers)
            if answer.status_code == 200:
                return
            assert answer.status_code == 412

    together(40, add_one)
    assert client.get(URL).get_json()["score"] == 40


def test_patches_of_different_fields_all_stay(
    app: Flask, client: FlaskClient, writer: Headers, post: NewPost
) -> None:
    client.put(URL, json=post(), headers=writer)
    fields = {"title": "t", "text": "x", "author": "a", "subreddit": "s", "score": 1, "ups": 2}
    patches = [{name: value} for name, value in fields.items()]

    def patch(number: int) -> int:
        return app.test_client().patch(URL, json=patches[number], headers=writer).status_code

    assert together(len(patches), patch) == [200] * len(patches)
    assert fields.items() <= client.get(URL).get_json().items()


def test_batches_of_the_same_posts_at_once_create_each_once(
    app: Flask, store: PostStore, writer: Headers, post: NewPost
) -> None:
    def write(number: int) -> list[dict[str, Any]]:
        posts = [post(id=f"reddit:{each}", score=number) for each in range(100)]
        random.Random(number).shuffle(posts)
        return send(app, posts, writer)

    answers = [answer for batch in together(16, write) for answer in batch]
    created = [answer["id"] for answer in answers if answer["status"] == 201]
    assert len(answers) == 1600
    assert {answer["status"] for answer in answers} == {200, 201}
    assert len(created) == len(set(created)) == 100
    assert store.posts.count_documents({}) == 100


def test_a_delete_amid_batches_wins_for_good(
    app: Flask, store: PostStore, writer: Headers, post: NewPost
) -> None:
    victims = [f"reddit:{number}" for number in range(10)]

    def act(number: int) -> list[tuple[str, int]]:
        if number % 4 == 3:
            client = app.test_client()
            urls = [f"/api/v1/posts/{each}" for each in victims]
            answers = [client.delete(url, headers=writer) for url in urls]
            assert {answer.status_code for answer in answers} == {204}
            return []
        posts = [post(id=each, score=number) for each in victims]
        return [(each["id"], each["status"]) for each in send(app, posts, writer)]

    answers = [answer for each in together(40, act) for answer in each]
    assert {status for _, status in answers} <= {200, 201, 410}
    assert all(tombstone.get("deleted") for tombstone in store.posts.find())
    assert store.posts.count_documents({}) == len(victims)
    assert {each["status"] for each in send(app, [post(id=v) for v in victims], writer)} == {410}
