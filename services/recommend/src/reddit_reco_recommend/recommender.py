"""Recommending to a reader, page by page: what ranks, what is stored, and what hide says."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from . import metrics
from .cards import Card, Cards
from .cursors import Position
from .domain import Basis, Hidden, Wish, folded
from .engine import Engine
from .explaining import Explained, explained
from .hiding import Hiding
from .lists import Ranked
from .store import MOST_SIGNALS, RecommendStore
from .visits import Asked, Known, Reader, Visit, taste
from .walks import Walks


@dataclass(frozen=True)
class Page:
    """Posts with their reasons, and where the next page begins."""

    items: Explained
    following: Position | None
    basis: Basis
    degraded: list[str] = field(default_factory=list)


class Recommender:
    """Makes pages.

    Args:
        store: signals.
        cards: posts.
        walks: ranked lists.
        hiding: what readers hide.
        engine: gives what ranks at the moment.
        weights: how much each verb counts.
    """

    def __init__(
        self,
        store: RecommendStore,
        cards: Cards,
        walks: Walks,
        hiding: Hiding,
        engine: Callable[[], Engine],
        *,
        weights: Mapping[str, float],
    ) -> None:
        self._store = store
        self._cards = cards
        self._walks = walks
        self._hiding = hiding
        self._engine = engine
        self._weights = weights

    def page(self, asked: Asked, reader: Reader | None) -> Page:
        """One page of recommendations.

        Raises:
            NotReady: the posts are still being read.
            UnknownPost: there is no post that others could be like.
            Expired: the position is of no list that this reader has.
        """
        engine, known = self._engine(), self._known(reader)
        user = reader.user if reader else None
        visit = Visit(engine, asked, known, taste(engine, known, self._weights), user)
        ranked, offset = self._walks.at(visit)
        posts, end, ranked = self._walk(visit, ranked, offset)
        if end == len(ranked.posts):
            ranked = self._walks.longer(visit, ranked)
        following = None
        if end < len(ranked.posts):
            following = self._walks.following(visit, ranked, end, [post["id"] for post in posts])
        items = explained(visit, posts, self._cards)
        return Page(items, following, visit.basis, [] if known.live else ["hide"])

    def topics(self) -> list[tuple[str, int]]:
        """Each topic with its number of posts."""
        return self._engine().view.topics()

    def _known(self, reader: Reader | None) -> Known:
        if reader is None:
            return Known()
        asked_at = time.monotonic()
        asked = self._hiding.ask(reader.bearer)
        if asked is None:
            return Known(*self._store.signals_and_hidden(reader.user))
        signals = self._store.signals(reader.user)
        answer = self._hiding.answer(asked, reader.user, time.monotonic() - asked_at)
        if not answer.live:
            metrics.DEGRADED.inc()
        return Known(signals, answer.hidden, answer.live)

    def _walk(self, visit: Visit, ranked: Ranked, offset: int) -> tuple[list[Card], int, Ranked]:
        """Up to a page of posts from an offset on, the offset behind them, and the list by then."""
        found: list[Card] = []
        limit = visit.asked.limit
        while len(found) < limit:
            wanted = ranked.posts[offset : offset + limit - len(found)]
            if not wanted:
                longer = self._walks.longer(visit, ranked)
                if len(longer.posts) == len(ranked.posts):
                    break
                ranked = longer
                continue
            offset += len(wanted)
            found += self._there(visit, wanted)
        return found, offset, ranked

    def _there(self, visit: Visit, wanted: Sequence[str]) -> list[Card]:
        """Those of the posts that may still be shown."""
        posts, gone = self._cards.listed(wanted), self._gone(visit, wanted)
        there = [posts[post] for post in wanted if post in posts and post not in gone]
        return [post for post in there if _fits(post, visit.asked.wish, visit.known.hidden)]

    def _gone(self, visit: Visit, posts: Sequence[str]) -> set[str]:
        """Those of the posts that this reader has done something with, or hides."""
        signals, hidden, user = visit.known.signals, visit.known.hidden, visit.user
        gone = {signal.post for signal in signals if signal.seen} | hidden.posts
        if user is not None and len(signals) >= MOST_SIGNALS:
            gone |= self._store.acted_on(user, posts)
        if user is not None and not hidden.complete:
            gone |= self._store.hidden_among(user, posts)
        return gone


def _fits(post: Card, wish: Wish, hidden: Hidden) -> bool:
    """What may have changed since the list was made."""
    place = folded(str(post.get("subreddit") or ""))
    return (wish.adult or not post.get("over_18")) and not (place and place in hidden.subreddits)
