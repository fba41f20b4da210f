import math
from datetime import UTC, datetime

import pytest

from reddit_reco_posts.ranks import best, controversial, hot, rising, votes

REDDIT_EPOCH = 1134028003
HOUR = 3600


def test_hot_is_reddits_formula() -> None:
    assert hot(0, REDDIT_EPOCH) == 0
    assert hot(1, REDDIT_EPOCH) == 0
    assert hot(100, REDDIT_EPOCH) == 2
    assert hot(-100, REDDIT_EPOCH) == -2
    assert hot(10, 1370746482) == pytest.approx(1 + (1370746482 - REDDIT_EPOCH) / 45000)


def test_ten_times_the_score_weighs_as_much_as_twelve_and_a_half_hours() -> None:
    assert hot(1000, REDDIT_EPOCH) == hot(100, REDDIT_EPOCH + 45000)


@pytest.mark.parametrize(("ups", "downs"), [(1, 0), (10, 0), (5, 5), (3, 17), (1204, 201)])
def test_best_is_the_lower_bound_of_the_wilson_interval(ups: int, downs: int) -> None:
    # Wilson's definition: the share seen lies z standard deviations above the bound.
    share, votes, bound = ups / (ups + downs), ups + downs, best(ups, downs)
    deviation = math.sqrt(bound * (1 - bound) / votes)
    assert share - bound == pytest.approx(1.281551565545 * deviation)


def test_best_is_zero_without_upvotes() -> None:
    assert best(0, 0) == 0
    assert best(0, 10) == pytest.approx(0)


def test_best_trusts_many_votes_more_than_few() -> None:
    assert best(1000, 100) > best(10, 1) > best(1, 0)


def test_controversial_wants_many_votes_evenly_split() -> None:
    assert controversial(10, 0) == controversial(0, 10) == 0
    assert controversial(50, 50) == 100
    assert controversial(500, 500) > controversial(50, 50) > controversial(99, 1)
    assert controversial(30, 70) == controversial(70, 30)


def test_rising_weighs_an_hour_as_much_as_twice_the_attention() -> None:
    assert rising(3, 0, REDDIT_EPOCH) == 2
    assert rising(7, 0, REDDIT_EPOCH) == rising(3, 0, REDDIT_EPOCH + HOUR)
    assert rising(0, 3, REDDIT_EPOCH) == rising(3, 0, REDDIT_EPOCH)
    assert rising(-50, 0, REDDIT_EPOCH) == rising(0, 0, REDDIT_EPOCH)


@pytest.mark.parametrize(
    ("ups", "downs", "score", "expected"),
    [
        (None, None, 5, (5, 0)),
        (None, None, -5, (0, 5)),
        (12, 7, 5, (12, 7)),
        (12, None, 5, (12, 7)),
        (None, 7, 5, (12, 7)),
        (3, None, 5, (3, 0)),
        (None, 2, -5, (0, 2)),
    ],
)
def test_unknown_votes_follow_from_the_score(
    ups: int | None, downs: int | None, score: int, expected: tuple[int, int]
) -> None:
    assert votes({"ups": ups, "downs": downs, "score": score}) == expected


def test_largest_numbers_have_ranks() -> None:
    latest = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
    largest = 2**53 - 1
    for rank in (
        hot(-largest, latest),
        best(largest, largest),
        controversial(largest, largest),
        rising(largest, largest, latest),
    ):
        assert abs(rank) < 1e17
