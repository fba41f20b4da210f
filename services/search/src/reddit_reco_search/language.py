"""The query language: words, "phrases", prefix*, -not and field:value.

Pure and total: any text becomes a query, or a QueryError that says what is wrong with it.
"""

import re
from dataclasses import dataclass
from enum import Enum

FIELDS = ("title", "subreddit", "author", "source", "tag")
SHORTEST_PREFIX = 2
# Each of these may cost more than all plain words together.
MOST_OPERATORS = 16

_FIELD = re.compile(rf"({'|'.join(FIELDS)}):(?=\S)", re.IGNORECASE)
_CURLY = str.maketrans("“”„‟", '""""')
_WORD = re.compile(r'[^\s"]+')
# A quote closes a phrase where no word goes on behind it: 'she had "broken' does not.
_CLOSING = re.compile(r'"(?!\w)')


class QueryError(ValueError):
    """The text cannot be searched for; the message says why, to a person."""


class Kind(Enum):
    """How a clause's text is compared."""

    WORD = "word"
    PHRASE = "phrase"
    PREFIX = "prefix"


@dataclass(frozen=True)
class Clause:
    """One part of a query. Without a field, it looks in everything that a post says."""

    text: str
    kind: Kind = Kind.WORD
    field: str | None = None
    excluded: bool = False


@dataclass(frozen=True)
class Query:
    """What a reader asked for, part by part; at least one part is not excluded."""

    clauses: tuple[Clause, ...]


def parse(text: str) -> Query:
    """Read a query.

    Raises:
        QueryError: a quote is left open, there are too many operators, or there is nothing to look
            for.
    """
    clauses = tuple(dict.fromkeys(_Reader(text.translate(_CURLY))))
    if not any(not clause.excluded for clause in clauses):
        raise QueryError(
            "There is nothing to search for: give at least one word that has no minus before it."
        )
    if sum(clause != Clause(clause.text) for clause in clauses) > MOST_OPERATORS:
        raise QueryError(
            f"There is too much at once: at most {MOST_OPERATORS} phrases, prefixes, fields and "
            "exclusions."
        )
    return Query(clauses)


class _Reader:
    """Walks over the text once, from the left."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def __iter__(self) -> "_Reader":
        return self

    def __next__(self) -> Clause:
        while self._at < len(self._text):
            clause = self._step()
            if clause is not None and re.search(r"[^\W_]", clause.text):
                return clause
        raise StopIteration

    def _step(self) -> Clause | None:
        if self._text[self._at].isspace():
            self._at += 1
            return None
        start = self._at
        excluded = self._take_minus()
        field = self._take_field()
        if self._peek() == '"':
            return self._phrase(field, excluded, glued=self._at == start)
        return self._word(field, excluded)

    def _take_minus(self) -> bool:
        at_start = self._at == 0 or self._text[self._at - 1].isspace()
        following = self._text[self._at + 1 : self._at + 2]
        if self._peek() != "-" or not at_start or not (following == '"' or following.isalnum()):
            return False
        self._at += 1
        return True

    def _take_field(self) -> str | None:
        match = _FIELD.match(self._text, self._at)
        if match is None or (self._at and self._text[self._at - 1].isalnum()):
            return None
        self._at = match.end()
        return match.group(1).lower()

    def _phrase(self, field: str | None, excluded: bool, *, glued: bool) -> Clause | None:
        before = self._text[self._at - 1 : self._at] if glued else ""
        self._at += 1
        if before.isdigit():
            return None  # 5.25" is inches
        closing = _CLOSING.search(self._text, self._at)
        if closing is None or before.isalpha():
            raise QueryError("The quotation marks do not pair up: every phrase needs two of them.")
        phrase = self._text[self._at : closing.start()]
        self._at = closing.end()
        return Clause(phrase, Kind.PHRASE, field, excluded)

    def _word(self, field: str | None, excluded: bool) -> Clause | None:
        match = _WORD.match(self._text, self._at)
        if match is None:
            return None
        self._at = match.end()
        word = match.group()
        base = word.rstrip("*")
        long_enough = len(re.findall(r"\w", base)) >= SHORTEST_PREFIX
        if base != word and long_enough and re.search(r"\w$", base):
            return Clause(base, Kind.PREFIX, field, excluded)
        return Clause(word, Kind.WORD, field, excluded)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]
