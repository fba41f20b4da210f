"""The reason of each post on a page."""

from collections.abc import Collection, Mapping

from . import reasons
from .cards import Card, Cards
from .domain import Signal
from .engine import Engine, rows_of
from .visits import Visit

Explained = list[tuple[Card, str]]


def explained(visit: Visit, posts: list[Card], cards: Cards) -> Explained:
    """The posts of a page, each with its reason.

    Args:
        visit: what the page is made from.
        posts: on it.
        cards: where the posts are that reasons name.
    """
    match visit.basis:
        case "similar":
            return _alike(visit, posts, cards)
        case "topics":
            return [(post, reasons.topical(post, visit.asked.wish.topics)) for post in posts]
        case "popular":
            return [(post, reasons.popular(post)) for post in posts]
    sources = _sources(visit, posts)
    known = cards.listed(signal.post for signal in sources.values())
    sourced = {post: signal for post, signal in sources.items() if signal.post in known}
    drawn = _drawn(visit, [post["id"] for post in posts if post["id"] not in sourced])
    return [(post, _reason(post, sourced.get(post["id"]), known, drawn)) for post in posts]


def _alike(visit: Visit, posts: list[Card], cards: Cards) -> Explained:
    like = str(visit.asked.like)
    other: Card = cards.listed([like]).get(like, {})
    shared, telling = _shared(visit.engine, like, posts), visit.engine.telling
    return [
        (post, reasons.like(post, other, shared.get(post["id"], 0.0), telling)) for post in posts
    ]


def _sources(visit: Visit, posts: list[Card]) -> dict[str, Signal]:
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


def _drawn(visit: Visit, posts: list[str]) -> set[str]:
    """Those of some posts that are here for who likes them, more than for being popular."""
    view = visit.engine.view
    return {view.ids[row] for row in visit.engine.drawn(rows_of(view, posts), visit.taste)}


def _reason(
    post: Card, signal: Signal | None, known: Mapping[str, Card], drawn: Collection[str]
) -> str:
    if signal is not None:
        return reasons.because(signal, known[signal.post])
    return reasons.company() if post["id"] in drawn else reasons.popular(post)
