"""HTTP in, pages out."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    make_response,
    render_template,
    request,
)

from . import assets, domain, words
from .backends import Answer, Backends, Call, Deadline
from .errors import error_page
from .settings import WebSettings

pages = Blueprint("pages", __name__, template_folder="templates")
_ASIDE = 6
_FOREVER = "public, max-age=31536000, immutable"


@pages.before_request
def start_clock() -> None:
    """All calls of one page share one deadline."""
    g.deadline = Deadline(_settings().fan_out_seconds)


@pages.get("/")
def home() -> Response:
    """Posts by one of the sorts, and a short list beside them."""
    sort = _choice("sort", domain.SORTS, "hot")
    beside = "new" if sort == "top" else "top"
    filters = _given(*domain.FILTERS, "over_18")
    cursor = _given("cursor")
    size = _settings().page_size
    listed, aside = _ask(
        Call("posts", "/api/v1/posts", {"sort": sort, "limit": size, **filters, **cursor}),
        Call("posts", "/api/v1/posts", {"sort": beside, "limit": _ASIDE, **filters}),
    )
    return _page(
        "home.html",
        {"posts": listed},
        status=_refused(listed),
        refusal=_refusal(listed),
        sorts=domain.SORTS,
        sort=sort,
        beside=beside,
        filters=_given(*domain.FILTERS),
        posts=domain.posts(listed.body),
        next_cursor=domain.next_cursor(listed.body),
        aside=domain.posts(aside.body),
    )


@pages.get("/search")
def search() -> Response:
    """The search page: empty without a question."""
    query = request.args.get("q", "").strip()
    sort = _choice("sort", domain.SEARCH_SORTS, "relevance")
    if not query:
        return _page("search.html", {}, query="", examples=words.EXAMPLES, focus_search=True)
    filters = _given(*domain.FILTERS, "from", "to", "over_18")
    params = {"q": query, "sort": sort, **filters, **_given("cursor")}
    params["limit"] = str(_settings().page_size)
    [found] = _ask(Call("search", "/api/v1/search", params))
    return _page(
        "search.html",
        {"search": found},
        status=_refused(found),
        query=query,
        sorts=domain.SEARCH_SORTS,
        sort=sort,
        filters=_given(*domain.FILTERS, "from", "to"),
        results=domain.results(found.body) if found.ok else None,
        refusal=_refusal(found),
        hints=domain.hints(query, filters),
    )


@pages.get("/posts/<post_id>")
def post(post_id: str) -> Response:
    """One post, and others of its subreddit."""
    [answer] = _ask(Call("posts", f"/api/v1/posts/{quote(post_id, safe=':')}"))
    if answer.missing:
        return make_response(error_page(503), {"Retry-After": "2"})
    shown = domain.post(answer.body) if answer.ok else None
    if shown is None:
        return error_page(410 if answer.status == 410 else 404, _absent(answer))
    more = _ask(*_more_like(shown))
    others = [one for one in domain.posts(more[0].body) if one.id != shown.id] if more else []
    return _page(
        "post.html", {one.verb: one for one in more}, post=shown, others=others[: _ASIDE - 1]
    )


@pages.get("/about")
def about() -> Response:
    """What this is, how to put posts in, and which services answer right now."""
    verbs = list(_settings().addresses())
    states = _ask(*(Call(verb, "/readyz") for verb in verbs))
    return _page(
        "about.html",
        {},
        states={one.verb: one.ok for one in states},
        formats=words.FORMATS,
        root=request.url_root.rstrip("/"),
    )


@pages.get("/assets/<name>")
def asset(name: str) -> Response:
    """A static file, under the hash of its content."""
    found = assets.find(name)
    if found is None:
        abort(404)
    content, current = found
    response = Response(content.content, content_type=content.media_type)
    response.headers["Cache-Control"] = _FOREVER if current else "no-cache"
    response.set_etag(content.digest)
    return response.make_conditional(request)  # type: ignore[return-value]


@pages.get("/favicon.ico")
def favicon() -> Response:
    """For those who ask here without having read the page."""
    return asset(assets.hashed_name("icon.svg"))


@pages.get("/opensearch.xml")
def opensearch() -> Response:
    """Lets a browser offer this site as a search engine."""
    body = render_template("opensearch.xml")
    return Response(body, content_type="application/opensearchdescription+xml; charset=utf-8")


@pages.get("/robots.txt")
def robots() -> Response:
    """Search results are not for other search engines."""
    body = f"User-agent: *\nDisallow: {request.script_root}/search\n"
    return Response(body, content_type="text/plain; charset=utf-8")


def _page(
    template: str, asked: Mapping[str, Answer], status: int = 200, **context: Any
) -> Response:
    missing = sorted(verb for verb, answer in asked.items() if answer.missing)
    body = render_template(template, missing=missing, **context)
    response = make_response(body, status)
    if missing:
        response.headers["Degraded"] = ", ".join(missing)
    return response


def _ask(*calls: Call) -> list[Answer]:
    backends: Backends = current_app.extensions["backends"]
    return backends.ask(list(calls), g.deadline, {"X-Request-ID": g.request_id}) if calls else []


def _more_like(shown: domain.Post) -> list[Call]:
    if not shown.subreddit:
        return []
    params: dict[str, str | int] = {
        "subreddit": shown.subreddit,
        "source": shown.source,
        "sort": "top",
        "limit": _ASIDE,
    }
    return [Call("posts", "/api/v1/posts", params)]


def _absent(answer: Answer) -> str:
    return "" if answer.status == 410 else "There is no such post here."


def _refused(answer: Answer) -> int:
    return 200 if answer.ok or answer.missing else 400


def _refusal(answer: Answer) -> str:
    if answer.ok or answer.missing:
        return ""
    return answer.detail or "It has a part that the service does not accept."


def _given(*names: str) -> dict[str, str]:
    found = {name: request.args.get(name, "").strip() for name in names}
    return {name: value for name, value in found.items() if value}


def _choice(name: str, allowed: Mapping[str, str], default: str) -> str:
    value = request.args.get(name, default)
    return value if value in allowed else default


def _settings() -> WebSettings:
    settings: WebSettings = current_app.config["WEB"]
    return settings
