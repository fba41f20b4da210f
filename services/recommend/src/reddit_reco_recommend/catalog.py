"""The posts that can be recommended, as columns: a post keeps its row as long as it lives."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from .domain import Post, folded, mark
from .terms import Index, Terms, grown
from .text import terms

Floats = NDArray[np.float32]
_NOWHERE = -1
_MANY = 10_000
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class View:
    """The catalog as it was when this was made. Deletions after that show in `alive`.

    No two views have the same `number`.
    """

    number: int
    ids: list[str]
    rows: dict[str, int]
    marks: NDArray[np.uint32]
    posts: int
    places: NDArray[np.int32]
    names: list[str]
    codes: dict[str, int]
    scores: Floats
    created: NDArray[np.float64]
    adult: NDArray[np.bool_]
    alive: NDArray[np.bool_]
    index: Index

    def row(self, post_id: str) -> int | None:
        """The row of a living post that this view has."""
        row = self.rows.get(post_id)
        return row if row is not None and row < self.posts and self.alive[row] else None

    def place_codes(self, names: Iterable[str]) -> list[int]:
        """The codes of subreddits by name, leaving out the unknown."""
        return [self.codes[name] for name in names if name in self.codes]

    def topics(self) -> list[tuple[str, int]]:
        """Each subreddit with its number of posts, those with most first."""
        there = self.places[self.alive & ~self.adult]
        counts = np.bincount(there[there >= 0], minlength=len(self.names))
        order = sorted(range(len(self.names)), key=lambda code: (-counts[code], self.names[code]))
        return [(self.names[code], int(counts[code])) for code in order if counts[code]]


class Catalog:
    """Posts come, change and go. One thread writes; others read views."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._marks = np.zeros(1024, np.uint32)
        self._places = np.zeros(1024, np.int32)
        self._names: list[str] = []
        self._codes: dict[str, int] = {}
        self._scores = np.zeros(1024, np.float32)
        self._created = np.zeros(1024, np.float64)
        self._adult = np.zeros(1024, np.bool_)
        self._alive = np.zeros(1024, np.bool_)
        self._terms = Terms()
        self._dead = 0

    def __len__(self) -> int:
        return len(self._ids) - self._dead

    @property
    def wasteful(self) -> bool:
        """Whether so many rows are of deleted posts that a new catalog would be much smaller."""
        return self._dead > max(_MANY, len(self._ids) // 5)

    def put(self, post: Post, tags: Iterable[str] = ()) -> None:
        """Add a post, or change it.

        Raises:
            KeyError, TypeError, ValueError: the post is not in form.
        """
        found = terms(post, tags)
        created, score = _seconds(post["created_at"]), float(post.get("score") or 0)
        row = self._rows.get(post["_id"])
        row = self._new_row(str(post["_id"])) if row is None else row
        self._terms.put(row, found)
        self._places[row] = self._place(post.get("subreddit"))
        self._scores[row], self._created[row] = score, created
        self._adult[row] = bool(post.get("over_18"))
        self._alive[row] = True

    def remove(self, post_id: str) -> bool:
        """Take a post out at once, in views made before as well; whether it was there."""
        row = self._rows.pop(post_id, None)
        if row is None:
            return False
        self._alive[row] = False
        self._dead += 1
        return True

    def view(self) -> View:
        """The posts as they are now."""
        posts = len(self._ids)
        return View(
            number=next(_NUMBERS),
            ids=self._ids,
            rows=self._rows,
            marks=self._marks[:posts],
            posts=posts,
            places=self._places[:posts],
            names=self._names,
            codes=self._codes,
            scores=self._scores[:posts],
            created=self._created[:posts],
            adult=self._adult[:posts],
            alive=self._alive[:posts],
            index=self._terms.snapshot(),
        )

    def _new_row(self, post_id: str) -> int:
        row = len(self._ids)
        for name in ("_marks", "_places", "_scores", "_created", "_adult", "_alive"):
            setattr(self, name, grown(getattr(self, name), row + 1))
        self._ids.append(post_id)
        self._marks[row] = mark(post_id)
        self._rows[post_id] = row
        return row

    def _place(self, subreddit: str | None) -> int:
        if not subreddit:
            return _NOWHERE
        key = folded(subreddit)
        if (code := self._codes.get(key)) is None:
            code = len(self._names)
            self._names.append(subreddit)
            self._codes[key] = code
        return code


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
