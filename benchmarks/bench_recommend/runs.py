"""The engine of the service, and each of its parts alone, over all users."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from reddit_reco_recommend.catalog import Catalog, View
from reddit_reco_recommend.domain import Hidden, Signal, Taste, Wish, folded
from reddit_reco_recommend.engine import Blend, Engine
from reddit_reco_recommend.model import Fit, Interactions, fit_model
from reddit_reco_recommend.ranking import best

from .data import Data
from .measures import Tally, mean

DEPTH = 20
# What the service ranks for a first page.
_RANKED = 500
_SEED = 20260101
# So many topics somebody picks.
PICKED = 5
BASELINES: dict[str, Blend | None] = {
    "popularity": None,
    "content": Blend(content=1, factors=0, together=0, popular=0),
    "item-knn": Blend(content=0, factors=0, together=1, popular=0),
    "ials": Blend(content=0, factors=1, together=0, popular=0),
}
Ranker = Callable[[Sequence[int]], list[int]]
_SAVED = Signal("", "like", datetime(2013, 1, 1, tzinfo=UTC))


@dataclass
class Timed:
    """Rankings and how long each took."""

    tally: Tally
    seconds: list[float] = field(default_factory=list)


def view_of(data: Data) -> View:
    """The posts as the service holds them."""
    catalog = Catalog()
    for post in data.posts:
        catalog.put(post)
    return catalog.view()


def fitted(view: View, train: Mapping[int, Sequence[int]], blend: Blend | None = None) -> Engine:
    """The engine, fitted."""
    users = [user for user, items in train.items() for _ in items]
    rows = [item for items in train.values() for item in items]
    interactions = Interactions(
        np.array(users, np.int64), np.array(rows, np.int32), np.ones(len(rows), np.float32)
    )
    return Engine(view, fit_model(interactions, Fit()), blend or Blend())


def over_users(rank: Ranker, data: Data, profiles: Mapping[int, Sequence[int]]) -> Timed:
    """Rank for everybody who has saves held out."""
    timed = Timed(Tally(len(data.posts), [frozenset(post["tags"]) for post in data.posts]))
    for user, held in data.test.items():
        if held:
            started = time.perf_counter()
            ranking = rank(profiles.get(user, []))
            timed.seconds.append(time.perf_counter() - started)
            timed.tally.add(ranking, held)
    return timed


def personal(engine: Engine) -> Ranker:
    """The service's own ranking, as it makes the list of a first page."""

    def rank(saved: Sequence[int]) -> list[int]:
        if not saved:
            return engine.popular(Wish(), Hidden(), _RANKED)
        return engine.personal(taste(saved), Wish(), Hidden(), _RANKED)

    return rank


def popularity(engine: Engine) -> Ranker:
    """By the number of saves, the same for everybody."""
    counts = np.zeros(engine.view.posts, np.float32)
    if engine.model:
        counts[engine.model.rows] = engine.model.popularity

    def rank(saved: Sequence[int]) -> list[int]:
        return _cut(counts, np.array(saved, np.int64), engine.view.posts)

    return rank


def part(engine: Engine) -> Ranker:
    """One part alone: only the scores of a blend, cut."""

    def rank(saved: Sequence[int]) -> list[int]:
        return _cut(engine.scores(taste(saved)), np.array(saved, np.int64), engine.view.posts)

    return rank


def cold_items(data: Data, view: View, share: float = 0.1) -> float:
    """NDCG@10 over posts that nobody is known to have saved, ranked among themselves."""
    rng = np.random.default_rng(_SEED)
    cold = rng.random(len(data.posts)) < share
    known = {user: [item for item in items if not cold[item]] for user, items in data.train.items()}
    engine, tally = fitted(view, known), Tally(len(data.posts))
    for user, items in known.items():
        everything = {*data.train[user], *data.test.get(user, [])}
        held = {item for item in everything if cold[item]}
        if items and held:
            scores = engine.scores(taste(items))
            tally.add(list(map(int, best(scores, cold, DEPTH))), held)
    return mean(tally.ndcg)


def cold_users(data: Data, view: View, share: float = 0.1) -> dict[str, float]:
    """How good lists are after 1, 3 and 5 saves of users who are in no model, or of topics alone.

    As a share of the NDCG@10 that the same users have with all their saves. The topics are the
    tags that most of a user's saves have, as if they had picked them.
    """
    rng = np.random.default_rng(_SEED)
    most = 5
    able = [
        user for user, held in data.test.items() if held and len(data.train.get(user, [])) > most
    ]
    new = {user for user in able if rng.random() < max(share, min(1.0, 300 / len(able)))}
    known = {user: items for user, items in data.train.items() if user not in new}
    engine = fitted(view, known)
    rank = personal(engine)
    shuffled = {user: list(map(int, rng.permutation(data.train[user]))) for user in sorted(new)}
    some = Data(data.posts, data.train, {user: data.test[user] for user in sorted(new)})
    # What the rest of their saves are is no mistake to recommend: it is left out of the ranking.
    warm = mean(over_users(rank, some, shuffled).tally.ndcg)
    found = {
        str(number): mean(_after(rank, some, shuffled, number).tally.ndcg) for number in (1, 3, 5)
    }
    found["topics"] = mean(_of_topics(engine, some).tally.ndcg)
    shares = {name: round(ndcg / warm if warm else 0.0, 4) for name, ndcg in found.items()}
    return {**shares, "warm_ndcg@10": warm}


def _of_topics(engine: Engine, data: Data) -> Timed:
    """What somebody gets who did nothing yet but pick topics."""
    everywhere = Counter(tag for post in data.posts for tag in post["tags"])
    timed = Timed(Tally(len(data.posts)))
    for user, held in data.test.items():
        saved = data.train[user]
        tags = Counter(tag for item in saved for tag in data.posts[item]["tags"])
        order = sorted(tags, key=lambda tag: (-tags[tag], -everywhere[tag], tag))
        wish = Wish(frozenset(folded(tag) for tag in order[:PICKED]))
        ranking = engine.popular(wish, Hidden(), _RANKED)
        timed.tally.add([item for item in ranking if item not in set(saved)], held)
    return timed


def _after(rank: Ranker, data: Data, saves: Mapping[int, list[int]], number: int) -> Timed:
    timed = Timed(Tally(len(data.posts)))
    for user, held in data.test.items():
        rest = set(saves[user][number:])
        ranking = [item for item in rank(saves[user][:number]) if item not in rest]
        timed.tally.add(ranking, held)
    return timed


def taste(saved: Sequence[int]) -> Taste:
    """A reader who saved these, each counting the same."""
    return Taste(list(saved), [1.0] * len(saved), (), dict.fromkeys(saved, _SAVED))


def _cut(
    scores: np.ndarray[tuple[int], np.dtype[np.float32]],
    saved: np.ndarray[tuple[int], np.dtype[np.int64]],
    posts: int,
) -> list[int]:
    allowed = np.ones(posts, np.bool_)
    allowed[saved] = False
    return list(map(int, best(scores, allowed, DEPTH)))
