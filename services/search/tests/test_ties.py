"""Equal relevance is broken the same way in every pod, however each came by its posts."""

import base64
import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from reddit_reco_chassis import encode_cursor
from reddit_reco_search import cursors, ranking
from reddit_reco_search.domain import Filters, Request
from reddit_reco_search.engine import TantivyEngine
from reddit_reco_search.index import PostIndex
from reddit_reco_search.language import parse
from reddit_reco_search.models import SearchQuery

from .conftest import post

START = datetime(2013, 1, 1, tzinfo=UTC)
QUERIES = ["fox", "quick fox", "source:reddit", "quick brown hare", "subreddit:python fox", "fo*"]


@pytest.fixture
def pod(tmp_path):
    """Makes an engine whose index took the posts in this order, in several commits."""
    indexes = []

    def made(posts, commits=4):
        index = PostIndex(tmp_path / f"pod-{len(indexes)}", 16)
        indexes.append(index)
        for part in range(commits):
            for one in posts[part::commits]:
                index.put(one)
            index.commit()
        return TantivyEngine(index.searcher)

    yield made
    for index in indexes:
        index.close()


def some(number, *, moments):
    """Posts of few different titles, made at so many different moments."""
    titles = ("fox", "a quick fox", "a quick brown fox", "hare and fox")
    return [
        post(
            f"p{n:05}",
            titles[n * 7 % len(titles)],
            created_at=START + timedelta(seconds=n * 13 % moments),
        )
        for n in range(number)
    ]


def shuffled(posts, seed):
    return random.Random(seed).sample(posts, len(posts))


def walk(pods, q, *, pages=20, limit=10):
    """The items of each page, one pod after the other being asked."""
    found, position = [], None
    for number in range(pages):
        request = Request(parse(q), Filters(), "relevance", limit, position)
        answer = pods[number % len(pods)].search(request)
        found.append(
            [(hit.relevance, hit.item["created_at"], hit.item["id"]) for hit in answer.hits]
        )
        position = answer.following
        if position is None:
            break
    return found


def in_order(hits):
    """Best first, then newest, then by id."""
    by_id = sorted(hits, key=lambda hit: hit[2])
    by_time = sorted(by_id, key=lambda hit: hit[1], reverse=True)
    return sorted(by_time, key=lambda hit: hit[0], reverse=True)


@pytest.mark.parametrize("q", QUERIES)
@pytest.mark.parametrize("moments", [1, 40, 10**6], ids=["one", "few", "all different"])
def test_pods_that_took_posts_in_other_orders_give_the_same_pages(pod, q, moments):
    posts = some(600, moments=moments)
    pods = [pod(posts), pod(shuffled(posts, 1)), pod(shuffled(posts, 2), commits=1)]
    pages = [walk([one], q) for one in pods]
    assert pages[0] == pages[1] == pages[2] == walk(pods, q)
    hits = [hit for page in pages[0] for hit in page]
    assert len(pages[0]) == 20
    assert len({hit[2] for hit in hits}) == len(hits) == 200
    assert hits == in_order(hits)


@pytest.mark.parametrize("moments", [7, 3_000])
def test_a_tie_that_is_too_long_to_fetch_is_resolved_as_well(pod, moments, monkeypatch):
    monkeypatch.setattr(ranking, "_FURTHER", 100)
    monkeypatch.setattr(ranking, "_STEP", 20)
    posts = some(3_000, moments=moments)
    pods = [pod(posts), pod(shuffled(posts, 1))]
    pages = walk(pods, "fox", pages=40, limit=100)
    hits = [hit for page in pages for hit in page]
    assert len({hit[2] for hit in hits}) == len(hits) == 3_000
    assert hits == in_order(hits)
    assert walk(pods[:1], "fox", limit=100) == pages[:20]


def test_pages_go_on_where_the_scores_of_another_pod_are_others(pod):
    posts = [
        post(f"p{n:03}", f"fox {'word ' * (n % 50)}", created_at=START + timedelta(seconds=n))
        for n in range(200)
    ]
    # Many more posts make the word rarer there, and every score higher.
    pods = [pod(posts), pod([*posts, *(post(f"q{n}", "hare") for n in range(800))])]
    ids = [hit[2] for page in walk(pods, "fox") for hit in page]
    assert len(ids) == len(set(ids)) == 200


def test_pages_go_on_behind_a_post_that_is_gone(pod):
    posts = some(100, moments=5)
    first, *_ = walk([pod(posts)], "fox", limit=10)
    last = first[-1][2]
    pods = [pod(posts), pod([one for one in posts if one["_id"] != last])]
    ids = [hit[2] for page in walk(pods, "fox") for hit in page]
    assert len(ids) == len(set(ids)) == 100


def test_cursors_of_older_versions_are_walked_on_with(start):
    service = start(*some(100, moments=5))
    query = SearchQuery(q="fox", limit=10)
    first = service.get("fox", limit=10)
    position = cursors.decode(query.model_copy(update={"cursor": first["next_cursor"]}))
    old = _as_it_was(cursors.encode(position, query), position)
    rest = service.get("fox", limit=100, cursor=old)
    assert rest["items"] == service.get("fox", limit=100, cursor=first["next_cursor"])["items"]
    assert len(rest["items"]) == 90


def _as_it_was(cursor, position):
    """A cursor as older versions make it: the score, and the posts shown, but not the last one."""
    kind, mark, relaxed, rank, _, seen, *_ = _read(cursor)
    assert kind == "r"
    return encode_cursor(["s", mark, relaxed, rank, position.score, seen])


def _read(cursor):
    return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
