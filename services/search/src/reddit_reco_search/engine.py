"""The engine of this service: BM25 over the index of this pod."""

from collections.abc import Callable

import orjson
from tantivy import Occur, Order, Query, Searcher

from .domain import (
    FACET_VALUES,
    FACETS,
    NOTHING,
    SHORT_TEXT,
    Counts,
    Filters,
    Found,
    Hidden,
    Hit,
    NotReady,
    Request,
    Suggestion,
    folded,
    plain,
)
from .filtering import filtered, without
from .highlight import Matcher, marked, snippet
from .index import SCHEMA, tokens, words
from .pages import Scored, cut
from .planning import Plan, any_of, plan

# Fewer posts than this with every word are too few, if the query is long or a word is doubtful.
ENOUGH = 10
_COUNTS = {name: {"terms": {"field": f"{name}_facet", "size": FACET_VALUES}} for name in FACETS}


class TantivyEngine:
    """Searches in whatever index is the current one.

    Args:
        snapshot: gives the index as of its last commit; None while the first is being built.
    """

    name = "tantivy"

    def __init__(self, snapshot: Callable[[], Searcher | None]) -> None:
        self._snapshot = snapshot

    def check(self) -> None:
        """NotReady until the first index is built."""
        self._searcher()

    def search(self, request: Request) -> Found:
        """One page of what the request asks for."""
        searcher = self._searcher()
        planned = plan(request.query, request.filters, searcher)
        query, relaxed = _choose(planned, request, searcher)
        # Totals count hidden posts, too: looking up each of them there would cost as much again.
        left = without(query, request.hidden.posts, request.hidden.subreddits)
        page = cut(left, request, searcher, relaxed=relaxed)
        return Found(
            hits=[_hit(searcher, scored, planned.matcher) for scored in page.hits],
            counts=_counts(searcher, query) if request.counts else None,
            following=page.following,
            relaxed=relaxed,
            corrections=planned.corrections,
        )

    def suggest(self, text: str, limit: int, hidden: Hidden = NOTHING) -> list[Suggestion]:
        """The words and titles that the text may become, the most used and best voted first.

        The names of subreddits are words, too: a search for them finds their posts.
        """
        searcher = self._searcher()
        *whole, start = words(text) or [""]
        if not start:
            return []
        seen = [_word(word) for word in whole]
        ends = _ends(searcher, "word", start, seen, limit)
        names = _ends(searcher, "subreddit", start, seen, limit)
        if not (ends or names):
            # No post has all the words: a search for them will look for some of them.
            seen = []
            ends = _ends(searcher, "word", start, seen, limit)
            names = _ends(searcher, "subreddit", start, seen, limit)
        names = [name for name in names if name not in hidden.subreddits]
        lead = text[: text.lower().rfind(start)] if whole else ""
        terms = list(dict.fromkeys([*ends, *names]))[: limit // 2]
        titles = _titles(searcher, seen, [_word(end) for end in ends], hidden, limit)
        if len(titles) < limit:
            titles += _titles(searcher, seen, [_subreddit(name) for name in names], hidden, limit)
        found = [*(Suggestion(lead + term) for term in terms), *dict.fromkeys(titles)]
        return found[:limit]

    def _searcher(self) -> Searcher:
        searcher = self._snapshot()
        if searcher is None:
            raise NotReady("The index is being built.")
        return searcher


def _choose(planned: Plan, request: Request, searcher: Searcher) -> tuple[Query, bool]:
    """What to search for, and whether that is more than the posts that have it all."""
    strict = planned.strict()
    if not planned.relaxable or (request.position and not request.position.relaxed):
        return strict, False
    least = 1
    if request.sort == "relevance" and (planned.long or planned.doubtful):
        least = ENOUGH
    # In any order but by score, which would cost twice as much.
    found = len(searcher.search(strict, least, count=False, order_by_field="newest").hits)
    if found >= least and not request.position:
        return strict, False
    return planned.relaxed(searcher.num_docs, some_have_all=found > 0), True


def _counts(searcher: Searcher, query: Query) -> Counts:
    counted = searcher.aggregate(query, _COUNTS)
    # Every post has one source; to count them once more would take as long again.
    sources = counted["source"]
    total = sum(int(bucket["doc_count"]) for bucket in sources["buckets"])
    facets = {name: _merged(counted[name]["buckets"]) for name in FACETS}
    return Counts(total + int(sources["sum_other_doc_count"]), facets)


def _merged(buckets: list[dict[str, object]]) -> list[tuple[str, int]]:
    """The values of a facet; those that differ in case alone are one, written as most write it."""
    merged: dict[str, tuple[str, int]] = {}
    for bucket in buckets:
        name, count = str(bucket["key"]), int(str(bucket["doc_count"]))
        first, before = merged.get(folded(name), (name, 0))
        merged[folded(name)] = (first, before + count)
    return sorted(merged.values(), key=lambda value: (-value[1], value[0]))


def _hit(searcher: Searcher, scored: Scored, matcher: Matcher) -> Hit:
    item = orjson.loads(searcher.doc(scored.address)["shown"][0])
    highlights = {
        "title": marked(item["title"], tokens(item["title"]), matcher),
        "text": snippet(plain(item["text"]), tokens, matcher),
    }
    item["text"] = item["text"][:SHORT_TEXT]
    return Hit(item, scored.score, {name: html for name, html in highlights.items() if html})


def _word(word: str) -> Query:
    return Query.term_query(SCHEMA, "word", word, "basic")


def _subreddit(name: str) -> Query:
    return Query.term_query(SCHEMA, "subreddit", name, "basic")


def _ends(searcher: Searcher, field: str, start: str, seen: list[Query], limit: int) -> list[str]:
    """What begins with `start` in posts that have all of `seen`, the most used first."""
    within = Query.boolean_query([(Occur.Must, query) for query in seen]) if seen else None
    return [term for term, _ in searcher.terms_with_prefix(field, start, within, limit)]


def _titles(
    searcher: Searcher, seen: list[Query], ends: list[Query], hidden: Hidden, limit: int
) -> list[Suggestion]:
    """The titles of the best voted posts that have all of `seen` and one of `ends`."""
    if not ends:
        return []
    _, adult = filtered(Filters())
    query = Query.boolean_query(
        [(Occur.Must, part) for part in [*seen, any_of(ends)]]
        + [(Occur.MustNot, part) for part in adult]
    )
    query = without(query, hidden.posts, hidden.subreddits)
    hits = searcher.search(query, limit, count=False, order_by_field="top", order=Order.Desc).hits
    posts = [orjson.loads(searcher.doc(address)["shown"][0]) for _, address in hits]
    return [Suggestion(post["title"], post["id"]) for post in posts]
