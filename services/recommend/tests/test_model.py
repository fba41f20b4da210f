"""What is learned from everybody's signals."""

import numpy as np
import pytest
import scipy.sparse as sp

from reddit_reco_recommend import model
from reddit_reco_recommend.model import Fit, Interactions, fit_model

ROWS = 300


@pytest.fixture(scope="module")
def interactions():
    rng = np.random.default_rng(1)
    users = np.repeat(np.arange(500), rng.integers(1, 20, 500))
    rows = (ROWS * rng.random(len(users)) ** 2).astype(np.int32)
    return Interactions(users, rows, np.ones(len(users), np.float32))


def test_what_is_liked_together_is_counted_for_each_pair(interactions):
    fit = Fit(factors=8, iterations=2, neighbours=20)
    learned = fit_model(interactions, fit)
    one = sp.coo_matrix((interactions.weights, (interactions.users, interactions.rows))).toarray()
    one = np.minimum(one, 3.0)
    number = (one > 0).sum(axis=0) + fit.shrinkage
    people = 1 / np.log1p(np.maximum((one > 0).sum(axis=1), 1))
    expected = (one * people[:, None]).T @ one * number[:, None] ** -0.5 * number**-0.4
    np.fill_diagonal(expected, 0)
    for row in learned.rows[:50]:
        found = learned.shared(row, range(ROWS))
        # Whose neighbour a post is, is looked up from the other side.
        best = np.sort(expected[row])[-fit.neighbours :]
        assert np.count_nonzero(found) <= fit.neighbours
        assert np.allclose(np.sort(found)[-len(best) :], best, rtol=1e-4)


def test_where_there_are_too_many_users_those_who_did_most_make_the_factors(
    interactions, monkeypatch
):
    monkeypatch.setattr(model, "_MOST_USERS", 100)
    matrix = sp.coo_matrix((interactions.weights, (interactions.users, interactions.rows))).tocsr()
    kept = model._busiest(matrix, 100)
    assert kept.shape == (100, matrix.shape[1])
    assert np.diff(kept.indptr).min() >= np.sort(np.diff(matrix.indptr))[-100]
    learned = fit_model(interactions, Fit(factors=8, iterations=2))
    # Who likes something still counts for its popularity.
    assert learned.popularity.sum() == pytest.approx(np.minimum(matrix.data, 3.0).sum())
    assert learned.factors.values.any()
