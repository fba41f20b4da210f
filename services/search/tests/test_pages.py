"""Walking through pages, while posts come and go."""

from datetime import UTC, datetime, timedelta

import pytest

from reddit_reco_chassis import encode_cursor
from reddit_reco_local.kit.waiting import eventually

from .conftest import post

START = datetime(2013, 1, 1, tzinfo=UTC)


def some(number: int):
    words = ["quick", "brown", "fox"]
    return [
        post(
            f"p{n}",
            f"fox {' '.join(words[: n % 4])} number{n}",
            score=n % 7,
            created_at=START + timedelta(hours=n // 2),
        )
        for n in range(number)
    ]


def _later(native_id: str, hours: int):
    return post(native_id, "quick fox", score=3, created_at=START + timedelta(hours=hours))


def walk(service, pages=100, **params):
    found, cursor = [], None
    for _ in range(pages):
        answer = service.get(**params, **({"cursor": cursor} if cursor else {}))
        found.append([item["id"] for item in answer["items"]])
        cursor = answer["next_cursor"]
        assert ("next" in answer["_links"]) == (cursor is not None)
        if cursor is None:
            break
    return found


@pytest.mark.parametrize("sort", ["relevance", "new", "top"])
def test_pages_hold_every_post_once(start, sort):
    service = start(*some(230))
    pages = walk(service, q="fox", sort=sort, limit=10)
    ids = [one for page in pages for one in page]
    assert len(pages) == 23
    assert len(ids) == len(set(ids)) == 230


def test_pages_follow_the_order_of_one_long_page(start):
    service = start(*some(100))
    for sort in ("relevance", "new", "top"):
        whole = walk(service, q="quick fox", sort=sort, limit=100)
        pages = walk(service, q="quick fox", sort=sort, limit=7)
        assert [one for page in pages for one in page] == whole[0]


@pytest.mark.parametrize("sort", ["relevance", "new", "top"])
def test_no_post_comes_twice_while_posts_come_and_go(start, sort):
    service = start(*some(300))
    seen, cursor = [], None
    for number in range(20):
        answer = service.get(
            "quick fox", sort=sort, limit=10, **({"cursor": cursor} if cursor else {})
        )
        seen += [item["id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
        service.posts.delete_one({"_id": f"reddit:p{number}"})
        service.posts.insert_many([_later(f"new{number}-{n}", n) for n in range(3)])
        eventually(lambda n=number: service.ids(f"new{n} fox", limit=1) or True)
    assert len(seen) >= 150
    assert len(seen) == len(set(seen))


def test_total_and_facets_are_the_same_on_every_page(start):
    service = start(*some(50))
    first = service.get("fox", sort="new", limit=10)
    second = service.get("fox", sort="new", limit=10, cursor=first["next_cursor"])
    assert first["total"] == second["total"] == 50
    assert first["facets"] == second["facets"]


def test_a_cursor_fits_only_its_own_query(start):
    service = start(*some(30))
    cursor = service.get("fox", limit=5)["next_cursor"]
    for other in (
        {"q": "quick"},
        {"q": "fox", "sort": "new"},
        {"q": "fox", "author": "alice"},
        {"q": "fox", "over_18": "include"},
    ):
        problem = service.refused(**other, cursor=cursor)
        assert problem["type"] == "urn:reddit-reco:problem:invalid-cursor"
        assert problem["errors"][0]["field"] == "cursor"


def test_pages_may_change_their_length(start):
    service = start(*some(30))
    first = service.get("fox", limit=5)
    rest = service.get("fox", limit=100, cursor=first["next_cursor"])
    assert len(rest["items"]) == 25
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    "position",
    [
        ["s", 0, 0, 5, 1.0, ""],
        ["k", 0, 0, 2**63],
        ["s", 0, 0, -1, 1.0, ""],
        ["s", 0, 0, 10**9, 1.0, ""],
        ["s", 0, 0, 5, 1.0, "!!!"],
        ["s", 0, 0, 5, "1", ""],
        ["r", 0, 0, 5, 1.0, "", 2**43, "x"],
        ["r", 0, 0, 5, 1.0, "", 0, "x" * 201],
        ["r", 0, 0, 5, 1.0, "", 0],
        {"a": 1},
        None,
        [],
    ],
)
def test_forged_cursors_are_refused(start, position):
    service = start(post("1", "fox"))
    problem = service.refused(q="fox", cursor=encode_cursor(position))
    assert problem["errors"][0]["field"] == "cursor"
