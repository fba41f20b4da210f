"""Everything that one page is made from: who asks for what, and what is known of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .cursors import Position
from .domain import Basis, Hidden, Signal, Taste, UnknownPost, Wish
from .engine import Engine
from .store import MOST_SIGNALS


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
    position: Position | None = None


@dataclass(frozen=True)
class Known:
    """What is known of the reader; `live` if hide itself said what they hide."""

    signals: list[Signal] = field(default_factory=list)
    hidden: Hidden = field(default_factory=Hidden)
    live: bool = True


@dataclass(frozen=True)
class Visit:
    """One request for a page."""

    engine: Engine
    asked: Asked
    known: Known
    taste: Taste
    user: str | None

    @property
    def basis(self) -> Basis:
        """What the page is based on."""
        if self.asked.like is not None:
            return "similar"
        if self.taste.rows:
            return "personal"
        return "topics" if self.asked.wish.topics else "popular"

    def ranked(self, most: int, first: int | None = None) -> list[str]:
        """The best posts, so many, or only the first of them.

        Raises:
            UnknownPost: there is no post that others could be like.
        """
        ids = self.engine.view.ids
        return [ids[row] for row in self._rows(most)[:first]]

    def _rows(self, most: int) -> Sequence[int]:
        engine, wish, hidden = self.engine, self.asked.wish, self.known.hidden
        if self.asked.like is not None:
            row = engine.view.row(self.asked.like)
            if row is None:
                raise UnknownPost
            return engine.similar(row, wish, hidden, most)
        if self.taste.rows:
            return engine.personal(self.taste, wish, hidden, most)
        return engine.popular(wish, hidden, most)


def taste(engine: Engine, known: Known, weights: Mapping[str, float]) -> Taste:
    """What a reader's signals say of them.

    Args:
        engine: what ranks.
        known: the signals, and what is hidden.
        weights: how much each verb counts.
    """
    strengths: dict[int, float] = {}
    strongest: dict[int, Signal] = {}
    for signal in known.signals:
        row = engine.view.row(signal.post)
        if row is None:
            continue
        weight = weights[signal.verb]
        strengths[row] = strengths.get(row, 0.0) + weight
        before = strongest.get(row)
        if before is None or (signal.seen, weight) > (before.seen, weights[before.verb]):
            strongest[row] = signal
    taken = {row: weight for row, weight in strengths.items() if weight > 0}
    disliked = [row for post in known.hidden.posts if (row := engine.view.row(post)) is not None]
    rows = list(taken)[:MOST_SIGNALS]
    return Taste(rows, [taken[row] for row in rows], disliked[:MOST_SIGNALS], strongest)
