"""Which list a reader walks through, and where in it they are.

A first page is ranked and forgotten: few go on. Its cursor says what it showed, so the second page
is ranked as well, without that, by whatever pod; and is of a list that is stored before it is
answered, so that what comes after depends on no process.
"""

import time
from dataclasses import dataclass, replace

import numpy as np

from .cursors import Place, Position, Shown, marks
from .lists import Lists, Ranked
from .seals import Seals
from .visits import Visit

# So many posts are ranked at once, and so many of them kept: who walks on gets more.
_RANKED = 500
_FIRST = 240
# Anybody's lists are made anew that often, and where there are new posts after a shorter while.
_KEPT_SECONDS = 30.0
_NEWS_SECONDS = 1.0
_MOST_KEPT = 1_000
_NOBODY = ""


class Expired(Exception):
    """The list is not kept any more, is somebody else's, or was never there."""


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


class Walks:
    """Begins walks and goes on with them.

    Args:
        lists: where lists are stored.
        seals: of cursors that say what was shown.
    """

    def __init__(self, lists: Lists, seals: Seals) -> None:
        self._lists = lists
        self._seals = seals
        self._kept: dict[str, _Kept] = {}

    def at(self, visit: Visit) -> tuple[Ranked, int]:
        """The list of a page, and the offset that it begins at.

        Raises:
            UnknownPost: there is no post that others could be like.
            Expired: the position is of no list that this reader has.
        """
        match visit.asked.position:
            case Place(name, offset):
                ranked = self._lists.get(name, visit.user, visit.asked.about)
                if ranked is None or offset > len(ranked.posts):
                    raise Expired
                return ranked, offset
            case Shown() as shown:
                return self._second(visit, shown)
        return self._first(visit), 0

    def longer(self, visit: Visit, ranked: Ranked) -> Ranked:
        """The list with more posts, if there are more."""
        before = set(ranked.posts)
        more = [post for post in visit.ranked(len(before) + _RANKED) if post not in before]
        if not more:
            return ranked
        if not ranked.id:
            return replace(ranked, posts=[*ranked.posts, *more])
        return self._lists.extend(ranked, more)

    def following(self, visit: Visit, ranked: Ranked, end: int, shown: list[str]) -> Position:
        """Where the page after one begins that ends at an offset and showed these posts."""
        if ranked.id:
            return Place(ranked.id, end)
        written = marks(shown)
        seal = self._seals.seal(visit.user or _NOBODY, visit.asked.about, written)
        return Shown(written, seal)

    def _first(self, visit: Visit) -> Ranked:
        if visit.user is None:
            return self._anybodys(visit)
        return Ranked("", visit.user, visit.asked.about, visit.ranked(_RANKED, _FIRST))

    def _second(self, visit: Visit, shown: Shown) -> tuple[Ranked, int]:
        """The list of the second page: stored, with what the first one showed before all else."""
        about = visit.asked.about
        # Who signs in goes on with what they saw before.
        if not any(
            self._seals.holds(shown.seal, user, about, shown.marks)
            for user in dict.fromkeys((visit.user or _NOBODY, _NOBODY))
        ):
            raise Expired
        ranked, before = self._first(visit), _those(visit, shown)
        if set(ranked.posts[: len(before)]) != before:
            posts = [*before, *(post for post in ranked.posts if post not in before)]
            ranked = replace(ranked, id="", posts=posts)
        return ranked if ranked.id else self._stored(ranked), len(before)

    def _stored(self, ranked: Ranked) -> Ranked:
        stored = self._lists.add(ranked.user, ranked.about, ranked.posts)
        kept = self._kept.get(ranked.about)
        if kept is not None and kept.ranked is ranked:
            self._kept[ranked.about] = replace(kept, ranked=stored)
        return stored

    def _anybodys(self, visit: Visit) -> Ranked:
        """The same list for everybody for as long as no new post changes it."""
        now, about, view = time.monotonic(), visit.asked.about, visit.engine.view.number
        kept = self._kept.get(about)
        if kept and kept.good(view, now):
            return kept.ranked
        posts = visit.ranked(_RANKED, _FIRST)
        if kept and kept.ranked.posts == posts and now - kept.made < _KEPT_SECONDS:
            self._kept[about] = replace(kept, looked=now, view=view)
            return kept.ranked
        if len(self._kept) > _MOST_KEPT:
            self._kept.clear()
        ranked = Ranked("", None, about, posts)
        self._kept[about] = _Kept(ranked, now, now, view)
        return ranked


def _those(visit: Visit, shown: Shown) -> set[str]:
    """The posts that marks stand for."""
    view = visit.engine.view
    return {view.ids[row] for row in np.flatnonzero(np.isin(view.marks, shown.numbers))}
