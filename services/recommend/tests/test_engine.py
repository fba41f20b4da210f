"""The engine takes short cuts; what it ranks is what all numbers of all posts would say."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from reddit_reco_recommend.catalog import Catalog
from reddit_reco_recommend.diversity import diverse
from reddit_reco_recommend.domain import Hidden, Signal, Taste, Wish
from reddit_reco_recommend.engine import Engine
from reddit_reco_recommend.model import Fit, Interactions, fit_model
from reddit_reco_recommend.ranking import best, mean_of_best
from reddit_reco_recommend.text import BUCKETS

POSTS, USERS, MOST = 30_000, 6_000, 500
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIKED = Signal("", "like", NOW)
EVERYTHING = Wish(adult=True)


def scaled(scores):
    """Such that the mean of the twenty best that are not 0 is 1."""
    found = np.sort(scores[scores != 0])[-20:]
    mean = found.mean() if len(found) else 0
    return scores / mean if mean > 0 else scores * 0


def plainly(engine, taste):
    """The scores of all posts, as the README has them: in double precision, without a short cut."""
    index, blend, model = engine.view.index, engine.blend, engine.model
    share = blend.dislike * sum(taste.weights) / max(1, len(taste.disliked))
    numbers = [*taste.rows, *taste.disliked]
    weights = [*taste.weights, *[-share] * len(taste.disliked)]
    terms, values, owners = index.entries(numbers)
    profile = np.bincount(terms, values * np.array(weights)[owners], BUCKETS)
    kept = np.argsort(-np.abs(profile), kind="stable")[:256]
    rest = np.setdiff1d(np.arange(BUCKETS), kept)
    profile[rest] = 0
    terms, values, owners = index.entries(range(engine.view.posts))
    content = np.bincount(owners, values * profile[terms], engine.view.posts)
    content *= np.exp(index.tags * blend.tagged / (1 + len(taste.rows)))
    found = blend.content * scaled(content)
    if model:
        tagged = np.average(index.tags[taste.rows] > 0, weights=taste.weights)
        vector = model.solve(taste.rows, taste.weights, taste.disliked)
        factors, together = np.zeros(engine.view.posts), np.zeros(engine.view.posts)
        factors[model.factors.rows] = model.factors.values.astype(float) @ vector
        for row, weight in zip(taste.rows, taste.weights, strict=True):
            together[model.rows] += weight * model.shared(row, model.rows)
        company = blend.factors * scaled(factors) + blend.together * scaled(together)
        found += (tagged + blend.untagged * (1 - tagged)) * company
    return found + blend.popular * scaled(engine.popularity(NOW.timestamp()).astype(float))


@pytest.fixture(scope="module")
def view():
    rng = np.random.default_rng(3)
    catalog = Catalog()
    for row in range(POSTS):
        topic = row % 40
        words = [f"t{topic}w{n}" for n in (60 * rng.random(5) ** 2).astype(int)]
        words += [f"w{n}" for n in (4_000 * rng.random(6) ** 2).astype(int)]
        catalog.put(
            {
                "_id": f"reddit:{row}",
                "title": " ".join(words),
                "subreddit": f"Sub{topic}",
                "created_at": NOW,
                "score": int(rng.pareto(0.7)),
                "tags": [f"tag{row % 7}"] if topic % 2 else [],
            }
        )
    catalog.view()
    for row in (5, 77, 20_001):
        post = {"_id": f"reddit:{row}", "title": "t3w1 t3w2", "created_at": NOW, "tags": ["late"]}
        catalog.put(post)
    return catalog.view()


@pytest.fixture(scope="module")
def liked():
    rng = np.random.default_rng(4)
    users, rows = [], []
    for user in range(USERS):
        topics = rng.integers(0, 40, 3)
        for _ in range(12):
            users.append(user)
            rows.append(rng.choice(topics) + 40 * int(POSTS // 40 * rng.random() ** 2))
    return np.array(users), np.array(rows, np.int32)


@pytest.fixture(scope="module", params=["fitted", "not fitted"])
def engine(request, view, liked):
    users, rows = liked
    weights = np.ones(len(rows), np.float32)
    fit = Fit(factors=16, iterations=4)
    model = (
        fit_model(Interactions(users, rows, weights), fit) if "not" not in request.param else None
    )
    engine = Engine(view, model)
    # Popularity as of the same moment.
    engine.__dict__["_popularity"] = engine.popularity(NOW.timestamp())
    return engine


def tastes(liked):
    users, rows = liked
    rng = np.random.default_rng(5)
    for user in (0, 7, 4_000):
        mine = sorted(set(rows[users == user].tolist()))
        disliked = rng.integers(0, POSTS, user % 5).tolist()
        weights = rng.choice([0.2, 1.0, 1.5], len(mine)).tolist()
        yield Taste(mine, weights, disliked, dict.fromkeys(mine, LIKED))
    yield Taste([5, 20_001], [1.0, 1.0], [], {5: LIKED})


def same(found, expected, scores):
    """Whether two rankings are the same but for what is as good as equal."""
    assert len(found) == len(expected) == len(set(found))
    assert np.abs(scores[found] - scores[expected]).max() < 1e-5


def test_the_list_of_a_reader_is_that_of_all_scores(engine, liked):
    for taste in tastes(liked):
        expected = plainly(engine, taste)
        assert np.abs(engine.scores(taste) - expected).max() < 1e-4
        allowed = np.ones(POSTS, np.bool_)
        allowed[list(taste.signals)] = False
        ranked, scores = engine._best(taste, allowed, MOST)
        same(ranked, best(expected.astype(np.float32), allowed, MOST), expected)
        assert np.abs(scores - expected[ranked]).max() < 1e-4
        plain = replace(engine, blend=replace(engine.blend, diversity=0.0))
        plain.__dict__["_popularity"] = engine._popularity
        assert plain.personal(taste, EVERYTHING, Hidden(), MOST) == diverse(
            ranked, engine.view.places
        )
        assert sorted(engine.personal(taste, EVERYTHING, Hidden(), MOST)) == sorted(ranked)


def test_few_factors_are_looked_at(engine, liked):
    if engine.model is None:
        return
    taste = next(tastes(liked))
    vector = engine.model.solve(taste.rows, taste.weights)
    assert len(engine.model.factors.first(vector)) < len(engine.model.factors.values)


@pytest.mark.parametrize("number", [0, 3, 20, 100, 100_000])
def test_the_mean_of_the_best_is_that_of_a_full_sort(number):
    rng = np.random.default_rng(number)
    scores = np.zeros(100_000, np.float32)
    scores[rng.permutation(100_000)[:number]] = rng.normal(size=number)
    expected = np.sort(scores[scores != 0])[-20:].mean() if number else 0
    assert mean_of_best(scores) == pytest.approx(expected, rel=1e-5)
