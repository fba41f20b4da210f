"""Which of a user's own tags fit a post, learned from the posts that they tagged before.

The tags used most are the baseline; the tags of the nearest tagged posts (kNN, cosine over tf-idf)
are better; and better still if a tag whose own name is in the title counts for more, as often as
its name meant the tag before, which is what the service does. README.md has the measurements.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

_NEIGHBOURS = 30
_SHARPNESS = 1.5
_PRIOR = 0.1
_NAMED = 1.0
# What is expected of a name, as if seen in so many posts.
_MEANT, _EXPECTED = 0.7, 3
_EVIDENCE = 3
_BETWEEN_PARTS = re.compile(r"[-_.]+")


@dataclass(frozen=True)
class Tagged:
    """A post that the user tagged: the tags, folded, and its words."""

    tags: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True)
class Suggestion:
    """A tag, how well it fits (0..1), and why."""

    tag: str
    score: float
    reason: str


@dataclass(frozen=True)
class Neighbour:
    """A tagged post that shares words with the post in question; `likeness` is in 0..1."""

    post: Tagged
    likeness: float


class History:
    """What a user has tagged so far."""

    def __init__(self, posts: Sequence[Tagged]) -> None:
        self._posts = posts
        self.used = Counter(tag for post in posts for tag in post.tags)

    def most_used(self) -> dict[str, float]:
        """Each tag's share of the tagged posts: the baseline, whatever the post in question."""
        return {tag: number / len(self._posts) for tag, number in self.used.items()}

    def nearest(self, words: Collection[str]) -> list[Neighbour]:
        """The tagged posts that are most alike."""
        alike = [(self._likeness(words, post), n) for n, post in enumerate(self._posts)]
        best = sorted((pair for pair in alike if pair[0] > 0), key=lambda pair: (-pair[0], pair[1]))
        return [Neighbour(self._posts[n], likeness) for likeness, n in best[:_NEIGHBOURS]]

    def blend(self, near: Sequence[Neighbour]) -> dict[str, float]:
        """Votes of the neighbours, with the share of use as a prior worth `_PRIOR` of a vote."""
        votes: defaultdict[str, float] = defaultdict(float)
        for neighbour in near:
            for tag in neighbour.post.tags:
                votes[tag] += neighbour.likeness**_SHARPNESS
        whole = sum(each.likeness**_SHARPNESS for each in near) + _PRIOR
        prior = self.most_used()
        return {tag: (votes[tag] + _PRIOR * share) / whole for tag, share in prior.items()}

    def meant(self, tag: str) -> float:
        """How often a post that says a tag's name has the tag, by what the user did; smoothed."""
        forms = [_forms(part) for part in _parts(tag)]
        said = [
            post for post in self._posts if not any(post.words.isdisjoint(each) for each in forms)
        ]
        has = sum(tag in post.tags for post in said)
        return (has + _MEANT * _EXPECTED) / (len(said) + _EXPECTED)

    def weight(self, word: str) -> float:
        """How much a word tells: idf, log((1 + N) / (1 + df)) + 1; 0 if no tagged post has it."""
        number = self._frequencies.get(word, 0)
        return math.log((1 + len(self._posts)) / (1 + number)) + 1 if number else 0.0

    @cached_property
    def _frequencies(self) -> Counter[str]:
        return Counter(word for post in self._posts for word in post.words)

    def _likeness(self, words: Collection[str], post: Tagged) -> float:
        shared = self._square(post.words.intersection(words))
        return shared / math.sqrt(self._square(words) * self._square(post.words)) if shared else 0.0

    def _square(self, words: Iterable[str]) -> float:
        return sum(self.weight(word) ** 2 for word in words)


def suggest(
    history: Sequence[Tagged], words: frozenset[str], have: Collection[str], limit: int
) -> list[Suggestion]:
    """The user's own tags that fit best, best first.

    Args:
        history: the posts that the user tagged.
        words: of the post in question; none if it is not known.
        have: tags that the post has already, folded.
        limit: how many at most.
    """
    learned = History(history)
    near = learned.nearest(words)
    scores = {
        tag: (vote + (_NAMED * learned.meant(tag) if names(tag, words) else 0)) / (1 + _NAMED)
        for tag, vote in learned.blend(near).items()
    }
    best = sorted(scores.keys() - set(have), key=lambda tag: (-scores[tag], tag))[:limit]
    return [Suggestion(tag, scores[tag], _reason(tag, words, near, learned)) for tag in best]


def names(tag: str, words: Collection[str]) -> bool:
    """Whether all parts of a tag's name are words or subreddit; a plural is as good."""
    parts = _parts(tag)
    return bool(parts) and not any(_forms(part).isdisjoint(words) for part in parts)


def _parts(tag: str) -> list[str]:
    return [part for part in _BETWEEN_PARTS.split(tag) if part]


def _forms(part: str) -> frozenset[str]:
    """How words say a part of a tag's name."""
    one = _singular(part)
    forms = {part, one, f"{one}s"} if len(one) > 2 else {part}
    return frozenset(forms | {f"r/{form}" for form in forms})


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _reason(tag: str, words: frozenset[str], near: Sequence[Neighbour], history: History) -> str:
    if names(tag, words):
        return f"The post says it, and you gave it to {_posts(history.used[tag])}."
    alike = [each.post for each in near if tag in each.post.tags]
    if not alike:
        return f"One of your tags: you gave it to {_posts(history.used[tag])}."
    shared = Counter(word for post in alike for word in post.words & words)
    strongest = sorted(shared, key=lambda word: (-shared[word] * history.weight(word), word))
    return f"You gave it to {_posts(len(alike))} like this one: {', '.join(strongest[:_EVIDENCE])}."


def _posts(number: int) -> str:
    return "1 post" if number == 1 else f"{number} posts"
