"""HTTP in, HTTP out."""

from typing import Any, cast

from flask import Response, current_app, request
from flask_openapi3 import APIBlueprint

from reddit_reco_chassis import Problem

from .domain import Busy, NoPicture, PostDeleted, PostsAway, PostUnknown, Refused
from .models import ImageQuery, PostPath
from .pictures import Pictures
from .problems import (
    BUSY,
    NO_PICTURE,
    PICTURE_REFUSED,
    POST_DELETED,
    POST_NOT_FOUND,
    POSTS_UNAVAILABLE,
)

PICTURES = "reddit_reco_image"
# Where web keeps the access token of a session.
COOKIE = "reddit_reco_access"
OPEN = "reddit_reco_image_open"
_FRESH_SECONDS = 3600
_FAILED_SECONDS = 300
_LATER = {"Retry-After": "2"}
# Should a browser ever take the bytes for a page, then nothing in it may run or load.
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
_PICTURE: Any = {
    "description": "The picture as WebP, with an ETag.",
    "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}},
}
_UNCHANGED: Any = {"description": "The picture is the one that If-None-Match names."}
_NONE: Any = {"description": "There is no such post, or no picture of it that can be shown."}
_GONE: Any = {"description": "The post was deleted, and its picture with it."}
_AWAY: Any = {"description": "Too many pictures are being fetched; Retry-After says when."}

api = APIBlueprint("image", "image", url_prefix="/api/v1")


@api.get(
    "/images/<path:post_id>",
    responses={200: _PICTURE, 304: _UNCHANGED, 404: _NONE, 410: _GONE, 503: _AWAY},
)
def get_image(path: PostPath, query: ImageQuery) -> Response:
    """The picture that a post links to, made small.

    It is fetched at the first request, checked, and kept: a reader's browser talks to nobody else.
    """
    pictures = cast(Pictures, current_app.extensions[PICTURES])
    found = pictures.get(
        path.post_id,
        query.w,
        adult=query.over_18 == "include",
        authorization=request.headers.get("Authorization"),
    )
    response = Response(found.data, mimetype="image/webp", headers=_SAFE)
    response.headers["Cache-Control"] = _cached(_FRESH_SECONDS)
    response.set_etag(found.etag)
    response.last_modified = found.fetched_at
    return cast(Response, response.make_conditional(request))


@api.errorhandler(NoPicture)
def _no_picture(error: NoPicture) -> Response:
    return Problem(NO_PICTURE, str(error), headers=_failed()).response()


@api.errorhandler(Refused)
def _refused(error: Refused) -> Response:
    problem = Problem(PICTURE_REFUSED, error.detail, headers=_failed(), reason=error.reason)
    return problem.response()


@api.errorhandler(PostUnknown)
def _unknown(_: PostUnknown) -> Response:
    return Problem(POST_NOT_FOUND, "There is no such post.", field="post_id").response()


@api.errorhandler(PostDeleted)
def _deleted(_: PostDeleted) -> Response:
    return Problem(POST_DELETED, _GONE["description"], field="post_id").response()


@api.errorhandler(PostsAway)
def _away(_: PostsAway) -> Response:
    detail = "The posts service does not answer right now; try again."
    return Problem(POSTS_UNAVAILABLE, detail, headers=_LATER).response()


@api.errorhandler(Busy)
def _busy(_: Busy) -> Response:
    detail = "Too many pictures are being fetched right now; try again."
    return Problem(BUSY, detail, headers=_LATER).response()


def lend_cookie() -> None:
    """Take the browser's session for a token: an <img> cannot send an `Authorization`."""
    token = request.cookies.get(COOKIE)
    if token and "Authorization" not in request.headers:
        request.environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"


def _failed() -> dict[str, str]:
    return {"Cache-Control": _cached(_FAILED_SECONDS)}


def _cached(seconds: int) -> str:
    whose = "public" if current_app.config[OPEN] else "private"
    return f"{whose}, max-age={seconds}"
