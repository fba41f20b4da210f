"""HTTP in, HTTP out."""

from datetime import UTC, datetime
from typing import Annotated, Any, cast

from flask import Response, current_app, request
from flask_openapi3 import APIBlueprint
from pydantic import Field, TypeAdapter

from reddit_reco_chassis import (
    CursorQuery,
    authenticated,
    current_principal,
    decode_cursor,
    decode_moment,
    encode_cursor,
    encode_moment,
    page,
    requires,
)
from reddit_reco_synced import batches

from . import batch
from .domain import cut
from .models import (
    PostPage,
    PostPath,
    PostTagPath,
    Rules,
    RulesAnswer,
    SuggestionPage,
    SuggestQuery,
    TagAnswer,
    TagLine,
    TagPage,
    TagPath,
    TagsQuery,
)
from .store import Document, TagStore
from .suggesting import Tagged, suggest
from .words import telling

STORE = "reddit_reco_tag"
# So many of the newest taggings are learned from: with more, the answer comes later, not better.
_LEARNED_FROM = 1_000
_USER: list[dict[str, list[str]]] = [{"bearer": []}]
_FEEDBACK_SCOPE = "feedback:write"
_FEEDBACK: list[dict[str, list[str]]] = [{"bearer": [_FEEDBACK_SCOPE]}]
_LINE = (
    'A tag a line, as `value`: `{"user", "post", "value", "at"?, "by"?}`, `by` being `user` or '
    "`rule`; with `when` in place of `post` a rule, put behind those that the user has."
)
_LINES = TypeAdapter(TagLine)
_COUNTED: TypeAdapter[tuple[int, str]] = TypeAdapter(
    tuple[Annotated[int, Field(ge=0, lt=2**53)], Annotated[str, Field(max_length=500)]]
)

api = APIBlueprint("tag", "tag", url_prefix="/api/v1")


@api.get("/tags", responses={200: TagPage}, security=_USER)
@authenticated
def my_tags(query: TagsQuery) -> dict[str, Any]:
    """My tags with their counts, those on the most posts first."""
    after = decode_cursor(query.cursor, _COUNTED) if query.cursor is not None else None
    found = _store().tags(_user(), query.post, after, query.limit + 1)
    shown, last = cut(found, query.limit)
    cursor = encode_cursor([last["count"], last["_id"]]) if last else None
    return page([{"tag": each["tag"], "count": each["count"]} for each in shown], cursor)


@api.get("/tags/<tag>/posts", responses={200: PostPage}, security=_USER)
@authenticated
def posts_with_tag(path: TagPath, query: CursorQuery) -> dict[str, Any]:
    """The posts that I gave this tag, newest tagging first."""
    before = decode_moment(query.cursor)
    found = _store().posts_with(_user(), path.tag, before, query.limit + 1)
    shown, last = cut(found, query.limit)
    cursor = encode_moment((last["at"], last["post"]) if last else None)
    return page([_tagging(each) for each in shown], cursor)


@api.put("/tags/<path:post>/<tag>", responses={200: TagAnswer, 201: TagAnswer}, security=_USER)
@authenticated
def put_tag(path: PostTagPath) -> tuple[dict[str, Any], int]:
    """Tag a post: 201 the first time, 200 after.

    Upper and lower case are the same tag; it stays spelled as it was typed first.
    """
    kept, new = _store().add(_user(), path.post, path.tag, datetime.now(UTC))
    return _tagging(kept), 201 if new else 200


@api.delete("/tags/<path:post>/<tag>", responses={204: None}, security=_USER)
@authenticated
def delete_tag(path: PostTagPath) -> Response:
    """Untag a post: 204 always; no rule gives it this tag again."""
    _store().remove(_user(), path.post, path.tag, datetime.now(UTC))
    return Response(status=204)


@api.get("/tags/suggest/<path:post>", responses={200: SuggestionPage}, security=_USER)
@authenticated
def suggest_tags(path: PostPath, query: SuggestQuery) -> dict[str, Any]:
    """Tags for this post, learned from what I tagged before, each with its reason."""
    store, user = _store(), _user()
    tagged = store.tagged(user, _LEARNED_FROM)
    known = store.posts([*tagged, path.post])
    history = [
        Tagged(frozenset(tags), telling(known[post]) if post in known else frozenset())
        for post, tags in tagged.items()
        if post != path.post
    ]
    words = telling(known.get(path.post, {}))
    found = suggest(history, words, store.tags_of(user, path.post), query.limit)
    spelled = {tag: typed for tags in tagged.values() for tag, typed in tags.items()}
    return page([_suggestion(each.tag, spelled, each.score, each.reason) for each in found], None)


@api.get("/tags/rules", responses={200: RulesAnswer}, security=_USER)
@authenticated
def my_rules() -> dict[str, Any]:
    """My rules: which new posts get which tag by themselves."""
    return _rules(_store().rules(_user()))


@api.put("/tags/rules", responses={200: RulesAnswer, 201: RulesAnswer}, security=_USER)
@authenticated
def put_rules(body: Rules) -> tuple[dict[str, Any], int]:
    """Replace all my rules: 201 the first time, 200 after. They hold for posts that come later."""
    new = _store().put_rules(_user(), body.stored(), datetime.now(UTC))
    return _rules(body.stored()), 201 if new else 200


@api.post(
    "/tags/batch",
    responses={200: batches.ANSWERS},
    security=_FEEDBACK,
    openapi_extensions=batches.body(_LINE),
)
@requires(_FEEDBACK_SCOPE)
def write_batch() -> Response:
    """Tag many posts in the names of many users, as an import does.

    Each line on its own: a bad one does not stop the others, and one of a user who was erased is
    answered 410. The same batch again changes nothing.
    """
    return batches.answered(_LINES, lambda lines: batch.write(_store(), lines, datetime.now(UTC)))


def _tagging(kept: Document) -> dict[str, Any]:
    return {name: kept[name] for name in ("post", "tag", "at", "by")}


def _suggestion(tag: str, spelled: dict[str, str], score: float, reason: str) -> dict[str, Any]:
    return {"tag": spelled[tag], "score": round(score, 4), "reason": reason}


def _rules(rules: list[Document]) -> dict[str, Any]:
    return {"rules": rules, "_links": {"self": {"href": request.script_root + request.path}}}


def _user() -> str:
    return current_principal().subject


def _store() -> TagStore:
    return cast(TagStore, current_app.extensions[STORE])
