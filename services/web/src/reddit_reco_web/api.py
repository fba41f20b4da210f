"""The pages that everybody reads: HTTP in, HTML out."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, make_response, render_template, request

from . import answers, domain, mine, topics, words
from .asking import ask, ask_with_hidden, has, is_part, page, settings, this_page
from .backends import Answer, Call
from .domain import Post
from .errors import error_page
from .guards import readers_only
from .hidden import Hidden
from .refusing import instead_of_next, refusal

pages = Blueprint("pages", __name__, template_folder="templates")
pages.before_request(readers_only)
_ASIDE = 6
# What is popular is in the feed itself, for those of whom nothing is known.
_BESIDE_FEED = "new"
# Of a page's time, what recommend may take: then there is still some for other posts.
_RECOMMEND_SHARE = 0.6
_SUGGESTIONS = 8
_UNACCEPTED = "It has a part that the service does not accept."


@pages.get("/")
def home() -> Response:
    """What is recommended; posts by one of the sorts where one is asked for."""
    asked_for = request.args.get("sort") in domain.SORTS or bool(_given(*domain.FILTERS))
    if asked_for or not has("recommend"):
        return _sorted_posts()
    return _recommended()


@pages.get("/search")
def search() -> Response:
    """The search page: empty without a question."""
    query = request.args.get("q", "").strip()
    sort = _choice("sort", domain.SEARCH_SORTS, "relevance")
    if not query:
        return page("search.html", {}, query="", examples=words.EXAMPLES, focus_search=True)
    filters = _given(*domain.FILTERS, "from", "to", "over_18")
    params = {"q": query, "sort": sort, **filters, **_given("cursor")}
    params["limit"] = str(settings().page_size)
    [found], hidden = ask_with_hidden(Call("search", "/api/v1/search", params))
    if (instead := instead_of_next(found)) is not None:
        return instead
    results = domain.results(found.body) if found.ok else None
    shown = hidden.leave_out(results.posts) if results else ()
    return page(
        "search.html",
        {"search": found},
        status=_refused(found),
        degraded=hidden.degraded(results.degraded if results else ()),
        query=query,
        sorts=domain.SEARCH_SORTS,
        sort=sort,
        filters=_given(*domain.FILTERS, "from", "to"),
        results=results,
        posts=shown,
        refusal=refusal(found, _UNACCEPTED),
        hints=domain.hints(query, filters),
        **_marks(shown),
    )


@pages.get("/search/suggest")
def suggest() -> Response:
    """How the text that is being typed may go on: a list of links for the search box."""
    query = request.args.get("q", "").strip()
    found: tuple[answers.Suggestion, ...] = ()
    if query:
        params: dict[str, str | int] = {"q": query, "limit": _SUGGESTIONS}
        [answer] = ask(Call("search", "/api/v1/search/suggest", params))
        found = answers.suggestions(answer.body) if answer.ok else ()
    response = make_response(render_template("_suggestions.html", suggestions=found))
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/posts/<post_id>")
def post(post_id: str) -> Response:
    """One post, what its reader did with it, and others like it."""
    path = quote(post_id, safe=":")
    calls = {"posts": Call("posts", f"/api/v1/posts/{path}")}
    if has("recommend"):
        similar: dict[str, str | int] = {"limit": _ASIDE}
        calls["recommend"] = _recommend_call(f"/similar/{path}", similar)
    calls |= mine.calls(post_id)
    given, hidden = ask_with_hidden(*calls.values())
    asked = dict(zip(calls, given, strict=True))
    answer = asked.pop("posts")
    if answer.missing:
        text = "This page needs the service “posts”, which does not answer. Try again soon."
        headers = {"Retry-After": "2", "Degraded": "posts"}
        return make_response(error_page(503, text), headers)
    shown = domain.post(answer.body) if answer.ok else None
    if shown is None:
        return error_page(410 if answer.status == 410 else 404, _absent(answer))
    others, more = _others(shown, asked.get("recommend"), hidden)
    return page(
        "post.html",
        {**{one.verb: one for one in asked.values()}, **more},
        degraded=hidden.degraded(),
        post=shown,
        others=others,
        similar="posts" not in more,
        hidden_post=shown.id in hidden.posts,
        **mine.state(asked, shown.id),
    )


def _recommended() -> Response:
    chosen = topics.chosen()
    cursor = _given("cursor")
    params: dict[str, str | int] = {"limit": settings().page_size, **cursor}
    if chosen:
        params["topics"] = ",".join(chosen)
    calls = [_recommend_call("", params)]
    picking = not (cursor or chosen or topics.declined())
    if not is_part():
        calls.append(_list_call(_BESIDE_FEED, _ASIDE))
    if picking:
        calls.append(_recommend_call("/topics", {}))
    given, hidden = ask_with_hidden(*calls)
    feed = given[0]
    if (ended := instead_of_next(feed)) is not None:
        return ended
    instead = _instead(feed)
    cold = answers.basis(feed.body) != "personal"
    shown = hidden.leave_out(domain.posts((instead or feed).body))
    return page(
        "home.html",
        {"recommend": feed, **({"posts": instead} if instead else {})},
        status=_refused(feed),
        degraded=hidden.degraded(answers.degraded(feed.body)),
        feed=True,
        refusal=refusal(feed, _UNACCEPTED),
        sorts=domain.SORTS,
        sort="hot" if instead else None,
        beside=_BESIDE_FEED,
        filters={},
        chosen_topics=chosen,
        offered=topics.offered(given[-1].body)[:_SUGGESTIONS] if picking and cold else (),
        posts=shown,
        next_cursor=None if instead else domain.next_cursor(feed.body),
        aside=() if is_part() else hidden.leave_out(domain.posts(given[1].body)),
        **_marks(shown),
    )


def _instead(feed: Answer) -> Answer | None:
    """Without recommendations, hot posts: while there is time for them."""
    if not feed.missing:
        return None
    [answer] = ask(_list_call("hot", settings().page_size))
    return answer


def _sorted_posts() -> Response:
    sort = _choice("sort", domain.SORTS, "hot")
    beside = "new" if sort == "top" else "top"
    filters = _given(*domain.FILTERS, "over_18")
    calls = [_list_call(sort, settings().page_size, **filters, **_given("cursor"))]
    if not is_part():
        calls.append(_list_call(beside, _ASIDE, **filters))
    given, hidden = ask_with_hidden(*calls)
    listed = given[0]
    if (instead := instead_of_next(listed)) is not None:
        return instead
    shown = hidden.leave_out(domain.posts(listed.body))
    return page(
        "home.html",
        {"posts": listed},
        status=_refused(listed),
        degraded=hidden.degraded(),
        feed=False,
        refusal=refusal(listed, _UNACCEPTED),
        sorts=domain.SORTS,
        sort=sort,
        beside=beside,
        filters=_given(*domain.FILTERS),
        posts=shown,
        next_cursor=domain.next_cursor(listed.body),
        aside=() if is_part() else hidden.leave_out(domain.posts(given[1].body)),
        **_marks(shown),
    )


def _recommend_call(path: str, params: dict[str, str | int]) -> Call:
    within = settings().fan_out_seconds * _RECOMMEND_SHARE
    return Call("recommend", f"/api/v1/recommend{path}", params, within=within)


def _list_call(sort: str, limit: int, **params: str) -> Call:
    return Call("posts", "/api/v1/posts", {"sort": sort, "limit": limit, **params})


def _marks(shown: Iterable[Post]) -> dict[str, Any]:
    """What the reader likes of these posts; without an answer, nothing that can be told."""
    return {"liked": mine.liked([one.id for one in shown]), "back": this_page()}


def _others(
    shown: Post, similar: Answer | None, hidden: Hidden
) -> tuple[tuple[Post, ...], dict[str, Answer]]:
    """Posts like this one, or of its subreddit; and what was asked for the latter."""
    found = _without(shown, hidden, similar.body if similar and similar.ok else None)
    if found or not shown.subreddit:
        return found, {}
    params = {"subreddit": shown.subreddit, "source": shown.source}
    [answer] = ask(_list_call("top", _ASIDE, **params))
    return _without(shown, hidden, answer.body), {"posts": answer}


def _without(shown: Post, hidden: Hidden, body: Any) -> tuple[Post, ...]:
    others = [one for one in hidden.leave_out(domain.posts(body)) if one.id != shown.id]
    return tuple(others[: _ASIDE - 1])


def _absent(answer: Answer) -> str:
    return "" if answer.status == 410 else "There is no such post here."


def _refused(answer: Answer) -> int:
    return 200 if answer.ok or answer.missing else 400


def _given(*names: str) -> dict[str, str]:
    found = {name: request.args.get(name, "").strip() for name in names}
    return {name: value for name, value in found.items() if value}


def _choice(name: str, allowed: Mapping[str, str], default: str) -> str:
    value = request.args.get(name, default)
    return value if value in allowed else default
