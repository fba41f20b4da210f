import random
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from reddit_reco_posts.domain import SORTS, Sort
from reddit_reco_posts.models import PostQuery
from reddit_reco_posts.orders import SORT_KEYS, key_of, page_query, stages
from reddit_reco_posts.representation import narrowed
from reddit_reco_posts.store import PostStore

Headers = dict[str, str]
Put = Callable[..., Any]
Batch = Callable[..., list[dict[str, Any]]]
NewPost = Callable[..., dict[str, Any]]


@pytest.fixture
def sixty(batch: Batch, post: NewPost) -> int:
    """Posts with many equal keys, of which a third is adult."""
    chance = random.Random(7)
    posts = [
        post(
            id=f"reddit:{number}",
            ups=chance.randrange(4),
            downs=chance.randrange(4),
            score=chance.randrange(-3, 4),
            num_comments=chance.randrange(3),
            created_at=f"2013-06-09T02:54:4{chance.randrange(3)}Z",
            over_18=number % 3 == 0,
        )
        for number in range(60)
    ]
    batch(*posts)
    return len(posts)


def ids(client: FlaskClient, query: str) -> list[str]:
    response = client.get(f"/api/v1/posts?{query}")
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.get_json()["items"]]


def walk(client: FlaskClient, href: str) -> list[str]:
    """The ids on all pages, by the links alone."""
    seen = []
    while href:
        answer = client.get(href).get_json()
        assert answer["_links"]["self"]["href"] == href
        seen += [item["id"] for item in answer["items"]]
        href = answer["_links"].get("next", {}).get("href", "")
        assert bool(href) == (answer["next_cursor"] is not None)
    return seen


def in_order(store: PostStore, sort: Sort, *, adult: bool) -> list[str]:
    found = [post for post in store.posts.find() if adult or not post["over_18"]]
    found.sort(key=lambda post: (key_of(post, sort), post["_id"]), reverse=True)
    return [post["_id"] for post in found]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("over_18", ["include", "exclude"])
def test_pages_give_every_post_once_and_in_order(
    client: FlaskClient, store: PostStore, sixty: int, sort: Sort, over_18: str
) -> None:
    seen = walk(client, f"/api/v1/posts?sort={sort}&limit=7&over_18={over_18}")
    assert len(seen) == (sixty if over_18 == "include" else sixty * 2 // 3)
    assert seen == in_order(store, sort, adult=over_18 == "include")


def test_posts_that_come_and_go_between_pages_repeat_nothing(
    client: FlaskClient, put: Put, writer: Headers, sixty: int
) -> None:
    first = client.get("/api/v1/posts?sort=top&limit=10&over_18=include").get_json()
    shown = [item["id"] for item in first["items"]]
    put("reddit:new-on-top", score=100)
    put("reddit:new-below", score=-100)
    client.delete(f"/api/v1/posts/{shown[-1]}", headers=writer)
    rest = walk(client, first["_links"]["next"]["href"])
    assert not set(rest) & {*shown, "reddit:new-on-top"}
    assert len(shown) + len(rest) == sixty + 1


@pytest.mark.parametrize("sort", ["hot", "new", "top", "best", "controversial"])
@pytest.mark.parametrize("adult", [True, False])
def test_every_order_begins_along_an_index(
    store: PostStore, sixty: int, sort: Sort, adult: bool
) -> None:
    key = SORT_KEYS[sort]
    some = store.posts.find_one({"over_18": False}, sort=[(key, -1)])
    assert some is not None
    condition, order = stages(sort)[0]
    for after in (None, (key_of(some, sort), some["_id"])):
        query = page_query([condition], key, adult=adult, after=after)
        plan = store.posts.find(query).sort(order).limit(5).explain()
        stages_of_plan = str(plan["queryPlanner"]["winningPlan"])
        assert "'SORT'" not in stages_of_plan
        assert "COLLSCAN" not in stages_of_plan


def test_posts_that_nobody_voted_against_walk_along_their_ids(store: PostStore, put: Put) -> None:
    for number in range(60):
        put(f"hn:{number}", score=number)
    condition, order = stages("controversial")[-1]
    query = page_query([condition], "rank.controversial", adult=False, after=None)
    plan = store.posts.find(query).sort(order).limit(5).explain()
    assert plan["executionStats"]["totalDocsExamined"] == 5


def test_pages_go_on_from_high_keys_into_low_ones(
    client: FlaskClient, store: PostStore, batch: Batch, post: NewPost
) -> None:
    votes = [(0, 0), (1, 0), (9, 1), (40, 40), (200, 1), (3, 3), (500, 400)]
    batch(
        *(post(id=f"reddit:{n}", ups=ups, downs=downs) for n, (ups, downs) in enumerate(votes * 3))
    )
    for sort in ("best", "controversial"):
        seen = walk(client, f"/api/v1/posts?sort={sort}&limit=4")
        assert seen == in_order(store, sort, adult=True)


def test_rising_finds_older_posts_with_more_attention_and_those_of_long_ago(
    client: FlaskClient, store: PostStore, batch: Batch, post: NewPost
) -> None:
    chance = random.Random(3)
    starts = ("1970-01-01", "1971-05-05", "2009-12-30", "2013-06-08", "2013-06-09", "2099-12-31")
    batch(
        *(
            post(
                id=f"reddit:{number}",
                score=chance.choice((0, 5, 2**20, 2**52)),
                num_comments=chance.choice((0, 2**53 - 1)),
                created_at=f"{chance.choice(starts)}T{chance.randrange(24):02}:00:00Z",
            )
            for number in range(80)
        )
    )
    for limit in (3, 50, 100):
        seen = walk(client, f"/api/v1/posts?sort=rising&limit={limit}")
        assert seen == in_order(store, "rising", adult=True)


@pytest.mark.parametrize("name", ["subreddit", "author", "tags"])
def test_a_filter_that_leaves_few_posts_has_an_index(
    store: PostStore, sixty: int, put: Put, name: str
) -> None:
    put("reddit:rare", subreddit="rare", author="rare", tags=["rare"])
    query = page_query([{f"folded.{name}": "rare"}], "created_at", adult=True, after=None)
    plan = store.posts.find(query).sort([("created_at", -1), ("_id", -1)]).explain()
    assert plan["executionStats"]["totalDocsExamined"] == 1


def test_newest_first_and_top_first(client: FlaskClient, put: Put) -> None:
    put("reddit:old", created_at="2012-01-01T00:00:00Z", score=9)
    put("reddit:new", created_at="2013-01-01T00:00:00Z", score=1)
    assert ids(client, "sort=new") == ["reddit:new", "reddit:old"]
    assert ids(client, "sort=top") == ["reddit:old", "reddit:new"]


def test_filters_narrow_the_list(client: FlaskClient, put: Put) -> None:
    put("reddit:1", subreddit="Python", author="Ann", tags=["C++", "async"])
    put("hn:2", author="ann", created_at="2020-01-01T00:00:00Z")
    put("reddit:3", subreddit="pythonista", author="bob")
    assert set(ids(client, "source=reddit")) == {"reddit:1", "reddit:3"}
    assert ids(client, "subreddit=python") == ["reddit:1"]
    assert set(ids(client, "author=ANN")) == {"reddit:1", "hn:2"}
    assert ids(client, "tag=c%2B%2B") == ["reddit:1"]
    assert ids(client, "since=2019-12-31T23:00:00-01:00") == ["hn:2"]
    assert ids(client, "source=reddit&author=ann&tag=async") == ["reddit:1"]
    assert ids(client, "source=reddit&author=ann&tag=other") == []


def test_filters_hold_on_every_page(client: FlaskClient, batch: Batch, post: NewPost) -> None:
    batch(*(post(id=f"reddit:{n}", subreddit="ab"[n % 2], score=n % 3) for n in range(40)))
    seen = walk(client, "/api/v1/posts?sort=top&subreddit=A&limit=3")
    assert sorted(seen) == sorted(f"reddit:{n}" for n in range(0, 40, 2))


def test_adult_posts_are_left_out_unless_asked_for(client: FlaskClient, put: Put) -> None:
    put("reddit:1", over_18=True)
    put("reddit:2")
    assert ids(client, "") == ["reddit:2"]
    assert set(ids(client, "over_18=include")) == {"reddit:1", "reddit:2"}


def test_lists_cut_the_text_at_300_characters(client: FlaskClient, put: Put) -> None:
    put("reddit:1", text="é" * 400)
    assert client.get("/api/v1/posts").get_json()["items"][0]["text"] == "é" * 300
    assert client.get("/api/v1/posts/reddit:1").get_json()["text"] == "é" * 400


def test_an_empty_list_has_no_next_page(client: FlaskClient) -> None:
    assert client.get("/api/v1/posts?limit=5").get_json() == {
        "items": [],
        "next_cursor": None,
        "_links": {"self": {"href": "/api/v1/posts?limit=5"}},
    }


def test_a_cursor_of_another_order_is_refused(client: FlaskClient, sixty: int) -> None:
    cursor = client.get("/api/v1/posts?sort=best").get_json()["next_cursor"]
    answer = client.get(f"/api/v1/posts?sort=hot&cursor={cursor}")
    assert answer.status_code == 400
    assert "sorted by best" in answer.get_json()["detail"]


def test_a_source_with_few_posts_is_not_looked_for_among_all(
    client: FlaskClient, store: PostStore, sixty: int, put: Put
) -> None:
    put("hn:1")
    put("hn-more:1")
    query = page_query([_narrowed("hn")], "score", adult=True, after=None)
    plan = store.posts.find(query).sort([("score", -1), ("_id", -1)]).limit(21).explain()
    assert plan["executionStats"]["totalDocsExamined"] <= 2
    assert ids(client, "source=hn") == ["hn:1"]


def _narrowed(source: str) -> dict[str, Any]:
    return narrowed(PostQuery(source=source))
