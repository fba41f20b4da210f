"""A site with every verb: small stand-ins that keep what people do, on one real HTTP server."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask, Response, jsonify, make_response, request
from lxml import html
from werkzeug.serving import make_server

PASSWORD = "correct horse battery"
VERBS = ("recommend", "tag", "like", "hide", "share", "login", "ingest")


class People:
    """What login, like, hide, tag, share, recommend and ingest answer, and what they remember."""

    def __init__(self, posts, key):
        self.posts, self.key = posts, key
        self.users, self.likes, self.hidden, self.tags = {}, set(), set(), set()
        self.by_rule = set()
        self.shares, self.rules, self.imports = {}, [], {}
        self.refreshed, self.tokens, self.seen = 0, {"r0": "ann"}, []
        self.flows, self.refuse, self.ends_with_page = {}, 0, False
        self.down: set[str] = set()
        self.slow: set[str] = set()
        self.app = Flask("people")
        self.app.before_request(self.note)
        for rule, view in self.routes():
            self.app.add_url_rule(
                rule, view.__name__, view, methods=["GET", "POST", "PUT", "DELETE"]
            )

    def routes(self):
        return [
            ("/<verb>/readyz", self.ready),
            ("/login/api/v1/users", self.sign_up),
            ("/login/api/v1/sessions", self.session),
            ("/login/api/v1/sessions/refresh", self.refresh),
            ("/login/api/v1/sessions/oidc", self.start_oidc),
            ("/login/api/v1/sessions/oidc/callback", self.finish_oidc),
            ("/login/api/v1/me", self.me),
            ("/like/api/v1/likes/counts", self.counts),
            ("/like/api/v1/likes", self.liked),
            ("/like/api/v1/likes/<post>", self.like),
            ("/hide/api/v1/hidden/all", self.all_hidden),
            ("/hide/api/v1/hidden", self.hidden_list),
            ("/hide/api/v1/hidden/subreddits/<name>", self.hide_subreddit),
            ("/hide/api/v1/hidden/<post>", self.hide),
            ("/tag/api/v1/tags", self.my_tags),
            ("/tag/api/v1/tags/rules", self.my_rules),
            ("/tag/api/v1/tags/suggest/<post>", self.suggest),
            ("/tag/api/v1/tags/<tag>/posts", self.tagged),
            ("/tag/api/v1/tags/<post>/<tag>", self.tag),
            ("/share/api/v1/shares", self.share),
            ("/share/api/v1/shares/<code>", self.unshare),
            ("/recommend/api/v1/recommend", self.recommended),
            ("/recommend/api/v1/recommend/topics", self.topics),
            ("/recommend/api/v1/recommend/similar/<post>", self.similar),
            ("/ingest/api/v1/imports", self.import_list),
            ("/ingest/api/v1/imports/<one>", self.one_import),
            ("/ingest/api/v1/imports/<one>/rejected", self.rejected),
        ]

    def note(self) -> Response | None:
        verb = request.path.split("/")[1]
        self.seen.append(SimpleNamespace(path=request.full_path, headers=dict(request.headers)))
        if verb in self.slow:
            time.sleep(2)
        return make_response("", 503) if verb in self.down else None

    def token(self, name="ann", seconds=900, key=None, **claims):
        body = {"sub": f"user:{name}", "name": name, "iss": "reddit-reco", "aud": "reddit-reco"}
        body |= {"scope": "", "exp": int(time.time()) + seconds, **claims}
        return jwt.encode(body, key or self.key, "EdDSA", {"kid": "test"})

    def ready(self, verb):  # noqa: ARG002
        return {"status": "ok"}

    def sign_up(self):
        name = request.json["username"]
        if name in self.users:
            errors = [{"field": "username", "detail": "taken"}]
            return {"detail": "The name is taken.", "errors": errors}, 409
        self.users[name] = request.json["password"]
        return {"username": name}, 201

    def session(self):
        if request.method == "DELETE":
            self.tokens.clear()
            return "", 204
        name = request.json["username"]
        if self.users.get(name) != request.json["password"]:
            return {"detail": "Unknown username or wrong password."}, 401
        return self.grant(name), 201

    def start_oidc(self):
        if self.refuse:
            return {"detail": "Too many tries."}, self.refuse, {"Retry-After": "9"}
        self.flows[flow := f"flow{len(self.flows)}"] = "state"
        away = "https://provider.example/authorize?state=state"
        return {"authorization_url": away, "flow": flow, "expires_in": 600}, 201

    def finish_oidc(self):
        given = request.json
        known = self.flows.pop(given["flow"], None) == given["state"]
        if not known or given["code"] != "good" or given.get("iss", "it") != "it":
            return {"detail": "Begin again."}, 401
        return self.grant("cy"), 201

    def refresh(self):
        name = self.tokens.get(request.json["refresh_token"])
        if name is None:
            return {"detail": "Sign in again."}, 401
        self.refreshed += 1
        return self.grant(name)

    def grant(self, name):
        self.tokens[f"r{len(self.tokens)}"] = name
        last = list(self.tokens)[-1]
        return {"access_token": self.token(name), "refresh_token": last, "expires_in": 900}

    def me(self):
        if request.method == "DELETE":
            self.users.clear()
            return {"state": "erasing"}, 202
        return {"username": "ann", "created_at": "2024-05-06T07:08:09Z"}

    def counts(self):
        asked = request.args.getlist("post")
        mine = [one for one in asked if one in self.likes]
        return {"counts": {one: int(one in self.likes) for one in asked}, "mine": mine}

    def liked(self):
        if self.ends_with_page and "cursor" in request.args:
            self.down.add("like")
            return make_response("", 503)
        return cut([{"post": one, "at": "2024-01-02T03:04:05Z"} for one in sorted(self.likes)])

    def like(self, post):
        return keep(self.likes, post)

    def all_hidden(self):
        posts = [one for one in self.hidden if ":" in one]
        return {"posts": posts, "subreddits": sorted(self.hidden - set(posts)), "complete": True}

    def hidden_list(self):
        return page([{"post" if ":" in one else "subreddit": one} for one in sorted(self.hidden)])

    def hide_subreddit(self, name):
        return keep(self.hidden, name)

    def hide(self, post):
        return keep(self.hidden, post)

    def my_tags(self):
        post = request.args.get("post")
        found = [tag for of, tag in sorted(self.tags) if post in (None, of)]
        return page([{"tag": tag, "count": found.count(tag)} for tag in dict.fromkeys(found)])

    def my_rules(self):
        if request.method == "PUT":
            if not all(one["when"] for one in request.json["rules"]):
                return {"detail": "rules: give at least one of subreddit, author, source."}, 400
            self.rules = request.json["rules"]
        return {"rules": self.rules}

    def suggest(self, post):  # noqa: ARG002
        return page([{"tag": "howto", "score": 0.5, "reason": "You tag such posts howto."}])

    def tagged(self, tag):
        found = sorted(of for of, one in self.tags if one == tag)
        by = {one: "rule" if one in self.by_rule else "user" for one in found}
        return page([{"post": one, "tag": tag, "by": by[one]} for one in found])

    def tag(self, post, tag):
        return keep(self.tags, (post, tag))

    def share(self):
        if request.method == "GET":
            return page([{"code": code, **one} for code, one in self.shares.items()])
        code = f"code{len(self.shares)}"
        self.shares[code] = {**request.json, "from": "ann", "visits": 3}
        return {"code": code, **self.shares[code]}, 201

    def unshare(self, code):
        self.shares.pop(code, None)
        return "", 204

    def recommended(self):
        if not request.args.get("cursor", "0").isdigit():
            kind = "urn:reddit-reco:problem:invalid-cursor"
            return {"type": kind, "detail": "This cursor is of no list here."}, 400
        start, limit = int(request.args.get("cursor", 0)), int(request.args["limit"])
        posts = list(reversed(self.posts))[start : start + limit]
        following = str(start + limit) if start + limit < len(self.posts) else None
        items = [{**one, "reason": f"Because of {one['subreddit']}."} for one in posts]
        return page(items, following)

    def similar(self, post):  # noqa: ARG002
        return page([{**one, "reason": "About the same words."} for one in self.posts[:4]])

    def topics(self):
        return page([{"topic": "python", "posts": 15}, {"topic": "cooking", "posts": 15}])

    def import_list(self):
        if request.method == "GET":
            return page(list(self.imports.values()))
        file = request.files["file"]
        one = {"id": "i1", "state": "running", "format": request.args["format"], "progress": 0.25}
        self.imports["i1"] = {**one, "name": file.filename, "counts": {"read": len(file.read())}}
        return self.imports["i1"], 202

    def one_import(self, one):
        if one not in self.imports:
            return {"detail": "There is no such import."}, 404
        if request.method == "DELETE":
            self.imports[one]["state"] = "cancelled"
            return "", 204
        done = self.imports[one]["state"] == "done"
        return self.imports[one], 303 if done else 200

    def rejected(self, one):  # noqa: ARG002
        return page([{"line": 7, "reason": "no such post", "excerpt": "<b>x"}])


def page(items: list[Any], following: str | None = None) -> Response:
    return jsonify(items=items, next_cursor=following, _links={})


def cut(items: list[Any]) -> Response:
    """The page of a whole list that `cursor` and `limit` ask for."""
    start, limit = int(request.args.get("cursor", 0)), int(request.args.get("limit", 100))
    following = str(start + limit) if start + limit < len(items) else None
    return page(items[start : start + limit], following)


def keep(kept: set[Any], what: Any) -> tuple[str, int]:
    new = what not in kept
    (kept.discard if request.method == "DELETE" else kept.add)(what)
    return ("", 204) if request.method == "DELETE" else ("{}", 201 if new else 200)


class Browser:
    """A browser: it keeps cookies, follows redirects, and sends forms with what is in them."""

    def __init__(self, client):
        self.client = client

    def see(self, path, status=200, **headers):
        response = self.client.get(path, headers={"Accept": "text/html", **headers})
        if response.status_code == 303:
            return self.see(response.headers["Location"], status)
        assert response.status_code == status, response.text
        return html.document_fromstring(response.text)

    def send(self, page, form, **values):
        """Send the form of `page` that `form` selects; gives the response itself."""
        [found] = page.cssselect(form)
        fields = {**dict(found.form_values()), **values}
        return self.client.post(found.get("action"), data=fields, headers={"Accept": "text/html"})

    def act(self, page, do, **headers):
        found = page.cssselect("#acts")[0]
        fields = {**dict(found.form_values()), "do": do}
        sent = {"Accept": "text/html", **headers}
        return self.client.post(found.get("action"), data=fields, headers=sent)

    def follow(self, response):
        assert response.status_code == 303, response.text
        return self.see(response.headers["Location"])


@pytest.fixture(scope="session")
def key():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def people(posts_verb, key) -> Iterator[People]:
    people = People(posts_verb.posts, key)
    server = make_server("127.0.0.1", 0, people.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    people.url = f"http://127.0.0.1:{server.server_port}"
    yield people
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def jwks_file(key, tmp_path):
    raw = key.public_key().public_bytes_raw()
    public = {"kty": "OKP", "crv": "Ed25519", "kid": "test", "alg": "EdDSA"}
    public["x"] = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [public]}))
    return str(tmp_path / "jwks.json")


@pytest.fixture
def site(make_client, people, posts_verb, search_verb, jwks_file):
    """Makes a client of a site with every verb; settings may be given."""

    def make(**settings):
        urls = {f"{verb}_url": f"{people.url}/{verb}" for verb in VERBS}
        urls |= {"posts_url": posts_verb.url, "search_url": search_verb.url}
        given = {**urls, "jwks_file": jwks_file, **settings}
        return make_client(**given)

    return make


@pytest.fixture
def visitor(site):
    return Browser(site())


@pytest.fixture
def signed_in(site, people):
    """Makes Ann's browser at a site with the given settings: she is signed in."""

    def make(**settings):
        client = site(**settings)
        client.set_cookie("reddit_reco_access", people.token())
        client.set_cookie("reddit_reco_refresh", "r0")
        return Browser(client)

    return make


@pytest.fixture
def browser(signed_in):
    """Ann's browser, which waits as long as it takes."""
    return signed_in()


@pytest.fixture
def notice():
    """What a page tells of the act before."""
    return lambda page: " ".join(page.cssselect("main > .note")[0].text_content().split())
