"""Acts on posts: one form a page, whose buttons say what is done.

With script the answer replaces the part of the page that changed; without it, the page before is
loaded again and tells what was done, with a button that undoes it.
"""

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest

from . import answers, csrf, domain, mine, notices
from .acts import Act, ActRefused, parse
from .asking import ask, has, is_part, way_back
from .backends import Answer, Call
from .errors import part_failed
from .guards import visitors_out

acting = Blueprint("acting", __name__)


@acting.post("/acts")
def act() -> Response:
    """Do what the button says."""
    csrf.check()
    try:
        wanted = parse(request.form.get("do", ""), request.form.get("what", ""))
    except ActRefused as refused:
        raise BadRequest(str(refused)) from None
    if (barred := visitors_out(way_back(request.form.get("next")))) is not None:
        return barred
    if wanted.kind == "tags":
        return _tag_panel(wanted)
    [answer] = ask(wanted.call())
    if not answer.ok:
        return _failed(wanted, answer)
    return _part(wanted, answer) if is_part() else _back(wanted, answer)


def _failed(wanted: Act, answer: Answer) -> Response:
    if not answer.missing:
        raise BadRequest(answer.detail or f"The service “{wanted.verb}” did not accept this.")
    if is_part():
        return part_failed(wanted.verb)
    notices.leave_failed(wanted.verb)
    return redirect(way_back(request.form.get("next")), 303)  # type: ignore[return-value]


def _back(wanted: Act, answer: Answer) -> Response:
    if wanted.kind == "share":
        wanted = Act("share", wanted.post, _code(answer))
    notices.leave_done(wanted)
    return redirect(way_back(request.form.get("next")), 303)  # type: ignore[return-value]


def _part(wanted: Act, answer: Answer) -> Response:
    """The part of the page that changed, with where it goes."""
    place = request.form.get("place", "")
    if wanted.kind in ("like", "unlike"):
        return _buttons(wanted)
    if wanted.verb == "hide" and place != "hidden":
        return _hiding(wanted, place)
    if wanted.verb == "tag" and place != "tagged":
        return _tag_panel(wanted)
    if wanted.kind == "share":
        share = next(iter(answers.entries({"items": [answer.body]})), answers.Entry())
        target = f"#x-{domain.key(wanted.post)}" + ("-share" if place == "post" else "")
        return _swap("share", target, "innerHTML", wanted, share=share)
    name = wanted.what if wanted.kind.endswith("-all") else wanted.post
    row = wanted.what if wanted.kind == "unshare" else domain.key(name)
    return _swap("toggle", f"#a-{row}", "outerHTML", wanted, row=row)


def _hiding(wanted: Act, place: str) -> Response:
    key = domain.key(wanted.post)
    if place == "post":
        return _buttons(wanted, hidden_post=wanted.kind == "hide")
    if wanted.kind in ("hide", "hide-all"):
        name = request.form.get("subreddit", "")
        return _swap("hidden", f"#p-{key}", "outerHTML", wanted, key=key, subreddit=name)
    [answer] = ask(Call("posts", f"/api/v1/posts/{quote(wanted.post, safe=':')}"))
    shown = domain.post(answer.body) if answer.ok else None
    liked = mine.liked([wanted.post])
    return _swap("item", f"#p-{key}", "outerHTML", wanted, post=shown, key=key, liked=liked)


def _buttons(wanted: Act, **context: Any) -> Response:
    asked = {}
    if has("like"):
        [asked["like"]] = ask(mine.calls(wanted.post)["like"])
    given = {"likes": None, **mine.state(asked, wanted.post), **context}
    target = f"#a-{domain.key(wanted.post)}"
    whole = request.form.get("place") == "post"
    return _swap(
        "buttons", target, "outerHTML", wanted, post=_Named(wanted.post), whole=whole, **given
    )


def _tag_panel(wanted: Act) -> Response:
    if not is_part():
        page = url_for("pages.post", post_id=wanted.post)
        return redirect(f"{page}#tags", 303)  # type: ignore[return-value]
    calls = mine.tag_calls(wanted.post)
    asked = dict(zip(calls, ask(*calls.values()), strict=True))
    if asked["tags"].missing:
        return part_failed("tag")
    post = _Named(wanted.post)
    target = f"#x-{post.key}"
    return _swap("tags", target, "innerHTML", wanted, post=post, **mine.tags(asked))


class _Named:
    """As much of a post as its buttons need."""

    def __init__(self, post: str) -> None:
        self.id = post
        self.key = domain.key(post)
        self.subreddit = request.form.get("subreddit") or None


def _swap(part: str, target: str, how: str, wanted: Act, **context: Any) -> Response:
    body = render_template("_acted.html", part=part, act=wanted, **context)
    headers = {"HX-Retarget": target, "HX-Reswap": how, "Cache-Control": "no-store"}
    return make_response(body, 200, headers)


def _code(answer: Answer) -> str:
    code = answer.body.get("code") if isinstance(answer.body, dict) else None
    return code if isinstance(code, str) else ""
