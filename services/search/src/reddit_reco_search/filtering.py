"""The filters of a request as tantivy queries."""

from tantivy import FieldType, Query

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


def before(field: str, key: int) -> Query:
    """Posts whose sort key is less than `key`."""
    return Query.const_score_query(
        Query.range_query(SCHEMA, field, FieldType.Integer, None, key, True, False), 0.0
    )


def _made(filters: Filters) -> Query:
    """Posts made at `since` or later, and before `until`."""
    since = newest_key(filters.since) if filters.since else None
    until = newest_key(filters.until) if filters.until else None
    # tantivy refuses to leave out the bound of a side that has none.
    ends = until is None
    return Query.range_query(SCHEMA, "newest", FieldType.Integer, since, until, True, ends)
