"""Recommending to a reader, page by page: what ranks, what is stored, and what hide says."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from . import metrics, reasons
from .cards import Card, Cards
from .domain import Basis, Hidden, Signal, Taste, UnknownPost, Wish, folded
from .engine import Engine, rows_of
from .hiding import Hiding
from .lists import Lists, Ranked
from .store import MOST_SIGNALS, RecommendStore

# So many posts are ranked at once, and so many of them kept: few walk on, and who does gets more.
RANKED = 500
_FIRST = 240
# Anybody's lists are made anew that often, and where there are new posts after a shorter while.
_KEPT_SECONDS = 30.0
_NEWS_SECONDS = 1.0
_MOST_KEPT = 1_000


@dataclass(frozen=True)
class Reader:
    """Who asks: the subject of the token, and the token to ask hide with."""

    user: str
    bearer: str


@dataclass(frozen=True)
class Asked:
    """What is asked for: the wish, and the post that others should be like, if any."""

    wish: Wish
    limit: int
    about: str
    like: str | None = None
    position: tuple[str, int] | None = None


@dataclass(frozen=True)
class Page:
    """Posts with their reasons, and where the next page begins: (list, offset)."""

    items: list[tuple[Card, str]]
    following: tuple[str, int] | None
    basis: Basis
    degraded: list[str] = field(default_factory=list)


class Expired(Exception):
    """The list is not kept any more, is somebody else's, or was never there."""


@dataclass(frozen=True)
class _Known:
    """What is known of the reader."""

    signals: list[Signal] = field(default_factory=list)
    hidden: Hidden = field(default_factory=Hidden)
    live: bool = True


@dataclass(frozen=True)
class _Kept:
    """A list for anybody: when it was made, when it was last looked at, and with which posts."""

    ranked: Ranked
    made: float
    looked: float
    view: int

    def good(self, view: int, now: float) -> bool:
        """Whether it can be shown as it is."""
        news = view != self.view and now - self.looked > _NEWS_SECONDS
        return now - self.made < _KEPT_SECONDS and not news


@dataclass(frozen=True)
class _Visit:
    """Everything that one page is made from."""

    engine: Engine
    asked: Asked
    known: _Known
    taste: Taste
    user: str | None

    @property
    def basis(self) -> Basis:
        if self.asked.like is not None:
            return "similar"
        if self.taste.rows:
            return "personal"
        return "topics" if self.asked.wish.topics else "popular"


class Recommender:
    """Makes pages.

    Args:
        store: signals.
        cards: posts.
        lists: ranked lists.
        hiding: what readers hide.
        engine: gives what ranks at the moment.
        weights: how much each verb counts.
    """

    def __init__(
        self,
        store: RecommendStore,
        cards: Cards,
        lists: Lists,
        hiding: Hiding,
        engine: Callable[[], Engine],
        *,
        weights: Mapping[str, float],
    ) -> None:
        self._store = store
        self._cards = cards
        self._lists = lists
        self._hiding = hiding
        self._engine = engine
        self._weights = weights
        self._kept: dict[str, _Kept] = {}

    def page(self, asked: Asked, reader: Reader | None) -> Page:
        """One page of recommendations.

        Raises:
            NotReady: the posts are still being read.
            UnknownPost: there is no post that others could be like.
            Expired: the position is of no list that this reader has.
        """
        engine, known = self._engine(), self._known(reader)
        user = reader.user if reader else None
        visit = _Visit(engine, asked, known, self._taste(engine, known), user)
        ranked, offset = self._list(visit)
        posts, end, ranked = self._walk(visit, ranked, offset)
        if end == len(ranked.posts):
            ranked = self._longer(visit, ranked)
        following = (ranked.id, end) if end < len(ranked.posts) else None
        items = self._explained(visit, posts)
        return Page(items, following, visit.basis, [] if known.live else ["hide"])

    def topics(self) -> list[tuple[str, int]]:
        """Each topic with its number of posts."""
        return self._engine().view.topics()

    def _known(self, reader: Reader | None) -> _Known:
        if reader is None:
            return _Known()
        asked_at = time.monotonic()
        asked = self._hiding.ask(reader.bearer)
        if asked is None:
            return _Known(*self._store.signals_and_hidden(reader.user))
        signals = self._store.signals(reader.user)
        answer = self._hiding.answer(asked, reader.user, time.monotonic() - asked_at)
        if not answer.live:
            metrics.DEGRADED.inc()
        return _Known(signals, answer.hidden, answer.live)

    def _taste(self, engine: Engine, known: _Known) -> Taste:
        strengths: dict[int, float] = {}
        strongest: dict[int, Signal] = {}
        for signal in known.signals:
            row = engine.view.row(signal.post)
            if row is None:
                continue
            weight = self._weights[signal.verb]
            strengths[row] = strengths.get(row, 0.0) + weight
            before = strongest.get(row)
            if before is None or (signal.seen, weight) > (before.seen, self._weights[before.verb]):
                strongest[row] = signal
        taken = {row: weight for row, weight in strengths.items() if weight > 0}
        disliked = [
            row for post in known.hidden.posts if (row := engine.view.row(post)) is not None
        ]
        rows = list(taken)[:MOST_SIGNALS]
        weights = [taken[row] for row in rows]
        return Taste(rows, weights, disliked[:MOST_SIGNALS], strongest)

    def _list(self, visit: _Visit) -> tuple[Ranked, int]:
        asked = visit.asked
        if asked.position:
            list_id, offset = asked.position
            ranked = self._lists.get(list_id, visit.user, asked.about)
            if ranked is None or offset > len(ranked.posts):
                raise Expired
            return ranked, offset
        if visit.user is None:
            return self._anybodys(visit), 0
        return self._lists.add(visit.user, asked.about, _ranked(visit, RANKED, _FIRST)), 0

    def _anybodys(self, visit: _Visit) -> Ranked:
        """The same list for everybody, stored once, for as long as no new post changes it."""
        now, about, view = time.monotonic(), visit.asked.about, visit.engine.view.number
        kept = self._kept.get(about)
        if kept and kept.good(view, now):
            return kept.ranked
        posts = _ranked(visit, RANKED, _FIRST)
        if kept and kept.ranked.posts == posts and now - kept.made < _KEPT_SECONDS:
            self._kept[about] = replace(kept, looked=now, view=view)
            return kept.ranked
        if len(self._kept) > _MOST_KEPT:
            self._kept.clear()
        ranked = self._lists.add(None, about, posts)
        self._kept[about] = _Kept(ranked, now, now, view)
        return ranked

    def _walk(self, visit: _Visit, ranked: Ranked, offset: int) -> tuple[list[Card], int, Ranked]:
        """Up to a page of posts from an offset on, the offset behind them, and the list by then."""
        found: list[Card] = []
        limit = visit.asked.limit
        while len(found) < limit:
            wanted = ranked.posts[offset : offset + limit - len(found)]
            if not wanted:
                longer = self._longer(visit, ranked)
                if len(longer.posts) == len(ranked.posts):
                    break
                ranked = longer
                continue
            offset += len(wanted)
            found += self._there(visit, wanted)
        return found, offset, ranked

    def _there(self, visit: _Visit, wanted: Sequence[str]) -> list[Card]:
        """Those of the posts that may still be shown."""
        posts, gone = self._cards.listed(wanted), self._gone(visit, wanted)
        there = [posts[post] for post in wanted if post in posts and post not in gone]
        return [post for post in there if _fits(post, visit.asked.wish, visit.known.hidden)]

    def _longer(self, visit: _Visit, ranked: Ranked) -> Ranked:
        """The list with more posts, if there are more."""
        before = set(ranked.posts)
        more = [post for post in _ranked(visit, len(before) + RANKED) if post not in before]
        return self._lists.extend(ranked, more) if more else ranked

    def _gone(self, visit: _Visit, posts: Sequence[str]) -> set[str]:
        """Those of the posts that this reader has done something with, or hides."""
        signals, hidden, user = visit.known.signals, visit.known.hidden, visit.user
        gone = {signal.post for signal in signals if signal.seen} | hidden.posts
        if user is not None and len(signals) >= MOST_SIGNALS:
            gone |= self._store.acted_on(user, posts)
        if user is not None and not hidden.complete:
            gone |= self._store.hidden_among(user, posts)
        return gone

    def _explained(self, visit: _Visit, posts: list[Card]) -> list[tuple[Card, str]]:
        match visit.basis:
            case "similar":
                return self._explained_alike(visit, posts)
            case "topics":
                return [(post, reasons.topical(post, visit.asked.wish.topics)) for post in posts]
            case "popular":
                return [(post, reasons.popular(post)) for post in posts]
        sources = _sources(visit, posts)
        known = self._cards.listed(signal.post for signal in sources.values())
        return [(post, _reason(post, sources.get(post["id"]), known)) for post in posts]

    def _explained_alike(self, visit: _Visit, posts: list[Card]) -> list[tuple[Card, str]]:
        like = str(visit.asked.like)
        other: Card = self._cards.listed([like]).get(like, {})
        shared, telling = _shared(visit.engine, like, posts), visit.engine.telling
        return [
            (post, reasons.like(post, other, shared.get(post["id"], 0.0), telling))
            for post in posts
        ]


def _ranked(visit: _Visit, most: int, first: int | None = None) -> list[str]:
    """The best posts, or only the first of them."""
    ids = visit.engine.view.ids
    return [ids[row] for row in _rows(visit, most)[:first]]


def _rows(visit: _Visit, most: int) -> Sequence[int]:
    engine, wish, hidden = visit.engine, visit.asked.wish, visit.known.hidden
    if visit.asked.like is not None:
        row = engine.view.row(visit.asked.like)
        if row is None:
            raise UnknownPost
        return engine.similar(row, wish, hidden, most)
    if visit.taste.rows:
        return engine.personal(visit.taste, wish, hidden, most)
    return engine.popular(wish, hidden, most)


def _sources(visit: _Visit, posts: list[Card]) -> dict[str, Signal]:
    """For each post the signal that it is recommended for, if there is one."""
    engine, taste = visit.engine, visit.taste
    rows = rows_of(engine.view, [post["id"] for post in posts])
    nearest = engine.nearest(rows, taste)
    return {engine.view.ids[row]: taste.signals[near] for row, near in nearest.items()}


def _shared(engine: Engine, like: str, posts: list[Card]) -> dict[str, float]:
    """How often the same people liked a post and each of some others."""
    row = engine.view.row(like)
    if engine.model is None or row is None:
        return {}
    rows = rows_of(engine.view, [post["id"] for post in posts])
    strengths = engine.model.shared(row, rows)
    return {engine.view.ids[at]: float(n) for at, n in zip(rows, strengths, strict=True)}


def _reason(post: Card, signal: Signal | None, known: Mapping[str, Card]) -> str:
    if signal is None or signal.post not in known:
        return reasons.popular(post)
    return reasons.because(signal, known[signal.post])


def _fits(post: Card, wish: Wish, hidden: Hidden) -> bool:
    """What may have changed since the list was made."""
    place = folded(str(post.get("subreddit") or ""))
    return (wish.adult or not post.get("over_18")) and not (place and place in hidden.subreddits)
