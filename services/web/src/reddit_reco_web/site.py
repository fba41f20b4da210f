"""What a site has beside its posts: about, static files, what browsers and robots ask for."""

from flask import Blueprint, Response, abort, render_template, request

from . import assets, words
from .asking import ask, page, settings
from .backends import Call

site = Blueprint("site", __name__)
_FOREVER = "public, max-age=31536000, immutable"


@site.get("/about")
def about() -> Response:
    """What this is, how to put posts in, and which services answer right now."""
    states = ask(*(Call(verb, "/readyz") for verb in settings().addresses()))
    return page(
        "about.html",
        {},
        states={one.verb: one.ok for one in states},
        formats=words.FORMATS,
        keys=words.KEYS,
        root=request.url_root.rstrip("/"),
    )


@site.get("/assets/<name>")
def asset(name: str) -> Response:
    """A static file, under the hash of its content."""
    found = assets.find(name)
    if found is None:
        abort(404)
    content, current = found
    zipped = content.zipped is not None and request.accept_encodings["gzip"] > 0
    body = content.zipped if zipped and content.zipped else content.content
    response = Response(body, content_type=content.media_type)
    response.headers["Cache-Control"] = _FOREVER if current else "no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(content.digest + ("-gzip" if zipped else ""))
    return response.make_conditional(request)  # type: ignore[return-value]


@site.get("/favicon.ico")
def favicon() -> Response:
    """For those who ask here without having read the page."""
    return asset(assets.hashed_name("icon.svg"))


@site.get("/opensearch.xml")
def opensearch() -> Response:
    """Lets a browser offer this site as a search engine."""
    body = render_template("opensearch.xml")
    return Response(body, content_type="application/opensearchdescription+xml; charset=utf-8")


@site.get("/robots.txt")
def robots() -> Response:
    """Search results and what belongs to one reader are not for search engines."""
    paths = ("/search", "/me", "/imports", "/sign-in", "/sign-up")
    rules = "".join(f"Disallow: {request.script_root}{path}\n" for path in paths)
    return Response(f"User-agent: *\n{rules}", content_type="text/plain; charset=utf-8")
