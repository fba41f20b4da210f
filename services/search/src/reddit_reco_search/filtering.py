"""The filters of a request as tantivy queries."""

from collections.abc import Collection, Iterable

from tantivy import FieldType, Occur, Query

from .domain import Filters, folded
from .index import SCHEMA, newest_key


def filtered(filters: Filters) -> tuple[list[Query], list[Query]]:
    """What a post must be, and what it must not be; none of it changes a score."""
    names = {
        "source": filters.source,
        "subreddit": filters.subreddit,
        "author": filters.author,
        "tag": filters.tag,
    }
    required = [
        Query.term_query(SCHEMA, field, folded(name), "basic")
        for field, name in names.items()
        if name is not None
    ]
    if filters.since or filters.until:
        required.append(_made(filters))
    adult = Query.term_query(SCHEMA, "over_18", True, "basic")
    return [Query.const_score_query(query, 0.0) for query in required], [] if filters.adult else [
        adult
    ]


def without(query: Query, posts: Collection[str], subreddits: Collection[str]) -> Query:
    """What a query finds, but for these posts and those of these subreddits."""
    excluded = [_any("id", posts)] if posts else []
    excluded += [_any("subreddit", map(folded, subreddits))] if subreddits else []
    if not excluded:
        return query
    parts = [(Occur.Must, query), *((Occur.MustNot, each) for each in excluded)]
    return Query.boolean_query(parts)


def _any(field: str, values: Iterable[str]) -> Query:
    return Query.term_set_query(SCHEMA, field, list(values))


def between(field: str, least: int | None, below: int | None) -> Query:
    """Posts whose sort key is `least` or more and less than `below`; a side may have no bound."""
    # tantivy refuses to leave out the bound of a side that has none.
    ends = below is None
    keys = Query.range_query(SCHEMA, field, FieldType.Integer, least, below, True, ends)
    return Query.const_score_query(keys, 0.0)


def _made(filters: Filters) -> Query:
    """Posts made at `since` or later, and before `until`."""
    since = newest_key(filters.since) if filters.since else None
    until = newest_key(filters.until) if filters.until else None
    return between("newest", since, until)
