"""HTTP in, HTTP out."""

from datetime import UTC, datetime
from typing import Any, cast

from flask import Response, current_app
from flask_openapi3 import APIBlueprint
from pydantic import TypeAdapter

from reddit_reco_chassis import (
    CursorQuery,
    authenticated,
    current_principal,
    decode_moment,
    encode_moment,
    optional_principal,
    page,
    requires,
)
from reddit_reco_synced import batches

from . import batch
from .domain import cut
from .models import Count, Counts, CountsQuery, Like, LikeLine, LikePage, PostPath
from .store import LikeStore

STORE = "reddit_reco_like"
_USER: list[dict[str, list[str]]] = [{"bearer": []}]
_FEEDBACK_SCOPE = "feedback:write"
_FEEDBACK: list[dict[str, list[str]]] = [{"bearer": [_FEEDBACK_SCOPE]}]
_LINE = 'A like a line: `{"user", "post", "at"?}`.'
_LINES = TypeAdapter(LikeLine)

api = APIBlueprint("like", "like", url_prefix="/api/v1")


@api.get("/likes", responses={200: LikePage}, security=_USER)
@authenticated
def list_likes(query: CursorQuery) -> dict[str, Any]:
    """What you like, newest first."""
    before = decode_moment(query.cursor)
    found = _store().page(current_principal().subject, before, query.limit + 1)
    shown, following = cut(found, query.limit)
    items = [{"post": like["post"], "at": like["at"]} for like in shown]
    return page(items, encode_moment(following))


@api.put("/likes/<path:post_id>", responses={200: Like, 201: Like}, security=_USER)
@authenticated
def like(path: PostPath) -> tuple[dict[str, Any], int]:
    """Like a post: 201 the first time, 200 after."""
    user = current_principal().subject
    new, at = _store().put(user, path.post_id, datetime.now(UTC))
    return {"post": path.post_id, "at": at}, 201 if new else 200


@api.delete("/likes/<path:post_id>", responses={204: None}, security=_USER)
@authenticated
def unlike(path: PostPath) -> tuple[str, int]:
    """Like a post no longer; no error if you never did."""
    _store().remove(current_principal().subject, path.post_id)
    return "", 204


@api.get("/likes/<path:post_id>/count", responses={200: Count})
def count(path: PostPath) -> dict[str, Any]:
    """How many like a post."""
    return {"post": path.post_id, "count": _store().count(path.post_id)}


@api.get("/likes/counts", responses={200: Counts})
def counts(query: CountsQuery) -> dict[str, Any]:
    """How many like each of several posts and, with a token, which of them you like."""
    principal = optional_principal()
    mine = _store().liked(principal.subject, query.post) if principal else None
    return {"counts": _store().counts(query.post), "mine": mine}


@api.post(
    "/likes/batch",
    responses={200: batches.ANSWERS},
    security=_FEEDBACK,
    openapi_extensions=batches.body(_LINE),
)
@requires(_FEEDBACK_SCOPE)
def write_batch() -> Response:
    """Like many posts in the names of many users, as an import does.

    Each line on its own: a bad one does not stop the others, and one of a user who was erased is
    answered 410. The same batch again changes nothing.
    """
    return batches.answered(_LINES, lambda lines: batch.write(_store(), lines, datetime.now(UTC)))


def _store() -> LikeStore:
    return cast(LikeStore, current_app.extensions[STORE])
