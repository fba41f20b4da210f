"""What a reader hides does not come up, and it is said if that is not certain."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from reddit_reco_local.keys import make_keys, sign_token

from .conftest import post

MANY = [post(f"p{n:02}", f"fox word{n}", subreddit=f"Sub{n % 9}", score=n) for n in range(60)]


class Hide(ThreadingHTTPServer):
    """Answers as it is told, at once or late, and notes who asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.posts, self.subreddits, self.complete, self.status = [], [], True, 200
        self.seen, self.prompt = [], threading.Event()
        self.prompt.set()
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        hide = self.server
        hide.seen.append((self.path, self.headers["Authorization"]))
        hide.prompt.wait(5)
        hidden = {"posts": hide.posts, "subreddits": hide.subreddits, "complete": hide.complete}
        body = orjson.dumps(hidden if hide.status != 204 else [])
        self.send_response(200 if hide.status == 204 else hide.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def hide():
    hide = Hide()
    threading.Thread(target=hide.serve_forever, daemon=True).start()
    yield hide
    hide.prompt.set()
    hide.shutdown()
    hide.server_close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    make_keys(folder)
    return folder


@pytest.fixture
def reader(start, keys):
    """Starts a service; gives it, and a way to ask it as ann."""

    def started(*posts, deadline=2_000, **settings):
        given = {"jwks_file": str(keys / "jwks.json"), "hide_deadline_ms": deadline}
        service = start(*posts, **(given | settings))
        headers = {"Authorization": f"Bearer {sign_token(keys, 'user:ann', '')}"}

        def ask(path="", **params):
            url = f"/api/v1/search{path}"
            response = service.client.get(url, query_string={"q": "fox"} | params, headers=headers)
            assert response.status_code == 200, response.text
            return response.get_json()

        return service, ask

    return started


def ids(answer):
    return [item["id"].partition(":")[2] for item in answer["items"]]


def copied(service, *keys, user="user:ann"):
    """Write what is hidden as sync does."""
    service.posts.database["synced_hidden"].insert_many(
        {"_id": f"{user}|{key}", "user": user, "_gen": 1} for key in keys
    )


@pytest.mark.parametrize("engine", ["tantivy", "mongodb"])
def test_hide_is_asked_with_the_readers_own_token_and_believed_at_once(reader, hide, engine):
    service, ask = reader(*MANY, hide_url=hide.url, search_engine=engine)
    hide.posts, hide.subreddits = ["reddit:p03", "hn:9"], ["sub4"]
    answer = ask(limit=100)
    assert answer["degraded"] == []
    assert len(ids(answer)) == 60 - 1 - 7
    assert "p03" not in ids(answer)
    assert "Sub4" not in {item["subreddit"] for item in answer["items"]}
    [(path, bearer)] = hide.seen
    assert path == "/api/v1/hidden/all"
    assert bearer.startswith("Bearer ey")
    assert len(service.ids("fox", limit=100)) == 60


@pytest.mark.parametrize("sort", ["relevance", "new", "top"])
def test_pages_stay_full_and_what_is_hidden_on_the_way_does_not_come(reader, hide, sort):
    _, ask = reader(*MANY, hide_url=hide.url)
    whole = ids(ask(sort=sort, limit=100))
    hide.posts = [f"reddit:{one}" for one in whole[:5]]
    first = ask(sort=sort, limit=10)
    assert ids(first) == whole[5:15]
    # The last one that was shown, and the next.
    hide.posts += [f"reddit:{one}" for one in whole[14:16]]
    second = ask(sort=sort, limit=10, cursor=first["next_cursor"])
    assert ids(second) == whole[16:26]


@pytest.mark.parametrize("trouble", ["late", "failing", "away", "nonsense"])
def test_without_an_answer_of_hide_the_copy_is_used_and_named(reader, hide, trouble):
    url = "http://127.0.0.1:9" if trouble == "away" else hide.url
    service, ask = reader(*MANY, hide_url=url, deadline=80)
    copied(service, "reddit:p03", "r/sub4")
    copied(service, "reddit:p05", user="user:anna")
    hide.status = {"failing": 500, "nonsense": 204}.get(trouble, 200)
    if trouble == "late":
        hide.prompt.clear()
    answer = ask(limit=100)
    assert answer["degraded"] == ["hide"]
    assert len(ids(answer)) == 60 - 1 - 7
    assert "p03" not in ids(answer)
    assert ask("/suggest")["degraded"] == ["hide"]
    assert ask(mode="hybrid")["degraded"] == ["hybrid", "hide"]


def test_who_hides_more_than_hide_tells_is_spared_the_rest_as_well(reader, hide):
    service, ask = reader(*MANY, hide_url=hide.url)
    hide.posts, hide.complete = ["reddit:p01"], False
    copied(service, "reddit:p03")
    answer = ask(limit=100)
    assert {"p01", "p03"}.isdisjoint(ids(answer))
    assert answer["degraded"] == []


def test_where_there_is_no_hide_the_copy_is_all_there_is_to_know(reader):
    service, ask = reader(*MANY)
    copied(service, "reddit:p03")
    answer = ask(limit=100)
    assert "p03" not in ids(answer)
    assert answer["degraded"] == []


def test_hide_is_not_asked_for_nobody(reader, hide):
    service, _ = reader(*MANY, hide_url=hide.url)
    service.get("fox")
    service.client.get("/api/v1/search/suggest", query_string={"q": "fo"})
    assert hide.seen == []


def test_titles_of_hidden_posts_are_not_suggested(reader, hide):
    _, ask = reader(*MANY, hide_url=hide.url)
    hide.posts, hide.subreddits = ["reddit:p03"], ["sub4"]
    suggested = {one["post"] for one in ask("/suggest", q="wor", limit=20)["items"]}
    assert suggested - {None}
    assert suggested.isdisjoint({"reddit:p03", *(f"reddit:p{n:02}" for n in range(4, 60, 9))})


def test_many_hidden_posts_are_left_out_too(reader, hide):
    _, ask = reader(*MANY, hide_url=hide.url)
    hide.posts = [f"reddit:other{n}" for n in range(10_000)] + ["reddit:p03"]
    assert "p03" not in ids(ask(limit=100))
