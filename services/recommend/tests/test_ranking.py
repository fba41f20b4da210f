"""Cutting the best out of many scores, and mixing subreddits."""

import numpy as np
import pytest

from reddit_reco_recommend.diversity import (
    DISTINCT,
    WINDOW,
    diverse,
    in_turns,
    likeness,
    max_sum,
)
from reddit_reco_recommend.ranking import best
from reddit_reco_recommend.terms import Terms
from reddit_reco_recommend.text import KINDS

RNG = np.random.default_rng(7)
SCORES = {
    "all different": RNG.random(100_000),
    "nearly all nothing": np.where(RNG.random(100_000) < 0.0001, RNG.random(100_000), 0),
    "all the same": np.ones(100_000),
    "sorted": np.arange(100_000) / 100_000,
}


@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES)
@pytest.mark.parametrize("share", [1.0, 0.5, 0.002])
def test_the_best_of_many_are_those_of_a_full_sort(scores, share):
    scores, allowed = scores.astype(np.float32), RNG.random(len(scores)) < share
    rows = np.flatnonzero(allowed)
    expected = rows[np.argsort(-scores[rows], kind="stable")][:500]
    found = best(scores, allowed, 500)
    assert sorted(scores[found]) == sorted(scores[expected])
    assert allowed[found].all()
    assert (np.diff(scores[found]) <= 0).all()


@pytest.mark.parametrize("common", [0.0, 0.8, 0.97, 1.0])
def test_a_mixed_list_keeps_every_post_and_each_window_of_twelve_has_six_subreddits(common):
    places = np.where(RNG.random(2_000) < common, 3, RNG.integers(-1, 40, 2_000)).astype(np.int32)
    ranked = RNG.permutation(2_000)[:500]
    mixed = diverse(ranked, places)
    assert sorted(mixed) == sorted(ranked.tolist())
    assert mixed[0] == ranked[0]
    if common < 0.9:
        for at in range(0, 60, WINDOW):
            window = mixed[at : at + WINDOW]
            assert len({(places[row], row if places[row] < 0 else 0) for row in window}) >= DISTINCT
    if common == 1.0:
        assert mixed == ranked.tolist()


def test_what_has_much_in_common_with_the_list_so_far_waits_as_long_as_others_are_nearly_as_good():
    scores = np.array([1.2, 1.1, 1.05, 0.95, 0.9, 0.2], np.float32)
    # Four of subject 7, one of 8 and one of 9; the first has another aspect as well.
    alike = likeness(np.array([7, 5, 7, 7, 7, 8, 9]), np.array([0, 0, 1, 2, 3, 4, 5]), 6)
    assert alike[0, 1] == pytest.approx(0.5**0.5)
    assert alike[1, 2] == pytest.approx(1)
    assert alike[4].tolist() == [0, 0, 0, 0, 1, 0]
    assert max_sum(scores, alike, 0.0) == [0, 1, 2, 3, 4, 5]
    assert max_sum(scores, alike, 0.5) == [0, 4, 1, 2, 3, 5]
    assert max_sum(scores, alike, 3.0) == [0, 4, 5, 1, 2, 3]
    assert max_sum(scores[:0], alike[:0, :0], 1.0) == []


def test_groups_take_turns_and_each_ones_best_come_first():
    rows = np.arange(9)
    scores = np.array([9, 8, 7, 6, 5, 4, 3, 2, 1], np.float32)
    groups = np.array([0, 0, 0, 0, 0, 0, 1, 1, -1], np.int32)
    assert in_turns(rows, scores, groups, 100).tolist() == [0, 6, 8, 1, 7, 2, 3, 4, 5]
    assert in_turns(rows, scores, groups, 4).tolist() == [0, 6, 8, 1]
    assert in_turns(rows, scores, groups * 0, 100).tolist() == rows.tolist()
    assert in_turns(rows[:0], scores[:0], groups[:0], 100).tolist() == []


def test_terms_that_came_late_are_found_like_those_that_were_there():
    terms, tag = Terms(), KINDS[1] + 5
    for row in range(4_000):
        terms.put(row, {row % 50: 1, tag + row % 3: 1})
    terms.snapshot()
    terms.put(4_000, {7: 1, tag: 1})
    terms.put(7, {7: 1, tag: 1})
    terms.put(0, {8: 1})
    index = terms.snapshot()
    assert set(index.fresh) == {0, 7, 4_000}
    assert set(index.having(tag)) == ({*range(0, 4_000, 3)} - {0}) | {7, 4_000}
    scores = index.scores(index.profile([4_000], [1.0]))
    assert len(scores) == 4_001
    assert {7, 4_000} <= set(np.flatnonzero(scores > scores.max() * 0.99))
    shared = index.between([3, 7, 9_999, 4_000], [4_000, 3])
    assert shared[1, 0] == shared[3, 0] == scores[7]
    assert shared[0, 0] == shared[3, 1] > 0
    assert not shared[2].any()
