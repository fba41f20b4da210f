"""Rules: a post that fits what a user asked for gets the tag by itself."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .words import words

MOST_RULES = 100
Key = tuple[str, str]


@dataclass(frozen=True)
class Rule:
    """One user's rule. All that it asks for must hold; texts are folded."""

    user: str
    tag: str
    subreddit: str | None
    author: str | None
    source: str | None
    words: frozenset[str]

    @classmethod
    def of(cls, user: str, stored: Mapping[str, Any]) -> "Rule":
        """A rule as it is kept: `{"tag", "when": {...}}`."""
        when = stored["when"]
        return cls(
            user,
            stored["tag"],
            _folded(when.get("subreddit")),
            _folded(when.get("author")),
            when.get("source"),
            frozenset(word.casefold() for word in when.get("words") or ()),
        )

    @property
    def key(self) -> Key:
        """What a post must have for this rule to be looked at: what the fewest posts have."""
        if self.subreddit is not None:
            return "subreddit", self.subreddit
        if self.author is not None:
            return "author", self.author
        if self.words:
            return "word", max(self.words, key=lambda word: (len(word), word))
        return "source", self.source or ""

    def fits(self, post: "Arrival") -> bool:
        """Whether the post has all that the rule asks for."""
        return (
            self.subreddit in (None, post.subreddit)
            and self.author in (None, post.author)
            and self.source in (None, post.source)
            and (not self.words or self.words <= post.words)
        )


def joined(kept: Sequence[dict[str, Any]], more: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules that are kept, and of some more those that are new, as far as there is room."""
    found = list(kept)
    for rule in more:
        if rule not in found and len(found) < MOST_RULES:
            found.append(rule)
    return found


class Arrival:
    """A post as rules see it; its words are looked for in title and text, and only if asked."""

    def __init__(self, post: Mapping[str, Any]) -> None:
        self.id: str = post["_id"]
        self.subreddit = _folded(post.get("subreddit"))
        self.author = _folded(post.get("author"))
        self.source = post.get("source")
        self._text = f"{post.get('title') or ''}\n{post.get('text') or ''}"

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of title and text."""
        return words(self._text)


class RuleBook:
    """The rules of all users, laid out so that a post meets only those that may fit it."""

    def __init__(self) -> None:
        self._of_user: dict[str, list[Rule]] = {}
        self._by_key: defaultdict[Key, list[Rule]] = defaultdict(list)
        self._with_words = 0

    def put(self, user: str, stored: Sequence[Mapping[str, Any]]) -> None:
        """Take a user's rules in place of those before."""
        self.remove(user)
        rules = [Rule.of(user, each) for each in stored]
        self._of_user[user] = rules
        for rule in rules:
            self._by_key[rule.key].append(rule)
        self._with_words += _by_word(rules)

    def remove(self, user: str) -> None:
        """Forget a user's rules."""
        gone = self._of_user.pop(user, [])
        for key in {rule.key for rule in gone}:
            left = [rule for rule in self._by_key.pop(key) if rule.user != user]
            if left:
                self._by_key[key] = left
        self._with_words -= _by_word(gone)

    def fitting(self, post: Arrival) -> list[Rule]:
        """The rules that the post fits."""
        return [
            rule
            for key in self._keys(post)
            for rule in self._by_key.get(key, ())
            if rule.fits(post)
        ]

    def _keys(self, post: Arrival) -> Iterator[Key]:
        if post.subreddit is not None:
            yield "subreddit", post.subreddit
        if post.author is not None:
            yield "author", post.author
        if post.source is not None:
            yield "source", post.source
        if self._with_words:
            yield from (("word", word) for word in post.words)


def _by_word(rules: Sequence[Rule]) -> int:
    return sum(rule.key[0] == "word" for rule in rules)


def _folded(name: str | None) -> str | None:
    return None if name is None else name.casefold()
