"""Where the matches are: escaped HTML in which nothing but `<mark>` is markup."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

SNIPPET = 240
_LEAD = 60

Token = tuple[int, int, str]
Analyze = Callable[[str], Iterable[Token]]


@dataclass(frozen=True)
class Matcher:
    """Which words a query matches: these terms, and all that begin with these prefixes."""

    terms: frozenset[str]
    prefixes: tuple[str, ...] = ()

    def __call__(self, term: str) -> bool:
        """Whether the query matches a word that was analyzed to `term`."""
        return term in self.terms or (bool(self.prefixes) and term.startswith(self.prefixes))


def marked(text: str, tokens: Iterable[Token], matches: Matcher) -> str | None:
    """The text with its matches marked, or None if it has none."""
    parts, at = [], 0
    html = _same if escape(text) == text else escape
    for start, end, term in tokens:
        if matches(term):
            parts += [html(text[at:start]), "<mark>", html(text[start:end]), "</mark>"]
            at = end
    return "".join([*parts, html(text[at:])]) if at else None


def _same(text: str) -> str:
    return text


def snippet(text: str, analyze: Analyze, matches: Matcher) -> str | None:
    """The part of a long text around its first match, marked; None if there is none."""
    if not text:
        return None
    for first in _rough(matches).finditer(text):
        start = text.rfind(" ", 0, first.start() - _LEAD) + 1 if first.start() > _LEAD else 0
        window = text[start : start + SNIPPET]
        html = marked(window, analyze(window), matches)
        if html is not None:
            more = len(text) > start + SNIPPET
            return f"{'…' if start else ''}{html}{'…' if more else ''}"
    return None


def _rough(matches: Matcher) -> re.Pattern[str]:
    """Finds where a match may be, without analyzing the whole text.

    A stem need not be how its word begins (happi, happy), but all but its last letter is.
    """
    heads: Sequence[str] = [term[:-1] if len(term) > 3 else term for term in matches.terms]
    heads = sorted({*heads, *matches.prefixes})
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, heads)) or '(?!)'})", re.IGNORECASE)
