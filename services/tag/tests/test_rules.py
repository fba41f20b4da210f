import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database
from pymongo.errors import OperationFailure

from reddit_reco_chassis import Settings, stop
from reddit_reco_tag.app import make_app
from reddit_reco_tag.arrivals import Arrivals
from reddit_reco_tag.rules import Arrival, Rule, RuleBook
from reddit_reco_tag.taggings import Tagging, write

URL = "/api/v1/tags/rules"
Documents = Database[dict[str, Any]]
Wait = Callable[..., None]
Arrive = Callable[..., None]
TagsOf = Callable[[str], set[str]]


def rules(*given: dict[str, Any]) -> dict[str, Any]:
    return {"rules": [{"tag": each.pop("tag", "auto"), "when": each} for each in given]}


def fits(when: dict[str, Any], **post: Any) -> bool:
    book = RuleBook()
    book.put("user:ann", [{"tag": "a", "when": when}])
    return bool(book.fitting(Arrival({"_id": "reddit:1", "source": "reddit", **post})))


@pytest.fixture
def following(tagged: Documents, app: Flask, eventually: Wait) -> None:
    """Wait until the rules are at work: what comes before is not new."""
    eventually(lambda: bool((tagged["state"].find_one() or {}).get("token")))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"subreddit": "python"}, True),
        ({"subreddit": "PYTHON", "author": "Guido"}, True),
        ({"subreddit": "python", "author": "larry"}, False),
        ({"source": "reddit"}, True),
        ({"source": "hn"}, False),
        ({"words": ["Async", "mongodb"]}, True),
        ({"words": ["async", "postgres"]}, False),
        ({"words": ["syn"]}, False),
        ({"words": ["c++"]}, True),
        ({"words": ["async"], "source": "hn"}, False),
    ],
)
def test_a_rule_fits_if_all_that_it_asks_for_holds(when: dict[str, Any], expected: bool) -> None:
    post = {"subreddit": "Python", "author": "guido", "title": "Async, and C++", "text": "MongoDB!"}
    assert fits(when, **post) is expected


def test_a_post_without_subreddit_author_and_text_fits_nothing_that_asks_for_them() -> None:
    assert not fits({"subreddit": "a"}, subreddit=None)
    assert not fits({"author": "a"})
    assert not fits({"words": ["none"]}, title=None)


def test_a_book_forgets_the_rules_that_were_replaced() -> None:
    book = RuleBook()
    book.put("user:ann", [{"tag": "a", "when": {"source": "hn"}}])
    book.put("user:bob", [{"tag": "b", "when": {"source": "hn"}}])
    book.put("user:ann", [{"tag": "c", "when": {"words": ["x"]}}])
    found = book.fitting(Arrival({"_id": "hn:1", "source": "hn", "title": "x"}))
    assert {(rule.user, rule.tag) for rule in found} == {("user:ann", "c"), ("user:bob", "b")}
    book.remove("user:ann")
    book.remove("user:nobody")
    found = book.fitting(Arrival({"_id": "hn:1", "source": "hn", "title": "x"}))
    assert [rule.user for rule in found] == ["user:bob"]


def test_a_rule_is_looked_up_by_what_the_fewest_posts_have() -> None:
    when = {"source": "hn", "words": ["go", "generics"]}
    assert Rule.of("user:ann", {"tag": "a", "when": when}).key == ("word", "generics")


def test_rules_are_kept_as_given_and_replaced_as_a_whole(ann: FlaskClient) -> None:
    given = rules({"subreddit": "Python", "words": ["Async"]}, {"source": "hn", "tag": "News"})
    assert ann.get(URL).get_json()["rules"] == []
    assert ann.put(URL, json=given).status_code == 201
    assert ann.get(URL).get_json()["rules"] == given["rules"]
    assert ann.put(URL, json={"rules": []}).status_code == 200
    assert ann.get(URL).get_json()["rules"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "rules"),
        ({"rules": [{"tag": "a"}]}, "rules.0.when"),
        ({"rules": [{"tag": "a", "when": {}}]}, "rules.0.when"),
        ({"rules": [{"tag": "a b", "when": {"source": "hn"}}]}, "rules.0.tag"),
        ({"rules": [{"tag": "rules", "when": {"source": "hn"}}]}, "rules.0.tag"),
        ({"rules": [{"tag": "a", "when": {"words": []}}]}, "rules.0.when.words"),
        ({"rules": [{"tag": "a", "when": {"words": ["a b"]}}]}, "rules.0.when.words.0"),
        ({"rules": [{"tag": "a", "when": {"nonsense": 1}}]}, "rules.0.when.nonsense"),
        ({"rules": [{"tag": "a", "when": {"source": "hn"}}] * 101}, "rules"),
        ([], "body"),
    ],
)
def test_a_bad_rule_is_refused_with_the_name_of_the_field(
    ann: FlaskClient, body: Any, field: str
) -> None:
    answer = ann.put(URL, json=body)
    assert answer.status_code == 400, answer.text
    assert answer.get_json()["errors"][0]["field"] == field
    assert ann.get(URL).get_json()["rules"] == []


def test_100_rules_are_taken(ann: FlaskClient) -> None:
    given = rules(*({"subreddit": f"s{n}"} for n in range(100)))
    assert ann.put(URL, json=given).status_code == 201


def test_a_new_post_gets_the_tag_of_a_rule_and_says_so(
    ann: FlaskClient, bob: FlaskClient, arrive: Arrive, eventually: Wait, following: None
) -> None:
    ann.put(URL, json=rules({"tag": "Snakes", "subreddit": "python"}))
    arrive("reddit:1", "Async", subreddit="Python")
    arrive("reddit:2", "Async", subreddit="go")
    eventually(lambda: bool(ann.get("/api/v1/tags").get_json()["items"]))
    (tagging,) = ann.get("/api/v1/tags/snakes/posts").get_json()["items"]
    assert (tagging["post"], tagging["tag"], tagging["by"]) == ("reddit:1", "Snakes", "rule")
    assert bob.get("/api/v1/tags").get_json()["items"] == []


def test_posts_from_before_the_rule_and_posts_that_change_are_left_alone(
    ann: FlaskClient, arrive: Arrive, eventually: Wait, following: None, tags_of: TagsOf
) -> None:
    arrive("reddit:1", subreddit="python")
    ann.put(URL, json=rules({"subreddit": "python"}))
    arrive("reddit:1", "A better title", subreddit="python")
    arrive("reddit:2", subreddit="python")
    eventually(lambda: tags_of("reddit:2") == {"auto"})
    assert tags_of("reddit:1") == set()


def test_a_rule_that_was_taken_back_tags_no_more(
    ann: FlaskClient, arrive: Arrive, eventually: Wait, following: None, tags_of: TagsOf
) -> None:
    ann.put(URL, json=rules({"tag": "old", "source": "hn"}))
    ann.put(URL, json=rules({"tag": "now", "source": "hn"}))
    arrive("hn:1")
    eventually(lambda: tags_of("hn:1") == {"now"})


def test_a_tag_removed_by_hand_is_not_put_back(
    ann: FlaskClient, tagged: Documents, tags_of: TagsOf
) -> None:
    tagging = Tagging("user:ann", "hn:1", "News")
    write(tagged, [tagging])
    assert tags_of("hn:1") == {"News"}
    ann.delete("/api/v1/tags/hn:1/news")
    write(tagged, [tagging])
    assert tags_of("hn:1") == set()
    ann.put("/api/v1/tags/hn:1/news")
    ann.delete("/api/v1/tags/hn:1/news")
    write(tagged, [tagging])
    assert tags_of("hn:1") == set()


def test_a_removal_amid_the_writes_of_rules_wins(
    app: Flask, tagged: Documents, headers: Callable[[str], dict[str, str]]
) -> None:
    token, stopping = headers("user:ann"), threading.Event()
    taggings = [Tagging("user:ann", f"hn:{number}", "news") for number in range(20)]

    def go_on_writing() -> None:
        while not stopping.is_set():
            write(tagged, taggings)

    writers = [threading.Thread(target=go_on_writing) for _ in range(3)]
    write(tagged, taggings)
    for writer in writers:
        writer.start()
    for each in taggings:
        url = f"/api/v1/tags/{each.post}/news"
        assert app.test_client().delete(url, headers=token).status_code == 204
    write(tagged, taggings)
    stopping.set()
    for writer in writers:
        writer.join()
    assert tagged["tags"].count_documents({}) == 0


def test_a_rules_tag_that_the_user_gives_too_becomes_theirs(
    ann: FlaskClient, tagged: Documents
) -> None:
    write(tagged, [Tagging("user:ann", "hn:1", "news")] * 2)
    answer = ann.put("/api/v1/tags/hn:1/news")
    assert (answer.status_code, answer.get_json()["by"]) == (200, "user")
    write(tagged, [Tagging("user:ann", "hn:1", "news")])
    assert ann.put("/api/v1/tags/hn:1/news").get_json()["by"] == "user"


def test_posts_that_come_while_no_pod_runs_are_tagged_by_the_next(
    make_settings: Callable[[str], Settings],
    database: Documents,
    arrive_in: Arrive,
    eventually: Wait,
) -> None:
    first = make_app(make_settings(database.name))
    eventually(lambda: bool((database["state"].find_one() or {}).get("token")))
    database["rules"].insert_one({"_id": "user:ann", **rules({"source": "hn"})})
    stop(first)
    arrive_in(database, "hn:1")
    second = make_app(make_settings(database.name))
    eventually(lambda: database["tags"].count_documents({"post": "hn:1", "by": "rule"}) == 1)
    stop(second)


def test_a_position_from_before_a_restore_costs_no_tag(
    make_settings: Callable[[str], Settings],
    database: Documents,
    arrive_in: Arrive,
    eventually: Wait,
) -> None:
    first = make_app(make_settings(database.name))
    eventually(lambda: bool((database["state"].find_one() or {}).get("token")))
    stop(first)
    position = database["state"].find_one() or {}
    # The end of a database is the end of its change stream.
    database.client.drop_database(database.name)
    database["state"].insert_one(position)
    second = make_app(make_settings(database.name))
    database["rules"].insert_one({"_id": "user:ann", **rules({"source": "hn"})})
    arrive_in(database, "hn:1")
    eventually(lambda: database["tags"].count_documents({"post": "hn:1"}) == 1)
    stop(second)


def test_of_two_pods_one_follows_and_the_other_takes_over(
    make_settings: Callable[[str], Settings],
    database: Documents,
    arrive_in: Arrive,
    eventually: Wait,
) -> None:
    first, second = make_app(make_settings(database.name)), make_app(make_settings(database.name))
    eventually(lambda: bool((database["state"].find_one() or {}).get("token")))
    database["rules"].insert_one({"_id": "user:ann", **rules({"source": "hn"})})
    arrive_in(database, "hn:1")
    eventually(lambda: database["tags"].count_documents({"post": "hn:1"}) == 1)
    stop(first)
    arrive_in(database, "hn:2")
    eventually(lambda: database["tags"].count_documents({"post": "hn:2"}) == 1)
    stop(second)


class Forgetful(Arrivals):
    """The change stream has lost every position that was saved."""

    def _watch(self, after: dict[str, Any] | None) -> Any:
        if after and after["_data"] == "lost":
            raise OperationFailure("lost", 286)
        return super()._watch(after)


def test_a_lost_position_costs_no_tag_of_the_posts_written_since(
    database: Documents, arrive_in: Arrive
) -> None:
    lost = datetime.now(UTC) - timedelta(minutes=1)
    position = {"_id": "rules", "token": {"_data": "lost"}, "time": lost, "until": lost}
    database["state"].insert_one(position)
    database["rules"].insert_one({"_id": "user:ann", **rules({"source": "hn"})})
    arrive_in(database, "hn:1")
    arrive_in(database, "hn:2", created_at=lost - timedelta(days=1))
    Forgetful(lambda: database).run(threading.Event())
    assert database["tags"].distinct("post") == ["hn:1"]
    found = database["state"].find_one() or {}
    assert found["token"]["_data"] != "lost"
    assert found["until"] < lost
