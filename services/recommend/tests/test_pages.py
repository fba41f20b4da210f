"""Walking through pages: nothing comes twice, and nothing that its reader does not want."""

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from .conftest import eventually, post

MANY = [post(f"p{n}", f"word{n % 7} snake", subreddit=f"Sub{n % 9}", score=n) for n in range(700)]


def walk(services, pages, user="", **params):
    """The ids on so many pages, each asked of the next service in turn."""
    found, cursor = [], None
    for number in range(pages):
        more = {"cursor": cursor} if cursor else {}
        answer = services[number % len(services)].get(user=user, **params, **more)
        found += [item["id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    return found, cursor


@pytest.mark.parametrize("user", ["", "ann"])
def test_twenty_pages_repeat_nothing_also_across_pods(start, user):
    first = start(*MANY)
    second = start()
    first.like("ann", "p1", "p2")
    found, cursor = walk([first, second], 20, user=user, limit=30)
    assert len(found) == len(set(found)) == 600
    assert cursor is not None


def test_a_walk_ends_when_there_is_no_more(start):
    service = start(*MANY[:50])
    found, cursor = walk([service], 9, limit=20)
    assert len(set(found)) == len(found) == 50
    assert cursor is None


@pytest.mark.parametrize("user", ["", "ann"])
def test_a_walk_goes_on_where_a_page_ends_with_the_list_that_was_kept(start, user):
    service = start(*MANY)
    service.like("ann", "p1", "p2")
    found, cursor = walk([service], 99, user=user, limit=20)
    assert len(set(found)) == len(found) == (698 if user else 700)
    assert cursor is None


def test_what_is_liked_or_hidden_on_the_way_does_not_come(start):
    service = start(*MANY[:60])
    service.like("ann", "p1")
    full = service.ids(user="ann", limit=60)
    first = service.get(user="ann", limit=5)
    service.like("ann", full[7])
    service.hide("ann", post=full[9])
    service.hide("ann", subreddit="sub3")
    rest = service.get(user="ann", limit=60, cursor=first["next_cursor"])["items"]
    assert not {f"reddit:{full[7]}", f"reddit:{full[9]}"} & {item["id"] for item in rest}
    assert "Sub3" not in {item["subreddit"] for item in rest}


def test_a_list_is_its_readers_own(start):
    service = start(*MANY[:50])
    cursor = service.get(user="ann", limit=5)["next_cursor"]
    for user in ("bob", ""):
        url = f"/api/v1/recommend?limit=5&cursor={cursor}"
        assert service.client(user).get(url).status_code == 400


def test_a_cursor_fits_only_its_own_list(start):
    service = start(*MANY[:50])
    cursor = service.get(limit=5)["next_cursor"]
    refused = service.client().get(f"/api/v1/recommend?topics=sub1&cursor={cursor}")
    assert refused.status_code == 400
    assert refused.get_json()["errors"][0]["field"] == "cursor"


def test_lists_expire(start):
    service = start(*MANY[:50], list_seconds=60)
    service.get(limit=5)
    indexes = service.database["lists"].index_information()
    assert indexes["until_1"]["expireAfterSeconds"] == 0
    eventually(service.database["lists"].find_one)
    kept = service.database["lists"].find_one()
    assert timedelta(0) < kept["until"] - datetime.now(UTC) <= timedelta(seconds=60)


def test_an_erased_user_has_no_lists_and_no_part_in_the_model(start):
    service = start(*MANY[:50])
    service.like("ann", "p1")
    service.get(user="ann", limit=5)
    eventually(lambda: service.database["lists"].count_documents({"user": "user:ann"}) == 1)
    service.database["inbox"].insert_one({"_id": "user:ann"})
    service.database["synced_likes"].delete_many({"user": "user:ann"})
    eventually(lambda: not service.database["lists"].count_documents({"user": "user:ann"}))
    answer = service.get(user="ann", limit=5)
    assert answer["basis"] == "popular"
    eventually(lambda: not service.database["lists"].count_documents({"user": "user:ann"}))


class Hide:
    """A hide service that answers what it is told to, as late as it is told to."""

    def __init__(self):
        self.answer, self.status, self.late, self.seen = {}, 200, threading.Event(), []
        self.late.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.seen.append((self.path, self.headers["Authorization"]))
                outer.late.wait(5)
                body = orjson.dumps(outer.answer)
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def hide():
    hide = Hide()
    yield hide
    hide.late.set()
    hide.server.shutdown()
    hide.server.server_close()


def test_hide_is_asked_with_the_readers_own_token_and_believed_at_once(start, hide, token):
    service = start(*MANY[:20], hide_url=hide.url, hide_deadline_ms=2_000)
    hide.answer = {"posts": ["reddit:p3"], "subreddits": ["sub4"], "complete": True}
    answer = service.get(user="ann", limit=100)
    assert answer["degraded"] == []
    assert "reddit:p3" not in [item["id"] for item in answer["items"]]
    assert "Sub4" not in {item["subreddit"] for item in answer["items"]}
    assert hide.seen == [("/api/v1/hidden/all", f"Bearer {token('user:ann')}")]


@pytest.mark.parametrize("trouble", ["late", "failing", "away", "nonsense"])
def test_without_an_answer_of_hide_the_copy_is_used_and_named(start, hide, trouble):
    url = "http://127.0.0.1:9" if trouble == "away" else hide.url
    service = start(*MANY[:20], hide_url=url)
    service.hide("ann", post="p3")
    hide.status = 500 if trouble == "failing" else 200
    if trouble == "late":
        hide.late.clear()
    answer = service.get(user="ann", limit=100)
    assert answer["degraded"] == ["hide"]
    assert "reddit:p3" not in [item["id"] for item in answer["items"]]


def test_who_hides_more_than_hide_tells_is_spared_the_rest_as_well(start, hide):
    service = start(*MANY[:20], hide_url=hide.url, hide_deadline_ms=2_000)
    hide.answer = {"posts": [], "subreddits": [], "complete": False}
    service.hide("ann", post="p3")
    assert "p3" not in service.ids(user="ann", limit=100)


def test_hide_is_not_asked_for_nobody(start, hide):
    service = start(*MANY[:5], hide_url=hide.url)
    service.get()
    assert hide.seen == []
