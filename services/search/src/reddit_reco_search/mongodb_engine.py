"""MongoDB's own text index on the title: the baseline that the other engine is compared with.

It knows words, phrases, -not and field:value, but neither prefixes nor typos nor the text of posts.
"""

import re
from collections.abc import Callable
from typing import Any

from pymongo.database import Database
from pymongo.errors import PyMongoError

from .domain import (
    DEEPEST,
    FACET_VALUES,
    FACETS,
    NOTHING,
    SENTENCE,
    SHORT_TEXT,
    Counts,
    Filters,
    Found,
    Hidden,
    Hit,
    NotReady,
    Position,
    Request,
    Suggestion,
    shown,
)
from .highlight import Matcher, marked
from .index import stems, tokens
from .language import Clause, Kind, Query
from .store import POSTS

Document = dict[str, Any]

_SCORE = {"$meta": "textScore"}
_ORDER: dict[str, list[tuple[str, Any]]] = {
    "relevance": [("relevance", _SCORE), ("created_at", -1), ("_id", 1)],
    "new": [("created_at", -1), ("_id", 1)],
    "top": [("score", -1), ("_id", 1)],
}


class MongodbEngine:
    """Asks the database, every time. Pages are cut by rank."""

    name = "mongodb"

    def __init__(self, database: Callable[[], Database[Document]]) -> None:
        self._database = database
        self._indexed = False

    def check(self) -> None:
        """Make the text index if it is not there; NotReady if it cannot be made."""
        if self._indexed:
            return
        try:
            self._database()[POSTS].create_index([("title", "text")], default_language="english")
        except PyMongoError as error:
            raise NotReady(f"The text index cannot be made: {error}") from None
        self._indexed = True

    def search(self, request: Request) -> Found:
        """One page of what the request asks for."""
        self.check()
        wanted = conditions(request.query, request.filters)
        wanted["$and"] += _not_hidden(request.hidden)
        rank = (request.position.rank or request.position.key) if request.position else 0
        found = self._page(wanted, request, rank)
        terms = frozenset(stems(" ".join(clause.text for clause in request.query.clauses)))
        more = len(found) > request.limit and rank + request.limit < DEEPEST
        return Found(
            hits=[_hit(post, Matcher(terms)) for post in found[: request.limit]],
            counts=self._counts(wanted) if request.counts else None,
            following=_at(rank + request.limit) if more else None,
        )

    def suggest(self, text: str, limit: int, hidden: Hidden = NOTHING) -> list[Suggestion]:
        """Titles that begin with the text, in this very case."""
        begins = {"title": {"$regex": f"^{re.escape(text)}"}, "deleted": {"$ne": True}}
        wanted = {"$and": [begins, *_not_hidden(hidden)]}
        posts = self._database()[POSTS].find(wanted, {"title": 1}, limit=limit)
        return [Suggestion(post["title"], post["_id"]) for post in posts]

    def _page(self, wanted: Document, request: Request, rank: int) -> list[Document]:
        searched = any("$text" in part for part in wanted["$and"])
        order = _ORDER["new" if request.sort == "relevance" and not searched else request.sort]
        projection: Document = {"_gen": 0, "etag": 0}
        if searched:
            projection["relevance"] = _SCORE
        cursor = self._database()[POSTS].find(wanted, projection)
        return list(cursor.sort(order).skip(rank).limit(request.limit + 1))

    def _counts(self, wanted: Document) -> Counts:
        facets = {name: [{"$sortByCount": f"${name}"}, {"$limit": FACET_VALUES}] for name in FACETS}
        pipeline = [
            {"$match": wanted},
            {"$project": dict.fromkeys(FACETS, 1)},
            {"$facet": {"total": [{"$count": "count"}], **facets}},
        ]
        counted = next(self._database()[POSTS].aggregate(pipeline))
        total = counted["total"][0]["count"] if counted["total"] else 0
        return Counts(total, {name: _values(counted[name]) for name in FACETS})


def _at(rank: int) -> Position:
    return Position(False, key=rank, rank=rank)


def conditions(query: Query, filters: Filters) -> Document:
    """The query and its filters, in MongoDB's terms."""
    wanted: list[Document] = [{"deleted": {"$ne": True}}, *_filters(filters)]
    said = [clause for clause in query.clauses if clause.field in (None, "title")]
    named = [clause for clause in query.clauses if clause not in said]
    if any(not clause.excluded for clause in said):
        strict = sum(len(clause.text.split()) for clause in said) <= SENTENCE
        searched = " ".join(_text(clause, strict=strict) for clause in said)
        wanted.append({"$text": {"$search": searched}})
    for clause in named:
        same = _name(str(clause.field), clause.text)
        wanted.append({"$nor": [same]} if clause.excluded else same)
    return {"$and": wanted}


def _not_hidden(hidden: Hidden) -> list[Document]:
    left_out = [{"_id": {"$in": list(hidden.posts)}}] if hidden.posts else []
    left_out += [_name("subreddit", name) for name in hidden.subreddits]
    return [{"$nor": left_out}] if left_out else []


def _text(clause: Clause, *, strict: bool) -> str:
    text = clause.text.replace('"', " ").replace("\\", " ")
    words = re.findall(r"\w+", text)
    if (strict and clause.kind is Kind.PHRASE) or (clause.excluded and len(words) > 1):
        text = f'"{text.strip()}"'
    else:
        text = " ".join(words)
    return f"-{text}" if clause.excluded else text


def _filters(filters: Filters) -> list[Document]:
    names = {
        "source": filters.source,
        "subreddit": filters.subreddit,
        "author": filters.author,
        "tag": filters.tag,
    }
    wanted = [_name(field, name) for field, name in names.items() if name is not None]
    made = {"$gte": filters.since, "$lt": filters.until}
    if made := {operator: moment for operator, moment in made.items() if moment}:
        wanted.append({"created_at": made})
    if not filters.adult:
        wanted.append({"over_18": {"$ne": True}})
    return wanted


def _name(field: str, name: str) -> Document:
    same = {"$regex": f"^{re.escape(name.strip())}$", "$options": "i"}
    return {"tags" if field == "tag" else field: same}


def _values(buckets: list[Document]) -> list[tuple[str, int]]:
    return [(bucket["_id"], bucket["count"]) for bucket in buckets if bucket["_id"] is not None]


def _hit(post: Document, matcher: Matcher) -> Hit:
    title = marked(post["title"], tokens(post["title"]), matcher)
    item = shown(post) | {"text": (post.get("text") or "")[:SHORT_TEXT]}
    return Hit(item, post.get("relevance"), {"title": title} if title else {})
