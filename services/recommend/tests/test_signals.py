"""Which signals a model is fitted with."""

from collections import Counter

import pytest

from reddit_reco_recommend.domain import fair
from reddit_reco_recommend.store import RecommendStore


@pytest.mark.parametrize(
    ("counts", "most", "given"),
    [
        ({"a": 5, "b": 5, "c": 5}, 100, {"a": 5, "b": 5, "c": 5}),
        ({"a": 90, "b": 90, "c": 90}, 30, {"a": 10, "b": 10, "c": 10}),
        ({"a": 90, "b": 4, "c": 90}, 30, {"a": 13, "b": 4, "c": 13}),
        ({"a": 90, "b": 4, "c": 0}, 30, {"a": 26, "b": 4, "c": 0}),
        ({"a": 0, "b": 0, "c": 0}, 30, {"a": 0, "b": 0, "c": 0}),
        ({"a": 9, "b": 9, "c": 9}, 2, {"a": 0, "b": 1, "c": 1}),
    ],
)
def test_each_verb_has_a_fair_share_of_what_a_fit_may_take(counts, most, given):
    assert fair(counts, most) == given


def test_the_newest_signals_of_all_verbs_together_stay_within_the_bound(database):
    database["synced_likes"].insert_many([{"user": "u", "post": f"l{n}"} for n in range(50)])
    database["synced_shares"].insert_many([{"from": "u", "post": f"s{n}"} for n in range(50)])
    tags = [{"user": "u", "post": f"t{n}", "by": "rule"} for n in range(4)]
    database["synced_tags"].insert_many(tags)
    found = list(RecommendStore(lambda: database).interactions(24))
    assert Counter(each["verb"] for each in found) == {"like": 10, "share": 10, "rule": 4}
    likes = [each["post"] for each in found if each["verb"] == "like"]
    assert likes == [f"l{n}" for n in range(49, 39, -1)]
