"""Walking through pages: nothing comes twice, and nothing that its reader does not want."""

import base64
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from reddit_reco_chassis import encode_cursor
from reddit_reco_local.kit.waiting import eventually

from .conftest import post

MANY = [post(f"p{n}", f"word{n % 7} snake", subreddit=f"Sub{n % 9}", score=n) for n in range(700)]
# Of a first page that showed p1 and p2 to somebody without a token, sealed with the key k…k.
SEALED = "WyI1VS1wYTE4ZW9QSSIsImxKOWRlZ0VzX3VoQTJaWHEiXQ"


def walk(services, pages, user="", **params):
    """The ids on so many pages, each asked of the next service in turn."""
    found, cursor = [], params.pop("cursor", None)
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


def test_nothing_is_stored_for_who_looks_at_a_first_page_only(start):
    service = start(*MANY[:50])
    service.like("ann", "p1")
    for user in ("ann", ""):
        service.get(user=user, limit=5)
        service.get("/similar/reddit:p2", user=user, limit=5)
    assert service.database["lists"].count_documents({}) == 0


def test_those_who_walk_through_anybodys_list_share_it(start):
    service = start(*MANY)
    for _ in range(5):
        walk([service], 3, limit=5)
    assert service.database["lists"].count_documents({}) == 1


@pytest.mark.parametrize("user", ["", "ann"])
def test_a_second_page_is_right_though_everything_ranks_otherwise_by_then(start, user):
    service = start(*MANY[:60])
    service.like("ann", "p1", "p2")
    first = service.get(user=user, limit=25)
    shown = {item["id"] for item in first["items"]}
    # What was shown is worst by now, and the rest is better than ever.
    service.database["synced_posts"].update_many({}, {"$set": {"score": 5_000}})
    service.database["synced_posts"].update_many({"_id": {"$in": [*shown]}}, {"$set": {"score": 0}})
    service.like("ann", "p58")
    eventually(lambda: service.get(limit=1)["items"][0]["score"] == 5_000)
    rest, cursor = walk([service], 9, user=user, limit=25, cursor=first["next_cursor"])
    assert cursor is None
    assert len(rest) == len(set(rest))
    assert not shown & set(rest)
    liked = {"reddit:p1", "reddit:p2", "reddit:p58"} if user else set()
    assert shown | set(rest) | liked == {post["_id"] for post in MANY[:60]}


def test_who_signs_in_between_two_pages_sees_nothing_again(start):
    service = start(*MANY[:60])
    first = service.get(limit=20)
    service.like("ann", "p3")
    second = service.get(user="ann", limit=20, cursor=first["next_cursor"])
    both = [item["id"] for item in [*first["items"], *second["items"]]]
    assert len(set(both)) == 40


@pytest.mark.parametrize("change", ["marks", "seal", "list"])
def test_a_cursor_that_somebody_made_up_is_refused(start, change):
    service = start(*MANY[:50])
    cursor = service.get(limit=5)["next_cursor"]
    said, seal = orjson.loads(base64.urlsafe_b64decode(cursor + "=="))
    forged = {"marks": [f"B{said[1:]}", seal], "seal": [said, "A" * 16], "list": ["x" * 12, 5]}
    refused = service.client().get(
        "/api/v1/recommend", query_string={"limit": 5, "cursor": encode_cursor(forged[change])}
    )
    assert refused.status_code == 400
    assert refused.get_json()["type"] == "urn:reddit-reco:problem:invalid-cursor"


def test_cursors_that_pods_of_before_gave_are_read(start, database):
    # Also by those of after: what is written here stays.
    database["secrets"].insert_one({"_id": "cursors", "key": b"k" * 32})
    until = datetime.now(UTC) + timedelta(hours=1)
    posts = "reddit:p9 reddit:p7 reddit:p8"
    kept = {"_id": "kept", "about": "recommend exclude ", "posts": posts, "until": until}
    database["lists"].insert_one(kept)
    service = start(*MANY[:20])
    second = service.get(limit=100, cursor=SEALED)
    assert len(second["items"]) == 18
    assert not {"reddit:p1", "reddit:p2"} & {item["id"] for item in second["items"]}
    assert service.ids(limit=2, cursor=encode_cursor(["kept", 1])) == ["p7", "p8"]


@pytest.mark.parametrize("form", [[3, "x", 1], ["x" * 12, 1, 2], {"form": 3}, 3, [], "x", None])
def test_a_cursor_of_a_form_that_a_newer_version_may_give_is_refused_by_its_name(start, form):
    service = start(*MANY[:5])
    query = {"cursor": encode_cursor(form)}
    refused = service.client().get("/api/v1/recommend", query_string=query)
    assert refused.status_code == 400
    assert refused.get_json()["type"] == "urn:reddit-reco:problem:invalid-cursor"


def test_lists_expire(start):
    service = start(*MANY[:50], list_seconds=60)
    walk([service], 2, limit=5)
    indexes = service.database["lists"].index_information()
    assert indexes["until_1"]["expireAfterSeconds"] == 0
    kept = service.database["lists"].find_one()
    assert timedelta(0) < kept["until"] - datetime.now(UTC) <= timedelta(seconds=60)


def test_an_erased_user_has_no_lists_and_no_part_in_the_model(start):
    service = start(*MANY[:50])
    service.like("ann", "p1")
    walk([service], 2, user="ann", limit=5)
    mine = {"user": "user:ann"}
    assert service.database["lists"].count_documents(mine) == 1
    service.database["inbox"].insert_one({"_id": "user:ann"})
    service.database["synced_likes"].delete_many(mine)
    eventually(lambda: not service.database["lists"].count_documents(mine))
    # Whose token still is good walks on, and leaves nothing behind.
    for _ in range(2):
        assert service.get(user="ann", limit=5)["basis"] == "popular"
        walk([service], 2, user="ann", limit=5)
        assert not service.database["lists"].count_documents(mine)


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
