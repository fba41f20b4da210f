"""The ranking: what everybody's signals say and what posts say, blended.

Each part is scaled to the mean of its twenty best, so that the weights mean the same for everyone.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .catalog import View
from .diversity import CANDIDATES, diverse, in_turns, likeness, max_sum
from .domain import Hidden, Taste, Wish
from .factors import Pull
from .fresh import Fresh
from .model import Model
from .ranking import Rows, best, best_of, highest, mean_of_best
from .text import KINDS, bucket, tag_term

Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]
Ranked = list[int]

_DAY = 86_400.0
# A word that more posts than this share have, and not only few posts at all, names no subject.
_OFTEN = 0.005
_FEW = 20
# Who did so little is to be understood first, and then shown the half of what there is besides.
_LITTLE = 5
_DRAWN = 0.5


@dataclass(frozen=True)
class Blend:
    """How much each part counts.

    What people tag says much: where a reader's posts have no tags, the company that posts keep
    counts `untagged` times as much. Who did little wants, of what is alike, what many have tagged:
    with power `tagged` / (1 + number of their posts). `diversity` is what the share of its tags and
    its subreddit in the list so far costs a post, for who did much: n / (n + 5) of it after n.
    """

    content: float = 1.0
    factors: float = 0.1
    together: float = 0.1
    popular: float = 0.02
    dislike: float = 0.2
    untagged: float = 4.0
    tagged: float = 0.75
    alike: float = 0.4
    diversity: float = 2.0


@dataclass(frozen=True)
class Engine:
    """Ranks the posts of a view with what was learned, if anything was yet, and since then."""

    view: View
    model: Model | None
    blend: Blend = Blend()
    fresh: Fresh | None = None

    def personal(self, taste: Taste, wish: Wish, hidden: Hidden, most: int) -> Ranked:
        """The posts for a reader, best first; what they have seen is left out."""
        allowed = self._allowed(wish, hidden, self._matching(wish))
        allowed[[row for row, signal in taste.signals.items() if signal.seen]] = False
        return diverse(self._mixed(taste, *self._best(taste, allowed, most)), self.view.places)

    def popular(self, wish: Wish, hidden: Hidden, most: int) -> Ranked:
        """The posts for anybody, best first; of topics, those that match more of them before.

        Subreddits that are picked take turns, whatever the scores in each of them are like.
        """
        matching = self._matching(wish)
        allowed = self._allowed(wish, hidden, matching)
        if matching is None:
            return diverse(best(self._popularity, allowed, most), self.view.places)
        rows = np.flatnonzero(allowed)
        scores, groups = (matching + self._last_word)[rows], self.view.places[rows]
        groups = np.where(np.isin(groups, self.view.place_codes(wish.topics)), groups, -1)
        return diverse(in_turns(rows, scores, groups, most), self.view.places)

    def similar(self, row: int, wish: Wish, hidden: Hidden, most: int) -> Ranked:
        """The posts most like one, best first."""
        allowed = self._allowed(wish, hidden)
        allowed[row] = False
        scores = self._content(Taste([row], [1.0]))
        if self.model:
            self._add_together(scores, Taste([row], [1.0]), self.model, self.blend.alike)
        return list(map(int, best(scores, allowed & (scores > 0), most)))

    def scores(self, taste: Taste) -> Scores:
        """How much a reader may like each post."""
        found, pull = self._parts(taste)
        return found + pull.at(np.arange(self.view.posts)) if pull else found

    def _mixed(self, taste: Taste, ranked: Rows, scores: Scores) -> Rows:
        """The ranking with the best of it such that no tag or subreddit has too much."""
        first = ranked[:CANDIDATES]
        terms, _, owners = self.view.index.entries(first.tolist())
        aspect = terms >= KINDS[1]
        alike = likeness(terms[aspect], owners[aspect], len(first))
        weight = self.blend.diversity * len(taste.rows) / (len(taste.rows) + _LITTLE)
        order = max_sum(scores[:CANDIDATES], alike, weight)
        return np.concatenate([first[order], ranked[CANDIDATES:]])

    def _best(self, taste: Taste, allowed: Mask, most: int) -> tuple[Rows, Scores]:
        """The rows of the highest scores: exactly, though few factors are looked at; and those."""
        scores, pull = self._parts(taste)
        if pull is None:
            ranked = best(scores, allowed, most)
            return ranked, scores[ranked]
        reach = scores + pull.most(self._spread)
        first = highest(reach, allowed, most)
        found = scores[first] + pull.at(first)
        # So many have at least this score: whoever cannot reach it is not among the best.
        able = allowed & (reach >= found.min(initial=np.inf))
        able[first] = False
        rows = np.flatnonzero(able)
        found = np.concatenate([found, scores[rows] + pull.at(rows)])
        return best_of(np.concatenate([first, rows]), found, most)

    def _parts(self, taste: Taste) -> tuple[Scores, Pull | None]:
        """How much a reader may like each post but for factors, and what those add."""
        found, pull = self._content(taste), None
        found *= np.float32(self.blend.content)
        if self.model:
            untagged = self._untagged(taste)
            self._add_together(found, taste, self.model, self.blend.together * untagged)
            pull = _pull(self.model, taste, self.blend.factors * untagged)
            if pull and self.fresh:
                found[self.fresh.rows] += pull.of(self.fresh.factors)
        if pull or found.any():
            found += self._last_word
        return found, pull

    def popularity(self, now: float | None = None) -> Scores:
        """By score and by how many like it; one of this week counts like one of a higher score."""
        view = self.view
        points = np.maximum(view.scores, 0).astype(np.float32)
        if self.model:
            points[self.model.rows] += 10 * self.model.popularity
        days = ((time.time() if now is None else now) - view.created) / _DAY
        fresh = 2 * np.exp2(-np.maximum(days, 0) / 7)
        return np.asarray(np.log10(1 + points) + fresh, np.float32)

    @cached_property
    def _popularity(self) -> Scores:
        # An engine lives for minutes, in which no post grows much older.
        return self.popularity()

    @cached_property
    def _decent(self) -> Mask:
        return ~self.view.adult

    @cached_property
    def _last_word(self) -> Scores:
        """Popularity, as it decides among equals."""
        mean = mean_of_best(self._popularity)
        return self._popularity * np.float32(self.blend.popular / mean if mean > 0 else 0)

    @cached_property
    def _spread(self) -> Scores:
        return self.model.factors.spread(self.view.posts) if self.model else np.zeros(0, np.float32)

    def nearest(self, rows: Sequence[int], taste: Taste) -> dict[int, int]:
        """For each of some posts, the post of the reader's that it is nearest to, if it is near."""
        if not rows or not taste.rows:
            return {}
        near = self.view.index.between(rows, taste.rows)
        if self.model:
            near += self.blend.alike * self.model.between(rows, taste.rows)
        if self.fresh:
            near += self.blend.alike * self.fresh.between(rows, taste.rows)
        near *= np.asarray(taste.weights, np.float32)
        closest = near.argmax(axis=1)
        return {
            row: taste.rows[closest[at]] for at, row in enumerate(rows) if near[at, closest[at]] > 0
        }

    def drawn(self, rows: Sequence[int], taste: Taste) -> set[int]:
        """Those of some posts that draw a reader by who likes them: half as much as the best do."""
        if not rows or not self.model:
            return set()
        # Of a weight of one, which is what the best draw at the mean.
        pull = _pull(self.model, taste, 1.0)
        if pull is None:
            return set()
        wanted = np.asarray(rows, np.int64)
        found = pull.at(wanted)
        if self.fresh:
            at, there = self.fresh.places(rows)
            found[at] += pull.of(self.fresh.factors[there])
        return set(wanted[found > _DRAWN].tolist())

    def telling(self, word: str) -> float:
        """How much a word says of what a post is about: more the fewer have it, 0 if many do."""
        view = self.view
        frequency = view.index.frequency(bucket(word))
        often = frequency > max(_FEW, _OFTEN * view.posts)
        return 0.0 if often else math.log1p(view.posts / max(1, frequency))

    def _allowed(self, wish: Wish, hidden: Hidden, matching: Scores | None = None) -> Mask:
        view = self.view
        allowed = view.alive.copy() if wish.adult else view.alive & self._decent
        if matching is not None:
            allowed &= matching > 0
        if hidden.subreddits:
            allowed &= ~_among(view, view.place_codes(hidden.subreddits))
        gone = [row for post in hidden.posts if (row := view.row(post)) is not None]
        allowed[gone] = False
        return allowed

    def _matching(self, wish: Wish) -> Scores | None:
        """How well posts match topics, if any: 1 for a subreddit, up to 1 for a tag, by rarity.

        A topic is a tag where no subreddit has that name.
        """
        if not wish.topics:
            return None
        view = self.view
        found = _among(view, view.place_codes(wish.topics)).astype(np.float32)
        tags = [view.index.having(tag_term(each)) for each in wish.topics - view.codes.keys()]
        tags = [rows for rows in tags if len(rows)]
        rarity = [math.log1p(view.posts / len(rows)) for rows in tags]
        for rows, rare in zip(tags, rarity, strict=True):
            found[rows] += np.float32(rare / max(rarity))
        return found

    def _content(self, taste: Taste) -> Scores:
        rows = [*taste.rows, *taste.disliked]
        # A reader who hides a lot still is what they like.
        share = self.blend.dislike * sum(taste.weights) / max(1, len(taste.disliked))
        weights = [*taste.weights, *[-share] * len(taste.disliked)]
        profile = self.view.index.profile(rows, weights)
        power = self.blend.tagged / (1 + len(taste.rows))
        found = self.view.index.scores(profile, power)
        mean = mean_of_best(found)
        found *= np.float32(1 / mean if mean > 0 else 0)
        return found

    def _untagged(self, taste: Taste) -> float:
        tags = self.view.index.tags[list(taste.rows)] > 0
        share = float(np.average(tags, weights=taste.weights)) if len(tags) else 0.0
        return share + self.blend.untagged * (1 - share)

    def _add_together(self, found: Scores, taste: Taste, model: Model, weight: float) -> None:
        near = model.together(taste.rows, taste.weights)
        there = np.flatnonzero(near != 0)
        near = near[there]
        if (mean := mean_of_best(near)) > 0:
            found[model.rows[there]] += near * np.float32(weight / mean)
            if self.fresh:
                beside = self.fresh.beside(taste.rows, taste.weights)
                found[self.fresh.rows] += beside * np.float32(weight / mean)


def _pull(model: Model, taste: Taste, weight: float) -> Pull | None:
    """How much a reader's factors draw them to posts, if those of their posts say anything."""
    vector = model.solve(taste.rows, taste.weights, taste.disliked)
    return None if vector is None else Pull(model.factors, vector, weight) or None


def _among(view: View, codes: list[int]) -> Mask:
    """The posts of these subreddits."""
    wanted = np.zeros(len(view.names) + 1, np.bool_)
    wanted[codes] = True
    return np.asarray(wanted[view.places])


def rows_of(view: View, ids: Any) -> list[int]:
    """The rows of those posts that a view has."""
    return [row for post in ids if (row := view.row(post)) is not None]
