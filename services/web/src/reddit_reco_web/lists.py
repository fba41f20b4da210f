"""A reader's own pages: what they like, tag, hide and share, and what was shared with them."""

from collections.abc import Iterable
from urllib.parse import quote

from flask import Blueprint, Response, request

from . import answers, domain, mine
from .asking import ask, has, page, settings, this_page
from .backends import Answer, Call
from .guards import signed_in
from .hidden import Hidden
from .refusing import instead_of_next, refusal

lists = Blueprint("lists", __name__, url_prefix="/me")
_NO_LIST = "That is not a list."


@lists.get("/likes")
@signed_in
def likes() -> Response:
    """What I like, newest first."""
    return _posts_page("likes", "like", "/api/v1/likes")


@lists.get("/hidden")
@signed_in
def hidden() -> Response:
    """What I hide, newest first."""
    return _posts_page("hidden", "hide", "/api/v1/hidden")


@lists.get("/tags")
@signed_in
def tags() -> Response:
    """My tags, with how often I gave them."""
    [answer] = ask(Call("tag", "/api/v1/tags", _paging(100)))
    return page(
        "my_tags.html",
        {"tag": answer},
        refusal=refusal(answer, _NO_LIST),
        status=_status(answer),
        tags=answers.counted_tags(answer.body),
        next_cursor=domain.next_cursor(answer.body),
    )


@lists.get("/tags/<tag>")
@signed_in
def tagged(tag: str) -> Response:
    """The posts that I gave a tag."""
    return _posts_page("tagged", "tag", f"/api/v1/tags/{quote(tag, safe='')}/posts", tag=tag)


@lists.get("/shares")
@signed_in
def shares() -> Response:
    """What I shared, and how often its links were followed."""
    return _posts_page("shares", "share", "/api/v1/shares", box="out")


@lists.get("/inbox")
@signed_in
def inbox() -> Response:
    """What others shared with me."""
    return _posts_page("inbox", "share", "/api/v1/shares", box="in")


def _posts_page(name: str, verb: str, path: str, box: str = "", tag: str = "") -> Response:
    params = _paging(settings().page_size) | ({"box": box} if box else {})
    calls = [Call(verb, path, params)]
    if has("hide") and name != "hidden":
        calls.append(Call("hide", "/api/v1/hidden/all"))
    answer, *more = ask(*calls)
    if (instead := instead_of_next(answer)) is not None:
        return instead
    entries = answers.entries(answer.body)
    posts, missing = _posts({one.post for one in entries if one.post})
    hides = Hidden.of(more[0].body if more[0].ok else None) if more else Hidden()
    return page(
        "my_posts.html",
        {verb: answer, **missing},
        status=_status(answer),
        degraded=hides.degraded(),
        refusal=refusal(answer, _NO_LIST),
        name=name,
        tag=tag,
        entries=entries,
        posts=posts,
        hides=hides,
        liked=mine.liked(list(posts)),
        back=this_page(),
        next_cursor=domain.next_cursor(answer.body),
    )


def _posts(ids: Iterable[str]) -> tuple[dict[str, domain.Post], dict[str, Answer]]:
    """Posts by id, without those that are gone; and posts' answer, should it be missing."""
    found = ask(*(Call("posts", "/api/v1/posts", {"id": part}) for part in mine.parts(ids)))
    missing = {} if all(answer.ok for answer in found) else {"posts": Answer("posts")}
    return {one.id: one for answer in found for one in domain.posts(answer.body)}, missing


def _paging(limit: int) -> dict[str, str | int | list[str]]:
    cursor = request.args.get("cursor", "").strip()
    return {"limit": limit, **({"cursor": cursor} if cursor else {})}


def _status(answer: Answer) -> int:
    return 200 if answer.ok or answer.missing else 400
