"""What a reader does shows at once: hidden posts are gone, likes change the list."""

import statistics

import pytest
from proofs import freshness
from proofs.freshness import Reader, described
from proofs.pagewise import reader

from reddit_reco_local.stack import VERBS

LISTS = freshness.lists_that_ask_hide({verb.name: set(verb.calls) for verb in VERBS})


@pytest.fixture
def somebody(house, target):
    freshness.add_fresh_posts(target, house.token())
    with reader(house.url("web")) as web:
        yield Reader(target, web)


@pytest.mark.parametrize(
    "tries", [50, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_a_hidden_post_is_gone_from_the_next_answer(somebody, say, tries):
    found = somebody.hide_and_look(tries, LISTS)
    say(found.table())
    assert found.misses == []
    assert set(found.tries.values()) == {tries}


def test_a_like_changes_the_recommendations_within_two_seconds(somebody, say):
    taken = somebody.like_and_wait(10)
    say(described(taken))
    assert statistics.median(taken) <= 2
