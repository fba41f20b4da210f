"""From a parsed query to tantivy queries, a strict one and a relaxed one.

Strict: a post has every word, phrase and prefix that is asked for, wherever it says them. Relaxed:
some of the rarer words in its title will do. The weights were measured with `make bench-search`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tantivy import Occur, Query, Searcher

from . import spelling
from .domain import SENTENCE, Filters, folded
from .filtering import filtered
from .highlight import Matcher
from .index import SCHEMA, stems, words
from .language import Clause, Kind
from .language import Query as Asked

TEXT_WEIGHT = 0.1
SUBREDDIT_WEIGHT = 0.1
PREFIX_WEIGHT = 2.0
CORRECTION_WEIGHTS = (0.8, 0.5, 0.3)
LONG = 4
# Words in more posts than this (or a fiftieth of all) do not alone make a post worth showing.
COMMON = 1_000
# A word in more posts than this is spelt as it is meant.
RARE = 2
_MOST_CORRECTED = 10
_STOP = frozenset(
    # A list of fifty strings would fill a screen.
    "a an and are as at be but by for from has have how i if in into is it its my no not of on "  # noqa: SIM905
    "or s so t that the their then there these they this to was what when where which who why will "
    "with you your".split()
)


@dataclass(frozen=True)
class Word:
    """One word of the query: its term, and the terms that it may have been meant as.

    Readings of an unknown word count always, those of a rare word only where posts are few.
    """

    written: str
    term: str
    field: str | None
    frequency: int
    readings: tuple[str, ...]

    @property
    def stop(self) -> bool:
        """Whether it says nothing of what a post is about."""
        return self.written in _STOP

    @property
    def known(self) -> bool:
        """Whether any post has it."""
        return self.frequency > 0

    def query(self, ask: Callable[[str], Query], *, generous: bool) -> Query:
        """Posts for which `ask` finds the word, or one of its readings."""
        queries = [ask(self.term)]
        if generous or not self.known:
            weighted = zip(self.readings, CORRECTION_WEIGHTS, strict=False)
            queries += [Query.boost_query(ask(term), weight) for term, weight in weighted]
        return any_of(queries)


@dataclass(frozen=True)
class Plan:
    """A query in the engine's terms."""

    words: tuple[Word, ...]
    quoted: tuple[Word, ...]
    phrases: tuple[Query, ...]
    required: tuple[Query, ...]
    excluded: tuple[Query, ...]
    matcher: Matcher
    length: int

    @property
    def sentence(self) -> bool:
        """Whether this was pasted rather than made up: then not even its phrases are required."""
        return self.length > SENTENCE

    @property
    def long(self) -> bool:
        """Whether it has so many words that few posts can have them all."""
        return self.length >= LONG

    @property
    def relaxable(self) -> bool:
        """Whether there is anything that a post could do without."""
        return len(self.words) > 1 or self.doubtful or (self.sentence and bool(self.phrases))

    @property
    def doubtful(self) -> bool:
        """Whether a word that some posts have may have been meant as another."""
        return any(word.readings and word.known for word in self.words)

    @property
    def corrections(self) -> dict[str, list[str]]:
        """What unknown words were taken for."""
        return {
            word.written: list(word.readings)
            for word in self.words
            if word.readings and not word.known
        }

    def strict(self) -> Query:
        """Posts that have it all. A stop word is wanted only where there is nothing else."""
        wanted = [word for word in self.words if not word.stop]
        if not (wanted or self.required or self.phrases):
            wanted = list(self.words)
        rest = _others(self.words, wanted)
        must = [word.query(_place(word, _anywhere), generous=False) for word in wanted]
        return self._query([*must, *self.phrases, *self.required], rest)

    def relaxed(self, posts: int, *, some_have_all: bool) -> Query:
        """Posts that have some of the rarer words in their title, or have it all.

        Args:
            posts: how many there are in the index.
            some_have_all: whether `strict` finds any; else it need not be asked again.
        """
        common = max(COMMON, posts // 50)
        words = self.words + (self.quoted if self.sentence else ())
        rare = [word for word in words if word.frequency < common and not word.stop]
        rare = rare or list(words)
        rest = _others(words, rare)
        some = [word.query(_place(word, _in_title), generous=True) for word in rare]
        some += self.phrases if self.sentence else ()
        some += [self.strict()] if some_have_all else ()
        must = [any_of(some), *(() if self.sentence else self.phrases), *self.required]
        return self._query(must, rest)

    def _query(self, must: Sequence[Query], optional: Iterable[Word]) -> Query:
        should = [word.query(_place(word, _in_title), generous=False) for word in optional]
        return Query.boolean_query(
            [(Occur.Must, query) for query in must]
            + [(Occur.Should, query) for query in should]
            + [(Occur.MustNot, query) for query in self.excluded]
        )


@dataclass
class _Parts:
    words: list[Word] = field(default_factory=list)
    quoted: list[Word] = field(default_factory=list)
    phrases: list[Query] = field(default_factory=list)
    required: list[Query] = field(default_factory=list)
    excluded: list[Query] = field(default_factory=list)
    terms: set[str] = field(default_factory=set)
    prefixes: list[str] = field(default_factory=list)


def plan(asked: Asked, filters: Filters, searcher: Searcher) -> Plan:
    """Plan how to search for what is asked."""
    parts = _Parts()
    for clause in asked.clauses:
        if clause.excluded:
            parts.excluded += _excluded(clause)
        elif clause.field in (None, "title"):
            _add(parts, clause, searcher)
        else:
            parts.required.append(_name(clause))
    required, excluded = filtered(filters)
    return Plan(
        words=_distinct(parts.words),
        quoted=_distinct(parts.quoted),
        phrases=tuple(parts.phrases),
        required=tuple(parts.required + required),
        excluded=tuple(parts.excluded + excluded),
        matcher=Matcher(frozenset(parts.terms), tuple(parts.prefixes)),
        length=sum(len(words(clause.text)) for clause in asked.clauses),
    )


def any_of(queries: Sequence[Query]) -> Query:
    """Posts that one of the queries finds; those that more of them find come first."""
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _others(words: Iterable[Word], these: Iterable[Word]) -> list[Word]:
    """The words that are none of these, each being one object: to compare them all takes long."""
    known = set(map(id, these))
    return [word for word in words if id(word) not in known]


def _distinct(given: Iterable[Word]) -> tuple[Word, ...]:
    return tuple({(word.term, word.field): word for word in given}.values())


def _add(parts: _Parts, clause: Clause, searcher: Searcher) -> None:
    parts.terms.update(stems(clause.text) if clause.kind is not Kind.PREFIX else ())
    if clause.kind is Kind.PHRASE:
        parts.phrases.append(_phrase(clause.text, clause.field))
        parts.quoted += [_word(w, clause.field, searcher, doubt=False) for w in words(clause.text)]
    elif clause.kind is Kind.PREFIX:
        *whole, start = words(clause.text) or [""]
        parts.words += [_word(term, clause.field, searcher, doubt=False) for term in whole]
        parts.required.append(_prefix(start, clause.field))
        parts.prefixes.append(start)
    else:
        doubt = len(parts.words) < _MOST_CORRECTED
        found = [_word(w, clause.field, searcher, doubt=doubt) for w in words(clause.text)]
        parts.words += found
        parts.terms.update(term for word in found for term in word.readings)


def _word(written: str, where: str | None, searcher: Searcher, *, doubt: bool) -> Word:
    term = (stems(written) or [written])[0]
    frequency = searcher.doc_freq("title", term) + searcher.doc_freq("text", term)
    readings: list[str] = []
    if doubt and frequency <= RARE:
        known = spelling.corrections(written, _frequencies(searcher, frequency, written))
        readings = list(dict.fromkeys(stem for word in known for stem in stems(word)))
    return Word(written, term, where, frequency, tuple(r for r in readings if r != term))


def _frequencies(searcher: Searcher, own: int, written: str) -> Callable[[str], int]:
    return lambda word: own if word == written else searcher.doc_freq("word", word)


def _place(word: Word, usual: Callable[[str], Query]) -> Callable[[str], Query]:
    return _in_title if word.field == "title" else usual


def _in_title(term: str) -> Query:
    return Query.term_query(SCHEMA, "title", term, "freq")


def _anywhere(term: str) -> Query:
    text = Query.term_query(SCHEMA, "text", term, "freq")
    subreddit = Query.term_query(SCHEMA, "subreddit", term, "basic")
    return any_of(
        [
            _in_title(term),
            Query.boost_query(text, TEXT_WEIGHT),
            Query.boost_query(subreddit, SUBREDDIT_WEIGHT),
        ]
    )


def _phrase(text: str, where: str | None) -> Query:
    terms = stems(text)
    if len(terms) == 1:
        return _in_title(terms[0]) if where == "title" else _anywhere(terms[0])
    in_title = Query.phrase_query(SCHEMA, "title", list(terms))
    if where == "title":
        return in_title
    in_text = Query.boost_query(Query.phrase_query(SCHEMA, "text", list(terms)), TEXT_WEIGHT)
    return any_of([in_title, in_text])


def _prefix(start: str, where: str | None) -> Query:
    in_title = Query.fuzzy_term_query(SCHEMA, "word", start, 0, True, True)
    if where == "title":
        return Query.boost_query(in_title, PREFIX_WEIGHT)
    in_text = Query.fuzzy_term_query(SCHEMA, "text", start, 0, True, True)
    return any_of(
        [
            Query.boost_query(in_title, PREFIX_WEIGHT),
            Query.boost_query(in_text, PREFIX_WEIGHT * TEXT_WEIGHT),
        ]
    )


def _name(clause: Clause) -> Query:
    """Posts of this subreddit, author, source or tag. All alike, so all get the same score."""
    name = folded(clause.text)
    if clause.kind is Kind.PREFIX:
        query = Query.fuzzy_term_query(SCHEMA, str(clause.field), name, 0, True, True)
    else:
        query = Query.term_query(SCHEMA, str(clause.field), name, "basic")
    return Query.const_score_query(query, 0.0)


def _excluded(clause: Clause) -> list[Query]:
    if clause.field not in (None, "title"):
        return [_name(clause)]
    if clause.kind is Kind.PREFIX:
        return [_prefix(folded(clause.text), clause.field)]
    return [_phrase(clause.text, clause.field)] if stems(clause.text) else []
