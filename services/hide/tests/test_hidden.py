import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from reddit_reco_hide import api
from reddit_reco_hide.domain import cut, key_of, sorted_out
from reddit_reco_hide.store import HideStore

URL = "/api/v1/hidden"
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def items(client: FlaskClient) -> list[str]:
    found = client.get(f"{URL}?limit=100").json["items"]
    return [each.get("post") or each["subreddit"] for each in found]


def fill(store: HideStore, user: str, number: int) -> None:
    store.hidden.insert_many(
        {
            "_id": f"{user}|reddit:{n}",
            "user": user,
            "post": f"reddit:{n}",
            "at": NOW + timedelta(seconds=n),
        }
        for n in range(number)
    )


def test_hiding_a_post_twice_is_hiding_it_once(ann: FlaskClient) -> None:
    first, again = ann.put(f"{URL}/reddit:1"), ann.put(f"{URL}/reddit:1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json == ann.get(URL).json["items"][0]
    assert set(first.json) == {"post", "at"}


def test_hiding_a_subreddit_takes_upper_and_lower_case_as_the_same(ann: FlaskClient) -> None:
    assert ann.put(f"{URL}/subreddits/Python").status_code == 201
    assert ann.put(f"{URL}/subreddits/pYTHON").status_code == 200
    found = ann.get(URL).json["items"]
    assert [set(each) for each in found] == [{"subreddit", "at"}]
    assert found[0]["subreddit"] == "python"
    assert ann.delete(f"{URL}/subreddits/PYTHON").status_code == 204
    assert items(ann) == []


@pytest.mark.parametrize("path", ["reddit:1", "subreddits/python", "subreddits/r%3Ax"])
def test_showing_again_twice_is_no_error_and_leaves_nothing(
    ann: FlaskClient, store: HideStore, path: str
) -> None:
    ann.put(f"{URL}/{path}")
    for _ in range(2):
        assert ann.delete(f"{URL}/{path}").status_code == 204
    assert store.hidden.count_documents({}) == 0


def test_a_post_and_a_subreddit_of_the_same_name_do_not_meet(ann: FlaskClient) -> None:
    ann.put(f"{URL}/reddit:1")
    ann.put(f"{URL}/subreddits/reddit:1")
    ann.delete(f"{URL}/subreddits/reddit:1")
    assert ann.get(f"{URL}/all").json == {"posts": ["reddit:1"], "subreddits": [], "complete": True}


def test_a_name_in_another_script_is_taken_whole(ann: FlaskClient) -> None:
    name = "ΐ" * 200
    assert ann.put(f"{URL}/subreddits/{quote(name)}").status_code == 201
    ann.put(f"{URL}/subreddits/{quote(name[1:])}")
    first = ann.get(f"{URL}?limit=1").json
    rest = ann.get(f"{URL}?limit=1&cursor={first['next_cursor']}").json
    assert rest["items"][0]["subreddit"] == name.casefold()


def test_pages_repeat_and_miss_nothing_while_records_are_added(ann: FlaskClient) -> None:
    for number in range(30):
        ann.put(f"{URL}/reddit:{number}")
        ann.put(f"{URL}/subreddits/s{number}")
    wanted = items(ann)
    href, seen, added = f"{URL}?limit=7", [], 0
    while href:
        body = ann.get(href).json
        seen += [each.get("post") or each["subreddit"] for each in body["items"]]
        href = body["_links"].get("next", {}).get("href")
        for _ in range(5):
            added += 1
            ann.put(f"{URL}/hn:{added}")
    assert seen == wanted
    assert len(set(seen)) == 60


def test_records_of_the_same_moment_are_split_between_pages_without_loss(
    ann: FlaskClient, store: HideStore
) -> None:
    fill(store, "user:ann", 10)
    store.hidden.update_many({}, {"$set": {"at": NOW}})
    first = ann.get(f"{URL}?limit=4").json
    rest = ann.get(f"{URL}?limit=100&cursor={first['next_cursor']}").json
    together = [each["post"] for each in first["items"] + rest["items"]]
    assert together == [f"reddit:{number}" for number in reversed(range(10))]


def test_two_users_never_see_or_remove_each_others_records(
    ann: FlaskClient, bob: FlaskClient
) -> None:
    ann.put(f"{URL}/reddit:1")
    ann.put(f"{URL}/subreddits/python")
    tag = ann.get(f"{URL}/all").headers["ETag"]
    bob.put(f"{URL}/reddit:2")
    bob.delete(f"{URL}/reddit:1")
    bob.delete(f"{URL}/subreddits/python")
    assert (items(ann), items(bob)) == (["python", "reddit:1"], ["reddit:2"])
    assert bob.get(f"{URL}/all", headers={"If-None-Match": tag}).json["posts"] == ["reddit:2"]


def test_all_that_is_hidden_comes_at_once_and_is_right_after_every_change(
    ann: FlaskClient,
) -> None:
    for number in range(200):
        ann.put(f"{URL}/reddit:{number}")
        assert f"reddit:{number}" in ann.get(f"{URL}/all").json["posts"]
        if number % 2:
            ann.delete(f"{URL}/reddit:{number}")
            assert f"reddit:{number}" not in ann.get(f"{URL}/all").json["posts"]
    ann.put(f"{URL}/subreddits/python")
    assert ann.get(f"{URL}/all").json["subreddits"] == ["python"]


def test_all_that_is_hidden_is_not_sent_again_unless_it_changed(ann: FlaskClient) -> None:
    ann.put(f"{URL}/reddit:1")
    first = ann.get(f"{URL}/all")
    known = {"If-None-Match": first.headers["ETag"]}
    same = ann.get(f"{URL}/all", headers=known)
    assert (same.status_code, same.data) == (304, b"")
    assert first.headers["Cache-Control"] == same.headers["Cache-Control"] == "private, no-cache"
    ann.delete(f"{URL}/reddit:1")
    ann.put(f"{URL}/reddit:2")
    assert ann.get(f"{URL}/all", headers=known).json["posts"] == ["reddit:2"]


def test_only_the_newest_posts_but_all_subreddits_come_of_very_many(
    ann: FlaskClient, store: HideStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MOST", 10)
    ann.put(f"{URL}/subreddits/newest")
    fill(store, "user:ann", 11)
    store.hidden.insert_one(
        {"_id": "user:ann|r/old", "user": "user:ann", "subreddit": "old", "at": NOW}
    )
    found = ann.get(f"{URL}/all").json
    assert found["posts"] == [f"reddit:{number}" for number in range(10, 1, -1)]
    assert found["subreddits"] == ["newest", "old"]
    assert found["complete"] is False


def test_5000_hidden_posts_come_well_within_the_deadline_of_search(
    ann: FlaskClient, store: HideStore
) -> None:
    fill(store, "user:ann", 5_000)
    best = min(_seconds(ann) for _ in range(10))
    assert best < 0.08


def test_all_is_read_from_the_index_alone(store: HideStore) -> None:
    fill(store, "user:ann", 100)
    found = store.hidden.find({"user": "user:ann"}, {"_id": 1}).sort([("at", -1), ("_id", -1)])
    assert found.explain()["executionStats"]["totalDocsExamined"] == 0


def test_of_100_writers_at_once_each_wish_is_new_once(
    app: Flask, store: HideStore, headers: Any
) -> None:
    users = [headers(f"user:{number}") for number in range(20)]

    def act(writer: int) -> list[int]:
        client, mine = app.test_client(), users[writer % 20]
        paths = ("reddit:1", "reddit:2", "subreddits/python")
        return [client.put(f"{URL}/{path}", headers=mine).status_code for path in paths]

    with ThreadPoolExecutor(100) as pool:
        statuses = [status for each in pool.map(act, range(100)) for status in each]
    assert (statuses.count(201), statuses.count(200)) == (60, 240)
    assert store.hidden.count_documents({}) == 60


def test_the_last_page_leads_nowhere() -> None:
    assert cut([{"_id": "u|a", "user": "u", "at": None}], 1)[1] is None


def test_keys_tell_posts_from_subreddits() -> None:
    assert sorted_out(["reddit:1", "r/python", "r:2"]) == (["reddit:1", "r:2"], ["python"])
    assert key_of({"_id": "user:1|hn:a|b", "user": "user:1"}) == "hn:a|b"


def _seconds(client: FlaskClient) -> float:
    started = time.perf_counter()
    assert len(client.get(f"{URL}/all").json["posts"]) == 5_000
    return time.perf_counter() - started
