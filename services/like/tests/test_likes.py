import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from reddit_reco_like.domain import cut
from reddit_reco_like.store import LikeStore

URL = "/api/v1/likes"


def posts(client: FlaskClient) -> list[str]:
    return [like["post"] for like in client.get(f"{URL}?limit=100").json["items"]]


def test_liking_twice_is_liking_once_and_keeps_the_time(ann: FlaskClient) -> None:
    first, again = ann.put(f"{URL}/reddit:1"), ann.put(f"{URL}/reddit:1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json == ann.get(URL).json["items"][0]
    assert first.json["post"] == "reddit:1"
    assert datetime.fromisoformat(first.json["at"])


def test_a_post_that_nobody_has_seen_is_accepted(ann: FlaskClient) -> None:
    strange = "stackexchange:bicycles.meta:1|x"
    assert ann.put(f"{URL}/{strange}").status_code == 201
    assert posts(ann) == [strange]


def test_unliking_twice_is_no_error_and_leaves_nothing(ann: FlaskClient, store: LikeStore) -> None:
    ann.put(f"{URL}/reddit:1")
    for _ in range(2):
        assert ann.delete(f"{URL}/reddit:1").status_code == 204
    assert store.likes.count_documents({}) == 0
    assert ann.put(f"{URL}/reddit:1").status_code == 201


def test_likes_come_newest_first(ann: FlaskClient) -> None:
    for number in range(5):
        ann.put(f"{URL}/reddit:{number}")
    assert posts(ann) == [f"reddit:{number}" for number in (4, 3, 2, 1, 0)]


def test_pages_repeat_and_miss_nothing_while_likes_are_added(ann: FlaskClient) -> None:
    for number in range(50):
        ann.put(f"{URL}/reddit:{number}")
    href, seen, added = f"{URL}?limit=7", [], 0
    while href:
        body = ann.get(href).json
        seen += [like["post"] for like in body["items"]]
        href = body["_links"].get("next", {}).get("href")
        for _ in range(5):
            added += 1
            ann.put(f"{URL}/hn:{added}")
    assert seen == [f"reddit:{number}" for number in reversed(range(50))]


def test_likes_of_the_same_moment_are_split_between_pages_without_loss(
    ann: FlaskClient, store: LikeStore
) -> None:
    for number in range(10):
        store.put("user:ann", f"reddit:{number}", datetime.fromisoformat("2024-01-01T00:00:00Z"))
    first = ann.get(f"{URL}?limit=4").json
    rest = ann.get(f"{URL}?limit=100&cursor={first['next_cursor']}").json
    assert rest["next_cursor"] is None
    together = [like["post"] for like in first["items"] + rest["items"]]
    assert together == [f"reddit:{number}" for number in reversed(range(10))]


def test_two_users_never_see_or_remove_each_others_likes(
    ann: FlaskClient, bob: FlaskClient
) -> None:
    ann.put(f"{URL}/reddit:1")
    bob.put(f"{URL}/reddit:2")
    bob.delete(f"{URL}/reddit:1")
    assert (posts(ann), posts(bob)) == (["reddit:1"], ["reddit:2"])
    cursor = _cursor_of(ann)
    assert [like["post"] for like in bob.get(f"{URL}?cursor={cursor}").json["items"]] in (
        [],
        ["reddit:2"],
    )


def test_anybody_may_read_how_many_like_a_post(
    ann: FlaskClient, bob: FlaskClient, nobody: FlaskClient
) -> None:
    assert nobody.get(f"{URL}/reddit:1/count").json == {"post": "reddit:1", "count": 0}
    ann.put(f"{URL}/reddit:1")
    bob.put(f"{URL}/reddit:1")
    assert nobody.get(f"{URL}/reddit:1/count").json["count"] == 2
    ann.delete(f"{URL}/reddit:1")
    assert nobody.get(f"{URL}/reddit:1/count").json["count"] == 1


def test_the_counts_of_many_posts_come_at_once_and_mine_with_a_token(
    ann: FlaskClient, bob: FlaskClient, nobody: FlaskClient
) -> None:
    ann.put(f"{URL}/reddit:1")
    bob.put(f"{URL}/reddit:1")
    bob.put(f"{URL}/hn:2")
    asked = f"{URL}/counts?post=reddit:1&post=hn:2&post=reddit:3&post=reddit:1"
    counts = {"reddit:1": 2, "hn:2": 1, "reddit:3": 0}
    assert nobody.get(asked).json == {"counts": counts, "mine": None}
    assert ann.get(asked).json == {"counts": counts, "mine": ["reddit:1"]}
    hundred = "&".join(f"post=reddit:{number}" for number in range(100))
    assert len(nobody.get(f"{URL}/counts?{hundred}").json["counts"]) == 100


def test_counts_are_right_under_100_writers_at_once(
    app: Flask, nobody: FlaskClient, headers: Any
) -> None:
    users = [headers(f"user:{number}") for number in range(20)]

    def act(writer: int) -> list[int]:
        """Five writers a user, in each other's way: all like five posts, and none likes a sixth."""
        client, mine = app.test_client(), users[writer % 20]
        found = [client.put(f"{URL}/reddit:{n}", headers=mine).status_code for n in range(5)]
        client.put(f"{URL}/reddit:5", headers=mine)
        client.delete(f"{URL}/reddit:5", headers=mine)
        return found

    with ThreadPoolExecutor(100) as pool:
        statuses = [status for each in pool.map(act, range(100)) for status in each]
    assert (statuses.count(201), statuses.count(200)) == (20 * 5, 80 * 5)
    for mine in users[:7]:
        nobody.delete(f"{URL}/reddit:4", headers=mine)
    asked = "&".join(f"post=reddit:{number}" for number in range(6))
    counts = nobody.get(f"{URL}/counts?{asked}").json["counts"]
    assert list(counts.values()) == [20, 20, 20, 20, 13, 0]


def test_counting_reads_the_index_alone(store: LikeStore) -> None:
    store.put("user:ann", "reddit:1", datetime.fromisoformat("2024-01-01T00:00:00Z"))
    stages: list[dict[str, Any]] = [
        {"$match": {"post": {"$in": ["reddit:1"]}}},
        {"$group": {"_id": "$post", "count": {"$sum": 1}}},
    ]
    pipeline = {"aggregate": "likes", "pipeline": stages, "cursor": {}}
    plan = store.database.command("explain", pipeline, verbosity="executionStats")
    assert '"totalDocsExamined": 0' in _text(plan)


def test_the_last_page_leads_nowhere() -> None:
    assert cut([{"post": "a", "at": None}], 1)[1] is None


def _cursor_of(client: FlaskClient) -> str:
    client.put(f"{URL}/reddit:9")
    found: str = client.get(f"{URL}?limit=1").json["next_cursor"]
    return found


def _text(plan: Any) -> str:
    return json.dumps(plan, default=str)
