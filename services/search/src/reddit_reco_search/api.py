"""HTTP in, HTTP out."""

import time
from typing import Any, cast
from urllib.parse import quote

from flask import Response, current_app, request
from flask_openapi3 import APIBlueprint

from reddit_reco_chassis import Problem, optional_principal, page
from reddit_reco_chassis.problems import NOT_READY

from . import cursors
from .domain import NOTHING, Engine, Filters, Found, Hidden, Hit, NotReady, Request
from .hiding import Answer, Hiding
from .language import Query, QueryError, parse
from .models import SearchPage, SearchQuery, Suggestions, SuggestQuery
from .problems import INVALID_QUERY

ENGINE, HIDING = "reddit_reco_search", "reddit_reco_search_hiding"
_ANYBODY: list[dict[str, list[str]]] = [{}, {"bearer": []}]

api = APIBlueprint("search", "search", url_prefix="/api/v1")


def _engine() -> Engine:
    return cast(Engine, current_app.extensions[ENGINE])


@api.get("/search", responses={200: SearchPage}, security=_ANYBODY)
def search(query: SearchQuery) -> dict[str, Any]:
    """Posts that say what is asked for, page by page.

    Walk pages by `next_cursor`: no post comes twice, whatever is written meanwhile. By relevance,
    the walk ends at rank 10,000. With a token, what you hide is left out, but for the counts.
    """
    started = time.perf_counter()
    engine = _engine()
    reader = _reader()
    found = engine.search(_request(query, reader.hidden))
    cursor = cursors.encode(found.following, query) if found.following else None
    return page(
        [_item(hit) for hit in found.hits],
        cursor,
        total=found.counts.total if found.counts else None,
        facets=_facets(found),
        took_ms=round((time.perf_counter() - started) * 1000, 3),
        engine=engine.name,
        mode="lexical",
        relaxed=found.relaxed,
        corrections=found.corrections,
        degraded=[*(["hybrid"] if query.mode == "hybrid" else []), *_degraded(reader)],
    )


@api.get("/search/suggest", responses={200: Suggestions}, security=_ANYBODY)
def suggest(query: SuggestQuery) -> dict[str, Any]:
    """How the text that is being typed may go on. With a token, what you hide is left out."""
    if not query.q.strip():
        raise _empty()
    reader = _reader()
    suggestions = _engine().suggest(query.q, query.limit, reader.hidden)
    items = [{"text": one.text, "post": one.post} for one in suggestions]
    return page(items, None, degraded=_degraded(reader))


@api.errorhandler(NotReady)
def _not_ready(error: NotReady) -> Response:
    return Problem(NOT_READY, str(error), headers={"Retry-After": "1"}).response()


def _reader() -> Answer:
    """What the reader hides; nothing for one without a token, who is not asked for."""
    principal = optional_principal()
    if principal is None:
        return Answer(NOTHING, certain=True)
    hiding = cast(Hiding, current_app.extensions[HIDING])
    bearer = request.headers["Authorization"].partition(" ")[2].strip()
    return hiding.of(principal.subject, bearer)


def _degraded(reader: Answer) -> list[str]:
    return [] if reader.certain else ["hide"]


def _request(query: SearchQuery, hidden: Hidden) -> Request:
    return Request(
        query=_parsed(query.q),
        filters=Filters(
            source=query.source,
            subreddit=query.subreddit,
            author=query.author,
            tag=query.tag,
            since=query.since,
            until=query.until,
            adult=query.over_18 == "include",
        ),
        sort=query.sort,
        limit=query.limit,
        position=cursors.decode(query),
        counts=query.counts,
        hidden=hidden,
    )


def _parsed(text: str) -> Query:
    if not text.strip():
        raise _empty()
    try:
        return parse(text)
    except QueryError as error:
        raise Problem(INVALID_QUERY, str(error), field="q") from None


def _empty() -> Problem:
    return Problem(INVALID_QUERY, "q is empty: say what to look for.", field="q")


def _item(hit: Hit) -> dict[str, Any]:
    href = f"{request.script_root}/api/v1/posts/{quote(str(hit.item['id']), safe=':')}"
    return {
        **hit.item,
        "relevance": hit.relevance,
        "highlights": hit.highlights,
        "_links": {"self": {"href": href}},
    }


def _facets(found: Found) -> dict[str, list[dict[str, Any]]]:
    if found.counts is None:
        return {}
    return {
        name: [{"value": value, "count": count} for value, count in values]
        for name, values in found.counts.facets.items()
    }
