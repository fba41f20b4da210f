"""HTTP in, HTTP out."""

from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote

from flask import Response, current_app, request
from flask_openapi3 import APIBlueprint

from reddit_reco_chassis import CursorQuery, Problem, encode_cursor, optional_principal, page
from reddit_reco_chassis.problems import INVALID_CURSOR, NOT_FOUND, NOT_READY

from . import cursors
from .domain import NotReady, Post, UnknownPost, Wish
from .models import ListQuery, PostPath, RecommendPage, RecommendQuery, TopicPage, names
from .recommender import Recommender
from .visits import Asked, Reader
from .walks import Expired

RECOMMENDER = "reddit_reco_recommend"
_ANYBODY: list[dict[str, list[str]]] = [{}, {"bearer": []}]

api = APIBlueprint("recommend", "recommend", url_prefix="/api/v1")


@api.get("/recommend", responses={200: RecommendPage}, security=_ANYBODY)
def recommend(query: RecommendQuery) -> dict[str, Any]:
    """Posts for you: with a token by what you like, tag, share and hide; else what is popular.

    Walk pages by `next_cursor`: no post comes twice. A list is kept for an hour.
    """
    topics = names(query.topics)
    wish = Wish(frozenset(topics), query.over_18 == "include")
    about = f"recommend {query.over_18} {','.join(topics)}"
    return _page(Asked(wish, query.limit, about, position=cursors.read(query.cursor)))


@api.get("/recommend/similar/<path:post>", responses={200: RecommendPage}, security=_ANYBODY)
def similar(path: PostPath, query: ListQuery) -> dict[str, Any]:
    """Posts like this one: by what they say, and by who likes both."""
    wish = Wish(adult=query.over_18 == "include")
    about = f"similar {query.over_18} {path.post}"
    return _page(Asked(wish, query.limit, about, path.post, cursors.read(query.cursor)))


@api.get("/recommend/topics", responses={200: TopicPage})
def topics(query: CursorQuery) -> dict[str, Any]:
    """Topics to pick from, those with the most posts first."""
    found = _recommender().topics()
    if after := cursors.read_topic(query.cursor):
        count, name = after
        found = [each for each in found if (-each[1], each[0]) > (-count, name)]
    cut = found[: query.limit]
    cursor = encode_cursor([cut[-1][1], cut[-1][0]]) if len(found) > len(cut) else None
    return page([{"topic": name, "posts": number} for name, number in cut], cursor)


@api.errorhandler(NotReady)
def _not_ready(error: NotReady) -> Response:
    return Problem(NOT_READY, str(error), headers={"Retry-After": "1"}).response()


@api.errorhandler(UnknownPost)
def _unknown(_: UnknownPost) -> Response:
    return Problem(NOT_FOUND, "There is no such post.", field="post").response()


@api.errorhandler(Expired)
def _expired(_: Expired) -> Response:
    detail = "This cursor is of no list here, or of one that expired: begin anew without it."
    return Problem(INVALID_CURSOR, detail, field="cursor").response()


def _page(asked: Asked) -> dict[str, Any]:
    found = _recommender().page(asked, _reader())
    items = [_item(post, reason) for post, reason in found.items]
    cursor = cursors.write(found.following)
    return page(items, cursor, basis=found.basis, degraded=found.degraded)


def _item(post: Post, reason: str) -> dict[str, Any]:
    href = f"{request.script_root}/api/v1/posts/{_quoted(post['id'])}"
    return {**post, "reason": reason, "_links": {"self": {"href": href}}}


@lru_cache(10_000)
def _quoted(post: str) -> str:
    return quote(post, safe=":")


def _reader() -> Reader | None:
    principal = optional_principal()
    if principal is None:
        return None
    return Reader(principal.subject, request.headers["Authorization"].partition(" ")[2].strip())


def _recommender() -> Recommender:
    return cast(Recommender, current_app.extensions[RECOMMENDER])
