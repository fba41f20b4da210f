"""What people do with posts that no fit has seen counts before the next fit."""

import numpy as np
import pytest
from prometheus_client import REGISTRY

from reddit_reco_local.kit.waiting import eventually
from reddit_reco_recommend.catalog import Catalog
from reddit_reco_recommend.domain import Signal, Wish
from reddit_reco_recommend.engine import Engine
from reddit_reco_recommend.explaining import explained
from reddit_reco_recommend.fresh import learn
from reddit_reco_recommend.model import Fit, Interactions, fit_model
from reddit_reco_recommend.visits import Asked, Known, Visit, taste

from .conftest import START, post

GROUPS, EACH = 4, 12


def fits():
    return REGISTRY.get_sample_value("reddit_reco_recommend_fits_total")


def liked(groups=GROUPS, people=30):
    """Who likes what: each of some people half of the posts of a group."""
    rng = np.random.default_rng(2)
    for person in range(people * groups):
        group = person % groups
        for row in rng.choice(EACH, EACH // 2, replace=False):
            yield person, group * EACH + int(row)


def fitted(pairs, factors=8):
    users, rows = np.array(list(pairs)).T
    weights = np.ones(len(rows), np.float32)
    fit = Fit(factors=factors, iterations=8)
    return fit_model(Interactions(users, rows.astype(np.int32), weights), fit)


def test_what_is_learned_between_fits_is_near_to_what_the_next_fit_learns():
    new, pairs = GROUPS * EACH, list(liked())
    fans = [1, 5, 9, 13, 17, 21]
    model = fitted(pairs)
    readers = [{row: 1.0 for person, row in pairs if person == fan} | {new: 1.0} for fan in fans]
    fresh = learn(readers, model)
    assert fresh.rows.tolist() == [new]
    reader = [row for person, row in pairs if person == 25]
    vector = model.solve(reader, [1.0] * len(reader))
    # People of group 1 like it: to one of them it is like what the group has.
    wanted = float((fresh.factors @ vector)[0])
    others = model.factors.values @ vector
    mine = np.isin(model.factors.rows // EACH, [1])
    assert wanted > others[~mine].max() + 0.2
    assert wanted == pytest.approx(others[mine].mean(), abs=0.4)

    later = fitted([*pairs, *((fan, new) for fan in fans)])
    expected = later.together(reader, [1.0] * len(reader))[later.items([new])[0]]
    assert fresh.beside(reader, [1.0] * len(reader))[0] == pytest.approx(expected, rel=0.1)


def test_there_is_nothing_to_learn_where_all_posts_are_known():
    pairs = list(liked())
    assert learn([{0: 1.0, 1: 1.0}], fitted(pairs)) is None
    assert learn([], fitted(pairs)) is None


def test_of_who_is_known_by_new_posts_only_their_company_is_learned():
    new = GROUPS * EACH
    fresh = learn([{new: 1.0, new + 5: 1.0}], fitted(liked()))
    assert not fresh.factors.any()
    assert fresh.beside([new + 5], [1.0])[0] > 0
    assert fresh.beside([new, 10_000], [1.0, 1.0])[0] == 0
    company = fresh.between([3, new, new + 5], [new + 5, 10_000, new, 3])
    assert (company > 0).tolist() == [
        [False] * 4,
        [True, False, False, False],
        [False, False, True, False],
    ]
    assert fresh.between([3], [new]).tolist() == fresh.between([new], [10_000]).tolist() == [[0.0]]


def test_a_new_post_says_when_only_people_alike_speak_for_it():
    catalog, new = Catalog(), GROUPS * EACH
    posts = [{"id": f"reddit:{row}", "subreddit": f"S{row}"} for row in range(new + 1)]
    for one in posts:
        catalog.put({"_id": one["id"], "title": one["subreddit"], "created_at": START})
    model = fitted(liked(), factors=GROUPS)
    # Who likes it likes none of what the reader does, but what those like who like that.
    fans = [dict.fromkeys([*range(EACH + 6, 2 * EACH), new], 1.0) for _ in range(6)]
    engine = Engine(catalog.view(), model, fresh=learn(fans, model))
    known = Known([Signal(f"reddit:{EACH + n}", "like", START) for n in range(6)])
    mine = taste(engine, known, {"like": 1.0})
    visit = Visit(engine, Asked(Wish(), 10, ""), known, mine, "user:ann")
    assert engine.nearest([new], mine) == {}
    said = [reason for _, reason in explained(visit, [posts[new], posts[0]], CardsOf(posts))]
    assert said == ["Liked by people who like what you like", "Popular in r/S0"]


class CardsOf:
    """Cards of posts that are in no database."""

    def __init__(self, posts):
        self.posts = {post["id"]: post for post in posts}

    def listed(self, ids):
        return {post: self.posts[post] for post in ids}


def test_a_new_post_that_people_alike_like_comes_up_for_another_before_the_next_fit(
    start, database
):
    """Its words are no one else's: only who likes it can say whom it suits."""
    known = [
        post(f"g{group}n{n}", f"topic{group} t{group}n{n}", subreddit=f"S{group}x{n}")
        for group in range(GROUPS)
        for n in range(EACH)
    ]
    likes = [
        {"user": f"user:u{person}", "post": f"reddit:g{row // EACH}n{row % EACH}", "at": START}
        for person, row in liked()
    ]
    database["synced_likes"].insert_many(likes)
    before = fits()
    service = start(*known, refit_seconds=86_400)
    eventually(lambda: fits() == before + 1)

    service.like("ann", *(f"g1n{n}" for n in range(6)))
    new = post("new", "quux blorb", subreddit="Elsewhere", score=0)
    database["synced_posts"].insert_one(new)
    eventually(lambda: service.ids(limit=100).count("new"))
    assert "new" not in service.ids(user="ann", limit=10)
    for person in (1, 5, 9, 13, 17, 21):
        service.like(f"u{person}", "new")
    eventually(lambda: "new" in service.ids(user="ann", limit=10))
    said = {each["id"]: each["reason"] for each in service.get(user="ann", limit=10)["items"]}
    assert said["reddit:new"].startswith("Because you liked “topic1 t1n")

    # Who takes it back has no part in it any more.
    for person in (1, 5, 9, 13, 17, 21):
        database["synced_likes"].delete_one({"_id": f"user:u{person}|reddit:new"})
    eventually(lambda: "new" not in service.ids(user="ann", limit=10))
    assert fits() == before + 1
