"""HTTP in, HTTP out."""

from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

from flask import Response, current_app, jsonify, request
from flask_openapi3 import APIBlueprint

from reddit_reco_chassis import Problem, page, requires
from reddit_reco_chassis.problems import INVALID_INPUT

from . import batch, cursors, domain
from .domain import Document, PostDeleted, PostUnknown, PreconditionFailed
from .models import Post, PostPage, PostPatch, PostPath, PostPut, PostQuery
from .problems import EMPTY_BATCH, POST_DELETED, POST_NOT_FOUND, PRECONDITION_FAILED, TOO_MANY_LINES
from .representation import href, narrowed, patched, short, whole
from .store import PostStore

STORE = "reddit_reco_posts"
_SCOPE = "posts:write"
_WRITER = [{"bearer": [_SCOPE]}]
_NDJSON = "application/x-ndjson"
_UNKNOWN: Any = {"description": "There is no such post."}
_GONE: Any = {"description": "The post was deleted, and does not come back."}
_CHANGED: Any = {"description": "The post is not the one that If-Match or If-None-Match asks for."}
_BATCH_BODY: Any = {
    "description": "One post a line: the body of a PUT, with `id`. "
    f"At most {batch.MOST_LINES} lines.",
    "required": True,
    "content": {_NDJSON: {"schema": {"type": "string"}}},
}
_BATCH_ANSWER: Any = {
    "description": "For each line that is not blank, in order: "
    '`{"line", "id", "status": 201, 200, 400 or 410, "unchanged"?, "detail"?, "field"?}`.',
    "content": {_NDJSON: {"schema": {"type": "string"}}},
}

api = APIBlueprint("posts", "posts", url_prefix="/api/v1")


def _store() -> PostStore:
    return cast(PostStore, current_app.extensions[STORE])


@api.get("/posts", responses={200: PostPage})
def list_posts(query: PostQuery) -> dict[str, Any]:
    """Posts, page by page, in one of six orders.

    Pages are cut by the sort key and id of their last post: no post comes twice, however many are
    written meanwhile; only one whose own rank sinks between two pages can be met again.

    With `id`, given up to 100 times, these posts on one page; those that are not here are left out.
    """
    if query.id:
        _alone(query)
        return page([short(post) for post in _store().find_all(query.id)], None)
    documents = _store().page(
        narrowed(query),
        query.sort,
        adult=query.over_18 == "include",
        after=cursors.position(query),
        limit=query.limit + 1,
    )
    shown = documents[: query.limit]
    more = len(documents) > query.limit
    cursor = cursors.after(shown[-1], query.sort) if more else None
    return page([short(post) for post in shown], cursor)


@api.get("/posts/<path:post_id>", responses={200: Post, 304: None, 404: _UNKNOWN, 410: _GONE})
def get_post(path: PostPath) -> Response:
    """One post, with its ETag."""
    post = _store().find(path.post_id)
    if post is None:
        raise PostUnknown
    if post.get("deleted"):
        raise PostDeleted
    if request.if_none_match.contains_weak(post["etag"]):
        return _with_etag(Response(status=304), post)
    return _answer(post)


@api.put(
    "/posts/<path:post_id>",
    responses={200: Post, 201: Post, 410: _GONE, 412: _CHANGED},
    security=_WRITER,
)
@requires(_SCOPE)
def put_post(path: PostPath, body: PostPut) -> Response:
    """Create or replace a post: 201 the first time, 200 after."""
    _agree("id", body.id, path.post_id)
    _agree("source", body.source, domain.source_of(path.post_id))
    new = domain.document(path.post_id, body.__dict__)
    before, _ = _store().change(path.post_id, partial(domain.put, new=new, condition=_condition))
    return _answer(new, created=before is None)


@api.patch(
    "/posts/<path:post_id>",
    responses={200: Post, 404: _UNKNOWN, 410: _GONE, 412: _CHANGED},
    security=_WRITER,
)
@requires(_SCOPE)
def patch_post(path: PostPath, body: PostPatch) -> Response:
    """Change some fields of a post, by a JSON Merge Patch (RFC 7396)."""
    decide = partial(domain.patch, change=partial(patched, patch=body), condition=_condition)
    before, after = _store().change(path.post_id, decide)
    return _answer(cast(Document, after or before))


@api.delete("/posts/<path:post_id>", responses={204: None, 412: _CHANGED}, security=_WRITER)
@requires(_SCOPE)
def delete_post(path: PostPath) -> Response:
    """Delete a post for good: 204 always, and a tombstone even for a post never seen.

    The import that brings the post may be under way at this moment; without a tombstone the post
    would appear after its deletion was acknowledged.
    """
    grave = domain.tombstone(path.post_id, datetime.now(UTC))
    _store().change(path.post_id, partial(domain.delete, grave=grave, condition=_condition))
    return Response(status=204)


@api.post(
    "/posts/batch",
    responses={200: _BATCH_ANSWER},
    security=_WRITER,
    openapi_extensions={"requestBody": _BATCH_BODY},
)
@requires(_SCOPE)
def write_batch() -> Response:
    """Create or replace many posts, each on its own: a bad line does not stop the others.

    Of several lines with one id the last counts. Safe to send again as it is.
    """
    lines = batch.numbered_lines(request.get_data(cache=False))
    if not lines:
        raise Problem(EMPTY_BATCH, "The body has no line.", field="body")
    if len(lines) > batch.MOST_LINES:
        detail = f"The body has {len(lines)} lines; {batch.MOST_LINES} are allowed."
        raise Problem(TOO_MANY_LINES, detail, field="body")
    answers = batch.write(lines, _store().write_all)
    return Response(batch.ndjson(answers), mimetype=_NDJSON)


@api.errorhandler(PostUnknown)
def _unknown(_: PostUnknown) -> Response:
    return Problem(POST_NOT_FOUND, _UNKNOWN["description"], field="post_id").response()


@api.errorhandler(PostDeleted)
def _deleted(_: PostDeleted) -> Response:
    return Problem(POST_DELETED, _GONE["description"], field="post_id").response()


@api.errorhandler(PreconditionFailed)
def _precondition_failed(_: PreconditionFailed) -> Response:
    return Problem(PRECONDITION_FAILED, _CHANGED["description"]).response()


def _condition(etag: str | None) -> bool:
    """Whether the request's If-Match and If-None-Match let a write go on (RFC 9110, 13.1)."""
    exists = etag is not None
    if "If-Match" in request.headers:
        wanted = request.if_match
        return exists and (wanted.star_tag or wanted.is_strong(etag or ""))
    unwanted = request.if_none_match
    return not (exists and (unwanted.star_tag or unwanted.contains_weak(etag or "")))


def _alone(query: PostQuery) -> None:
    if others := sorted(query.model_fields_set - {"id"}):
        detail = f"id: it goes with nothing else, so not with {', '.join(others)}."
        raise Problem(INVALID_INPUT, detail, field="id")


def _agree(field: str, given: str | None, wanted: str) -> None:
    if given is not None and given != wanted:
        raise Problem(INVALID_INPUT, f"{field}: the path says {wanted}.", field=field)


def _answer(post: Document, *, created: bool = False) -> Response:
    response = jsonify(whole(post))
    if created:
        response.status_code = 201
        response.headers["Location"] = href(post["_id"])
    return _with_etag(response, post)


def _with_etag(response: Response, post: Document) -> Response:
    response.set_etag(post["etag"])
    return response
