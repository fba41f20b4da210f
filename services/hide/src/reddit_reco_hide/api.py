"""HTTP in, HTTP out."""

from datetime import UTC, datetime
from typing import Any, cast

from flask import Response, current_app, jsonify, request
from flask_openapi3 import APIBlueprint
from pydantic import TypeAdapter

from reddit_reco_chassis import (
    CursorQuery,
    authenticated,
    current_principal,
    decode_moment,
    encode_moment,
    page,
    requires,
)
from reddit_reco_synced import batches

from . import batch, domain
from .domain import Hidden, Record, cut, sorted_out
from .models import (
    AllHidden,
    HiddenLine,
    HiddenPage,
    HiddenPost,
    HiddenSubreddit,
    PostPath,
    SubredditPath,
)
from .store import HideStore

STORE = "reddit_reco_hide"
MOST = 10_000
_MOST_SUBREDDITS = 1_000
_USER: list[dict[str, list[str]]] = [{"bearer": []}]
_FEEDBACK_SCOPE = "feedback:write"
_FEEDBACK: list[dict[str, list[str]]] = [{"bearer": [_FEEDBACK_SCOPE]}]
_LINE = 'A hidden post a line: `{"user", "post", "at"?}`.'
_LINES = TypeAdapter(HiddenLine)
_UNCHANGED: Any = {"description": "It is what If-None-Match says."}

api = APIBlueprint("hide", "hide", url_prefix="/api/v1")


@api.get("/hidden", responses={200: HiddenPage}, security=_USER)
@authenticated
def list_hidden(query: CursorQuery) -> dict[str, Any]:
    """What you hide, newest first."""
    before = decode_moment(query.cursor)
    found = _store().page(_user(), before, query.limit + 1)
    shown, following = cut(found, query.limit)
    return page([_item(record) for record in shown], encode_moment(following))


@api.get("/hidden/all", responses={200: AllHidden, 304: _UNCHANGED}, security=_USER)
@authenticated
def all_hidden() -> Response:
    """All that you hide, in one answer, with an ETag: the newest 10,000."""
    keys = _store().keys(_user(), MOST + 1)
    complete = len(keys) <= MOST
    keys = keys[:MOST]
    if not complete:
        keys += _store().subreddit_keys(_user(), _MOST_SUBREDDITS)
    posts, subreddits = sorted_out(dict.fromkeys(keys))
    response = jsonify(posts=posts, subreddits=subreddits, complete=complete)
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return cast(Response, response.make_conditional(request))


@api.put("/hidden/<path:post_id>", responses={200: HiddenPost, 201: HiddenPost}, security=_USER)
@authenticated
def hide_post(path: PostPath) -> tuple[dict[str, Any], int]:
    """Hide a post: 201 the first time, 200 after."""
    return _hide(domain.post(path.post_id))


@api.delete("/hidden/<path:post_id>", responses={204: None}, security=_USER)
@authenticated
def show_post(path: PostPath) -> tuple[str, int]:
    """Hide a post no longer; no error if you never did."""
    _store().remove(_user(), domain.post(path.post_id))
    return "", 204


@api.put(
    "/hidden/subreddits/<name>",
    responses={200: HiddenSubreddit, 201: HiddenSubreddit},
    security=_USER,
)
@authenticated
def hide_subreddit(path: SubredditPath) -> tuple[dict[str, Any], int]:
    """Hide all posts of a subreddit: 201 the first time, 200 after."""
    return _hide(domain.subreddit(path.name))


@api.delete("/hidden/subreddits/<name>", responses={204: None}, security=_USER)
@authenticated
def show_subreddit(path: SubredditPath) -> tuple[str, int]:
    """Hide a subreddit no longer; no error if you never did."""
    _store().remove(_user(), domain.subreddit(path.name))
    return "", 204


@api.post(
    "/hidden/batch",
    responses={200: batches.ANSWERS},
    security=_FEEDBACK,
    openapi_extensions=batches.body(_LINE),
)
@requires(_FEEDBACK_SCOPE)
def write_batch() -> Response:
    """Hide many posts in the names of many users, as an import does.

    Each line on its own: a bad one does not stop the others, and one of a user who was erased is
    answered 410. The same batch again changes nothing.
    """
    return batches.answered(_LINES, lambda lines: batch.write(_store(), lines, datetime.now(UTC)))


def _hide(what: Hidden) -> tuple[dict[str, Any], int]:
    new, at = _store().put(_user(), what, datetime.now(UTC))
    return {what.kind: what.value, "at": at}, 201 if new else 200


def _item(record: Record) -> dict[str, Any]:
    return {name: record[name] for name in ("post", "subreddit", "at") if name in record}


def _user() -> str:
    return current_principal().subject


def _store() -> HideStore:
    return cast(HideStore, current_app.extensions[STORE])
