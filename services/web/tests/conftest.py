"""The services that web asks, in the shapes that they promise: real HTTP servers over a few posts.

They are stand-ins for other services in web's own tests; `test_with_real_services.py` has those.
"""

import logging
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import pytest
from flask import Flask, Response, jsonify, make_response, request
from flask.testing import FlaskClient
from lxml import html
from werkzeug.serving import make_server

from reddit_reco_web import make_app
from reddit_reco_web.settings import WebSettings

logging.getLogger("werkzeug").setLevel(logging.ERROR)

Item = dict[str, Any]


def post(native_id: str, **fields: Any) -> Item:
    """A post as the services answer it."""
    return {
        "id": f"reddit:{native_id}",
        "source": "reddit",
        "title": f"Post {native_id}",
        "text": "",
        "url": None,
        "permalink": None,
        "subreddit": "python",
        "author": "somebody",
        "created_at": "2013-03-04T17:05:00Z",
        "score": 12345,
        "num_comments": 1,
        "over_18": False,
        "tags": [],
        "attribution": None,
        "_links": {"self": {"href": f"/api/v1/posts/reddit:{native_id}"}},
        **fields,
    }


class Verb:
    """A service over some posts, to be told to be slow or broken; it remembers what was asked."""

    def __init__(self, posts: list[Item]) -> None:
        self.posts = posts
        self.deleted: set[str] = set()
        self.asked: list[str] = []
        self.request_ids: list[str | None] = []
        self.delay = 0.0
        self.status = 0
        self.url = ""
        self.app = Flask("fake")
        self.app.before_request(self._note)
        self.app.get("/readyz")(lambda: {"status": "ok"})
        self.app.get("/api/v1/posts")(self.listed)
        self.app.get("/api/v1/posts/<post_id>")(self.one)
        self.app.get("/api/v1/search")(self.found)

    def _note(self) -> Response | None:
        self.asked.append(request.environ["REQUEST_URI"])
        self.request_ids.append(request.headers.get("X-Request-ID"))
        time.sleep(self.delay)
        return problem(self.status, "It was told to fail.") if self.status else None

    def listed(self) -> Response:
        """GET /posts."""
        if wanted := request.args.getlist("id"):
            known = {one["id"]: one for one in self.posts}
            ids = [one for one in wanted if one in known and one not in self.deleted]
            return jsonify(items=[known[one] for one in ids], next_cursor=None, _links={})
        return self._page([one for one in self.posts if _matches(one)])

    def one(self, post_id: str) -> Response:
        """GET /posts/{id}."""
        if post_id in self.deleted:
            return problem(410, "This post was deleted.")
        for item in self.posts:
            if item["id"] == post_id:
                return jsonify(item)
        return problem(404, "There is no such post.")

    def found(self) -> Response:
        """GET /search, by words in the title or text."""
        query = request.args["q"]
        if len(query) > 300:
            return problem(400, "q: String should have at most 300 characters")
        hits = [marked(one, query) for one in self.posts if _has(one, query) and _matches(one)]
        counts = Counter(one["subreddit"] for one in hits)
        facets = {"subreddit": [{"value": name, "count": n} for name, n in counts.most_common()]}
        facets["source"] = [{"value": "reddit", "count": len(hits)}] if hits else []
        return self._page(hits, total=len(hits), facets=facets, took_ms=1.25, engine="tantivy")

    def _page(self, items: list[Item], **more: Any) -> Response:
        at, limit = request.args.get("cursor", "0"), int(request.args.get("limit", "20"))
        if not at.isdigit():
            kind = "urn:reddit-reco:problem:invalid-cursor"
            return problem(400, "This cursor was not made by this list.", type=kind)
        start = int(at)
        following = str(start + limit) if start + limit < len(items) else None
        return jsonify(items=items[start : start + limit], next_cursor=following, _links={}, **more)


def marked(item: Item, query: str) -> Item:
    """The item with highlights, as search gives them."""
    words = re.compile("|".join(map(re.escape, query.split())), re.IGNORECASE)
    return {
        **item,
        "relevance": 1.0,
        "highlights": {"title": words.sub(r"<mark>\g<0></mark>", escape(item["title"]))},
    }


def problem(status: int, detail: str, **more: Any) -> Response:
    """An RFC 9457 answer."""
    body = {"type": "urn:reddit-reco:problem:test", "status": status, "detail": detail, **more}
    return make_response(jsonify(body), status)


@contextmanager
def serving(verb: Verb) -> Iterator[Verb]:
    """Serve the verb on a free port of loopback until the block ends."""
    server = make_server("127.0.0.1", 0, verb.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    verb.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield verb
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _matches(item: Item) -> bool:
    wanted = {name: request.args[name] for name in ("subreddit", "source") if name in request.args}
    tag = request.args.get("tag")
    return all(item[name] == value for name, value in wanted.items()) and (
        tag is None or tag in item["tags"]
    )


def _has(item: Item, query: str) -> bool:
    words = query.lower().split()
    return all(word in f"{item['title']} {item['text']}".lower() for word in words)


@pytest.fixture
def make_post() -> Callable[..., Item]:
    """Makes a post as the services answer it."""
    return post


@pytest.fixture
def posts_verb() -> Iterator[Verb]:
    """A posts service with 30 posts of two subreddits."""
    items = [
        post(
            f"p{n}",
            title=f"Post number {n}",
            subreddit=["python", "cooking"][n % 2],
            tags=["howto"],
        )
        for n in range(30)
    ]
    with serving(Verb(items)) as verb:
        yield verb


@pytest.fixture
def search_verb(posts_verb: Verb) -> Iterator[Verb]:
    """A search service over the same posts."""
    with serving(Verb(posts_verb.posts)) as verb:
        yield verb


@pytest.fixture
def make_client() -> Iterator[Callable[..., FlaskClient]]:
    """Makes clients of web apps with given settings; ends their threads afterwards.

    They wait long for the stand-ins, as a busy machine needs it; a test of lateness sets how long.
    """
    apps: list[Flask] = []

    def make(**settings: Any) -> FlaskClient:
        app = make_app(WebSettings(**{"fan_out_seconds": 20, **settings}))
        apps.append(app)
        return app.test_client()

    yield make
    for app in apps:
        app.extensions["backends"].close()


@pytest.fixture
def client(
    make_client: Callable[..., FlaskClient], posts_verb: Verb, search_verb: Verb
) -> FlaskClient:
    """A client of a web app whose services all answer."""
    return make_client(
        posts_url=posts_verb.url, search_url=search_verb.url, ingest_url=posts_verb.url
    )


@pytest.fixture
def dead_url() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def see() -> Callable[..., Any]:
    """Gets a page as a browser does; gives its parsed HTML."""

    def get(client: FlaskClient, path: str, status: int = 200) -> Any:
        response = client.get(path, headers={"Accept": "text/html,application/xhtml+xml;q=0.9"})
        assert response.status_code == status, response.text
        assert response.content_type == "text/html; charset=utf-8"
        return html.document_fromstring(response.text)

    return get
