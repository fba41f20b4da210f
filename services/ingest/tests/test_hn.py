"""Hacker News items."""

import json

import pytest

STORY = {
    "by": "someone",
    "descendants": 71,
    "id": 8863,
    "kids": [1, 2],
    "score": 111,
    "time": 1175714200,
    "title": "My YC app",
    "type": "story",
    "url": "http://www.example.com/app",
}
HIT = {
    "objectID": "8863",
    "title": "My YC app",
    "author": "someone",
    "points": 111,
    "num_comments": 71,
    "created_at_i": 1175714200,
    "created_at": "2007-04-04T19:16:40Z",
    "url": "http://www.example.com/app",
    "_tags": ["story", "author_someone", "story_8863"],
}
POST = {
    "id": "hn:8863",
    "title": "My YC app",
    "text": "",
    "url": "http://www.example.com/app",
    "permalink": "https://news.ycombinator.com/item?id=8863",
    "author": "someone",
    "created_at": "2007-04-04T19:16:40Z",
    "score": 111,
    "num_comments": 71,
}


@pytest.mark.parametrize("item", [STORY, HIT])
def test_an_item_of_either_api_is_a_post(read, item):
    assert read("hn", item).post == POST


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrap", [lambda items: items, lambda items: {"hits": items, "page": 0}])
def test_items_come_in_arrays_and_search_answers(read, indent, wrap):
    content = json.dumps(wrap([STORY, {**STORY, "id": 8864}]), indent=indent)
    found = read("hn", content)
    assert [post["id"] for post in found.posts] == ["hn:8863", "hn:8864"]
    assert found.positions == [1, 2]


def test_items_come_one_a_line(read):
    content = "\n".join(json.dumps({**STORY, "id": one}) for one in range(1, 4))
    found = read("hn", content, start=1)
    assert [post["id"] for post in found.posts] == ["hn:2", "hn:3"]


def test_html_becomes_text(read):
    text = 'It&#x27;s <i>new</i>.<p>See <a href="http:&#x2F;&#x2F;example.com">this</a> &amp; that'
    assert read("hn", {**STORY, "text": text}).post["text"] == "It's new.\nSee this & that"


@pytest.mark.parametrize("kind", ["comment", "pollopt"])
def test_comments_and_poll_options_are_passed_over(read, kind):
    assert read("hn", {"id": 1, "type": kind, "time": 1, "text": "x"}).skipped == 1
    assert read("hn", {"objectID": "1", "_tags": [kind], "created_at_i": 1}).skipped == 1


def test_dead_items_are_passed_over_and_deleted_ones_gone(read):
    assert read("hn", {**STORY, "dead": True}).skipped == 1
    assert read("hn", {"id": 7, "type": "story", "deleted": True, "time": 1}).gone == ["hn:7"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"time": -1}, "time"),
        ({"title": ""}, "title"),
        ({"type": "user"}, "type"),
        ({"id": "a/b"}, "id"),
        ({"score": [1]}, "score"),
    ],
)
def test_bad_items_are_rejected_with_the_field(read, change, field):
    assert read("hn", {**STORY, **change}).refusal.field == field


def test_an_address_that_is_none_is_left_out(read):
    assert read("hn", {**STORY, "url": "javascript:alert(1)"}).post["url"] is None


def test_null_is_an_item_that_api_answers_for_unknown_ids(read):
    assert read("hn", "null\n").refusal.reason == "not a JSON object"
