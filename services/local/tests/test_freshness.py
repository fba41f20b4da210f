"""What a reader does shows at once: hidden posts are gone, likes change the list."""

import statistics

import httpx2
import pytest
from proofs.freshness import Reader, described
from proofs.pagewise import reader

from reddit_reco_local.stack import VERBS

# All that ask hide before they answer.
LISTS = [verb.name for verb in VERBS if "hide" in verb.calls and verb.name != "ingest"]


@pytest.fixture
def somebody(house, target):
    lines = [
        f'{{"id": "reddit:fresh{n}", "title": "A fresh walk {n}", "subreddit": "fresh{n % 5}",'
        f' "score": {n}, "created_at": "2021-01-01T00:00:{n:02}Z"}}'
        for n in range(60)
    ]
    httpx2.post(
        f"{house.url('posts')}/api/v1/posts/batch",
        content="\n".join(lines),
        headers={"Authorization": f"Bearer {house.token()}"},
        timeout=60,
    ).raise_for_status()
    with reader(house.url("web")) as web:
        yield Reader(target, web)


@pytest.mark.parametrize(
    "tries", [50, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_a_hidden_post_is_gone_from_the_next_answer(somebody, say, tries):
    found = somebody.hide_and_look(tries, LISTS)
    say(found.table())
    assert found.misses == []
    assert found.degraded.total() <= tries // 10


def test_a_like_changes_the_recommendations_within_two_seconds(somebody, target, say):
    if "recommend" not in target.urls:
        pytest.skip("there is no recommend")
    taken = somebody.like_and_wait(10)
    say(described(taken))
    assert statistics.median(taken) <= 2
