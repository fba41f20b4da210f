"""HTTP in, HTTP out."""

import logging
from datetime import UTC, datetime
from typing import Any, cast

from flask import Response, current_app, jsonify, request
from flask_openapi3 import APIBlueprint
from pydantic import TypeAdapter
from pymongo.errors import PyMongoError

from reddit_reco_chassis import (
    Problem,
    authenticated,
    current_principal,
    decode_moment,
    encode_moment,
    page,
    requires,
)
from reddit_reco_chassis.problems import INVALID_INPUT
from reddit_reco_synced import batches

from . import batch, domain
from .models import CodePath, Share, ShareInput, ShareLine, SharePage, SharesQuery
from .problems import KEY_REUSED, SHARE_NOT_FOUND
from .store import Document, ShareStore

log = logging.getLogger(__name__)

STORE = "reddit_reco_share"
PROXIES = "reddit_reco_share_proxies"
_LONGEST_KEY = 200
_USER: list[dict[str, list[str]]] = [{"bearer": []}]
_FEEDBACK_SCOPE = "feedback:write"
_FEEDBACK: list[dict[str, list[str]]] = [{"bearer": [_FEEDBACK_SCOPE]}]
_LINE = 'A share with nobody a line: `{"user", "post", "at"?}`.'
_LINES = TypeAdapter(ShareLine)
_KEY_HEADER: Any = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Send the same again with a repeated request: it is shared once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": _LONGEST_KEY},
}
_REUSED: Any = {"description": "This Idempotency-Key was used for another share."}
_FOUND: Any = {"description": "The post's page is in `Location`."}
_UNKNOWN: Any = {"description": "There is no such short link."}

api = APIBlueprint("share", "share", url_prefix="/api/v1")
links = APIBlueprint("links", "links")


@api.post(
    "/shares",
    responses={201: Share, 422: _REUSED},
    security=_USER,
    openapi_extensions={"parameters": [_KEY_HEADER]},
)
@authenticated
def share(body: ShareInput) -> Response:
    """Share a post by a short link, and put it into somebody's inbox if `to` is given.

    With an `Idempotency-Key` a repeated request answers with the share that the first one made.
    """
    who, key = current_principal(), _idempotency_key()
    made = _store().add(who.subject, body.post, _now(), name=who.name, to=body.to, key=key)
    if (made["post"], made["to"]) != (body.post, body.to):
        detail = _REUSED["description"]
        raise Problem(KEY_REUSED, detail, field="Idempotency-Key")
    response = jsonify(_share(made))
    response.status_code = 201
    response.headers["Location"] = _href(made["_id"])
    return response


@api.get("/shares", responses={200: SharePage}, security=_USER)
@authenticated
def shares(query: SharesQuery) -> dict[str, Any]:
    """What I shared, or what was shared with me, newest first, with its visits.

    Shared with me is what names the `name` in my token, or its subject, in `to`.
    """
    before, store, who = decode_moment(query.cursor), _store(), current_principal()
    if query.box == "in":
        store.deliver(who.subject, who.name)
    found = store.box(who.subject, query.box, before, query.limit + 1)
    shown, last = domain.cut(found, query.limit)
    cursor = encode_moment((last["at"], last["_id"]) if last else None)
    return page([_share(each) for each in shown], cursor)


@api.delete("/shares/<code>", responses={204: None}, security=_USER)
@authenticated
def unshare(path: CodePath) -> Response:
    """Take back what I shared: 204 always; its short link leads nowhere from then on."""
    _store().remove(current_principal().subject, path.code)
    return Response(status=204)


@links.get("/s/<code>", responses={302: _FOUND, 404: _UNKNOWN})
def follow(path: CodePath) -> Response:
    """Go to the post behind a short link; each visitor is counted once, and machines never."""
    post = _store().post_of(path.code) if domain.CODE.fullmatch(path.code) else None
    if post is None:
        raise Problem(SHARE_NOT_FOUND, _UNKNOWN["description"], field="code")
    if _is_a_visit():
        _count(path.code)
    response = Response(status=302)
    response.headers["Location"] = domain.post_page(request.script_root, post)
    # Else a cache in between would answer the next visitor.
    response.headers["Cache-Control"] = "no-store"
    return response


@api.post(
    "/shares/batch",
    responses={200: batches.ANSWERS},
    security=_FEEDBACK,
    openapi_extensions=batches.body(_LINE),
)
@requires(_FEEDBACK_SCOPE)
def write_batch() -> Response:
    """Keep what many users shared, as an import does: shares without a recipient.

    Each line on its own: a bad one does not stop the others, and one of a user who was erased is
    answered 410. The same batch again changes nothing.
    """
    return batches.answered(_LINES, lambda lines: batch.write(_store(), lines, _now()))


def _is_a_visit() -> bool:
    """Whether somebody opens the link, rather than a browser that loads ahead or a machine."""
    purpose = request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    ahead = "prefetch" in purpose or "prerender" in purpose
    return request.method == "GET" and not ahead and not domain.is_bot(_agent())


def _count(code: str) -> None:
    store, forwarded = _store(), ",".join(request.headers.getlist("X-Forwarded-For"))
    proxies = cast(int, current_app.extensions[PROXIES])
    address = domain.visitor_address(forwarded, request.remote_addr or "", proxies)
    try:
        store.count(code, domain.visitor_id(store.visitor_key(), code, address, _agent()))
    except PyMongoError as error:
        # The visitor wants the post: better not counted than not shown.
        log.warning("a visit was not counted: %s", error)


def _agent() -> str:
    return request.headers.get("User-Agent", "")


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= _LONGEST_KEY:
        detail = f"An Idempotency-Key has 1 to {_LONGEST_KEY} characters."
        raise Problem(INVALID_INPUT, detail, field="Idempotency-Key")
    return key


def _share(kept: Document) -> dict[str, Any]:
    return {
        "code": kept["_id"],
        "href": _href(kept["_id"]),
        "post": kept["post"],
        "from": kept["from_name"] or kept["from"],
        "to": kept["to"],
        "at": kept["at"],
        "visits": kept["visits"],
    }


def _href(code: str) -> str:
    return domain.short_link(request.script_root, code)


def _now() -> datetime:
    # MongoDB keeps milliseconds: what is answered has to be what is kept.
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _store() -> ShareStore:
    return cast(ShareStore, current_app.extensions[STORE])
