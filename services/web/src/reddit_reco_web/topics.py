"""Topics that a newcomer picks: they lie in a cookie, and go to recommend with each page."""

from typing import Any
from urllib.parse import quote, unquote

from flask import Blueprint, Response, redirect, request

from . import answers, cookies, csrf, notices
from .asking import ask, has, page, way_back
from .backends import Call
from .guards import readers_only

picker = Blueprint("picker", __name__)
picker.before_request(readers_only)
MOST = 20
_OFFERED = 60
_LONGEST = 100
_YEAR = 365 * 86_400
# In the cookie of a reader who does not want to be asked.
_NONE = "-"


@picker.get("/topics")
def choose() -> Response:
    """All topics, to pick from."""
    [answer] = ask(Call("recommend", "/api/v1/recommend/topics", {"limit": _OFFERED}))
    given = chosen()
    offers = offered(answer.body)
    others = [answers.Topic(name) for name in given if name not in {one.name for one in offers}]
    asked = {"recommend": answer} if has("recommend") else {}
    return page("topics.html", asked, offered=(*others, *offers), chosen_topics=given, most=MOST)


@picker.post("/topics")
def picked() -> Response:
    """Keep the topics in this browser."""
    csrf.check()
    names = [] if request.form.get("none") else _clean(request.form.getlist("topic"))
    cookies.keep("topics", quote(",".join(names) or _NONE, safe=","), _YEAR)
    if names:
        notices.leave("topics")
    return redirect(way_back(None), 303)  # type: ignore[return-value]


def chosen() -> list[str]:
    """The topics of this page: those of its address, else those picked before."""
    if "topics" in request.args:
        return _clean(request.args["topics"].split(","))
    kept = unquote(cookies.read("topics"))
    return [] if kept == _NONE else _clean(kept.split(","))


def declined() -> bool:
    """Whether the reader has said what topics there shall be, if it was none."""
    return bool(cookies.read("topics"))


def offered(body: Any) -> tuple[answers.Topic, ...]:
    """The topics in recommend's answer."""
    return answers.topics(body)


def _clean(names: list[str]) -> list[str]:
    found = (name.strip()[:_LONGEST] for name in names)
    return list(dict.fromkeys(name for name in found if name and name != _NONE))[:MOST]
