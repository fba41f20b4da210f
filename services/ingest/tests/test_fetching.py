"""The fetchers, as processes, against a small server that answers in the sources' shapes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

AGENT = "linux:reddit-reco-tests:0.1 (by /u/nobody)"


class FakeSource(ThreadingHTTPServer):
    """Answers `next` (path part, status, headers, body) once each, then as the source does."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.next = []
        self.asked = []
        self.agents = set()
        self.slow = 0.0
        self.listings = {}
        self.top = []
        self.items = {}
        self.updates = []
        self.most_at_once = self.at_once = 0
        self.lock = threading.Lock()
        self.tokens = {"t"}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def times(self, part):
        return sum(part in each for each in self.asked)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        assert self.rfile.read(length) == b"grant_type=client_credentials"
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        server = self.server
        with server.lock:
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
            server.asked.append(self.path)
            server.agents.add(self.headers["User-Agent"])
            planned = next((each for each in server.next if each[0] in self.path), None)
            if planned:
                server.next.remove(planned)
        time.sleep(server.slow)
        status, headers, body = planned[1:] if planned else self.usual()
        with server.lock:
            server.at_once -= 1
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass

    def usual(self):
        parts = urlsplit(self.path)
        path, query = parts.path, {name: each[0] for name, each in parse_qs(parts.query).items()}
        if path == "/api/v1/access_token":
            assert self.headers["Authorization"] == "Basic aWQ6c2VjcmV0"
            return 200, {}, {"access_token": "t", "token_type": "bearer", "expires_in": 86400}
        if path.startswith("/r/"):
            return self.listing(path.split("/")[2], path.split("/")[3], query)
        name = path.removeprefix("/v0/").removesuffix(".json")
        if name.startswith("item/"):
            return 200, {}, self.server.items.get(int(name[5:]))
        known = sorted(self.server.items)
        answers = {"maxitem": known[-1] if known else 0, "updates": {"items": self.server.updates}}
        stories = [each for each in known if (self.server.items[each] or {}).get("title")]
        return 200, {}, answers.get(name, stories[::-1][:500])

    def listing(self, name, order, query):
        if self.headers["Authorization"].removeprefix("Bearer ") not in self.server.tokens:
            return 401, {}, {"message": "Unauthorized", "error": 401}
        if name not in self.server.listings:
            return 404, {}, {"message": "Not Found", "error": 404}
        assert query["raw_json"] == "1"
        things = self.server.listings[name] if order == "new" else self.server.top
        names = [f"t3_{each['id']}" for each in things]
        start = names.index(query["after"]) + 1 if "after" in query else 0
        end = start + 100
        following = names[end - 1] if end < len(names) else None
        children = [{"kind": "t3", "data": each} for each in things[start:end]]
        limits = {"x-ratelimit-remaining": "90.0", "x-ratelimit-reset": "300"}
        return 200, limits, {"kind": "Listing", "data": {"after": following, "children": children}}

    def log_message(self, *_):
        pass


@pytest.fixture
def source():
    with FakeSource() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def name():
    """A subreddit of this test alone."""
    return f"s{uuid.uuid4().hex[:12]}"


@pytest.fixture
def fetch(service, source, tmp_path, mongo_of):
    """Start a fetcher, in a database of its own."""
    (tmp_path / "client-id").write_text("id\n")
    (tmp_path / "client-secret").write_text("secret\n")
    (tmp_path / "token").write_text(service.stack.token("posts:write", "service:ingest"))
    database = f"fetch_{uuid.uuid4().hex[:8]}"

    def start(*arguments, **more):
        environment = {
            "MONGODB_URI": service.stack.mongodb_uri,
            "MONGODB_DATABASE": database,
            "POSTS_URL": service.stack.url("posts"),
            "SERVICE_TOKEN_FILE": str(tmp_path / "token"),
            "REDDIT_CREDENTIALS": str(tmp_path),
            "REDDIT_URL": source.url,
            "REDDIT_AUTH_URL": source.url,
            "HN_URL": source.url,
            "FETCH_USER_AGENT": AGENT,
            "FETCH_PAUSE_SECONDS": "0.05",
            "REDDIT_REQUESTS_PER_MINUTE": "100",
            **more,
        }
        command = [sys.executable, "-m", "reddit_reco_ingest.fetch", *arguments]
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    yield start
    mongo_of(service).client.drop_database(database)


@pytest.fixture
def fetched(fetch):
    """Run a fetcher to its end: exit code, and all that it said."""

    def run(*arguments, **more):
        process = fetch(*arguments, **more)
        out, err = process.communicate(timeout=60)
        return process.returncode, out + err

    return run


_NUMBERS = iter(range(int.from_bytes(os.urandom(4), "big") << 12, 2**60))


def digits(number):
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + text
    return text


def reddit_posts(number, subreddit="x", **fields):
    """So many posts of a subreddit, the newest first."""
    made = [
        {
            "id": digits(next(_NUMBERS)),
            "title": f"Post {one}",
            "subreddit": subreddit,
            "created_utc": 1400000000 + one,
            "score": one,
            **fields,
        }
        for one in range(number)
    ]
    return made[::-1]


def posts_of(service, subreddit):
    url, found = f"/api/v1/posts?subreddit={subreddit}&limit=100", []
    while url:
        answer = service.posts.get(url).json()
        found += answer["items"]
        url = answer["_links"].get("next", {}).get("href")
    return found


def test_a_first_run_brings_the_listing_and_the_next_one_what_is_new(
    service, source, fetched, name
):
    source.listings[name] = reddit_posts(250, name)
    code, said = fetched("reddit", "--subreddit", name, "--order", "new")
    assert (code, "250 created" in said) == (0, True), said
    assert source.times("/new") == 3
    assert source.agents == {AGENT}
    source.listings[name] = reddit_posts(2, name) + source.listings[name]
    code, said = fetched("reddit", "--subreddit", name, "--order", "new")
    assert "2 read, 2 created" in said
    code, said = fetched("reddit", "--subreddit", name, "--order", "new")
    assert "0 read" in said
    assert len(posts_of(service, name)) == 252


def test_top_brings_what_the_scores_have_become(service, source, fetched, name):
    source.listings[name] = reddit_posts(3, name)
    fetched("reddit", "--subreddit", name)
    source.top = [{**source.listings[name][0], "score": 4000}]
    assert fetched("reddit", "--subreddit", name)[0] == 0
    assert service.post(f"reddit:{source.top[0]['id']}")["score"] == 4000
    assert "t=day" in next(path for path in source.asked if "/top" in path)


def test_a_run_that_is_killed_is_taken_up_and_no_page_is_asked_for_twice(
    service, source, fetch, fetched, name
):
    source.listings[name], source.slow = reddit_posts(700, name), 0.2
    process = fetch("reddit", "--subreddit", name, "--order", "new")
    service.wait_until(lambda: source.times("after=") >= 3)
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    source.slow = 0
    assert fetched("reddit", "--subreddit", name, "--order", "new")[0] == 0
    assert len(posts_of(service, name)) == 700
    pages = Counter(path for path in source.asked if "/new" in path)
    # The page that was under way is asked for again, and none that was kept.
    assert len(pages) == 7
    assert sum(pages.values()) <= 8


def test_a_run_that_is_told_to_end_does_so_at_once(service, source, fetch, name):
    source.listings[name] = reddit_posts(1, name)
    source.next = [("/new", 429, {"Retry-After": "300"}, b"")]
    process = fetch("reddit", "--subreddit", name, "--order", "new")
    service.wait_until(lambda: source.times("/new") == 1)
    process.terminate()
    out, _ = process.communicate(timeout=90)
    assert (process.returncode, "goes on" in out) == (0, True)


def test_passing_failures_are_waited_out(service, source, fetched, name):
    source.listings[name] = reddit_posts(1, name)
    source.next = [
        ("/new", 503, {}, b""),
        ("/new", 200, {}, b'{"kind": "Lis'),
        ("/new", 429, {"Retry-After": "1"}, b""),
        ("access_token", 500, {}, b""),
    ]
    begun = time.monotonic()
    code, said = fetched("reddit", "--subreddit", name, "--order", "new")
    assert (code, "1 created" in said) == (0, True), said
    assert time.monotonic() - begun > 1


def test_nobody_asks_before_the_rate_limit_is_over(source, fetched, name):
    source.listings[name] = reddit_posts(150, name)
    limits = {"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "2"}
    source.next = [("access_token", 200, limits, {"access_token": "t"})]
    begun = time.monotonic()
    assert fetched("reddit", "--subreddit", name, "--order", "new")[0] == 0
    assert time.monotonic() - begun > 2


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>"), (200, b"[]"), (200, {"kind": "t3"}), (500, b""), (418, b"")],
)
def test_a_source_that_does_not_recover_fails_the_run_and_keeps_the_position(
    source, fetched, name, status, body
):
    source.listings[name] = reddit_posts(1, name)
    source.next = [("/new", status, {}, body)] * 3
    run = ("reddit", "--subreddit", name, "--order", "new")
    code, said = fetched(*run, FETCH_TRIES="3")
    assert (code, "failed: " in said, "Traceback" in said) == (1, True, False), said
    source.next = []
    assert "1 created" in fetched(*run)[1]


def test_a_token_that_ran_out_is_replaced_and_wrong_credentials_fail(source, fetched, name):
    source.listings[name] = reddit_posts(1, name)
    source.next = [("access_token", 200, {}, {"access_token": "old"})]
    assert fetched("reddit", "--subreddit", name, "--order", "new")[0] == 0
    assert source.times("access_token") == 2
    source.next = [("access_token", 401, {}, {"message": "Unauthorized"})]
    code, said = fetched("reddit", "--subreddit", name)
    assert (code, "credentials" in said) == (1, True)


def test_a_subreddit_that_is_private_or_gone_does_not_stop_the_others(source, fetched, name):
    source.listings[name] = reddit_posts(1, name)
    code, said = fetched("reddit", "--subreddit", "no_such_one", "--subreddit", name)
    assert (code, "1 created" in said, "r/no_such_one" in said) == (0, True, True)
    assert fetched("reddit", "--subreddit", "no_such_one")[0] == 1


def test_what_reddit_deleted_is_deleted_and_broken_things_are_rejected(
    service, source, fetched, name
):
    first, second, third, fourth = reddit_posts(4, name)
    source.listings[name] = [first, second, {**third, "title": ""}, {**fourth, "created_utc": "x"}]
    code, said = fetched("reddit", "--subreddit", name)
    assert (code, "2 created" in said, "2 rejected" in said) == (0, True, True), said
    source.top = [{**first, "removed_by_category": "deleted"}, {**second, "selftext": "[deleted]"}]
    assert "2 deleted" in fetched("reddit", "--subreddit", name)[1]
    for each in (first, second):
        assert service.posts.get(f"/api/v1/posts/reddit:{each['id']}").status_code == 410


@pytest.mark.parametrize(
    "arguments",
    [(), ("reddit",), ("reddit", "--subreddit", "../x"), ("hn", "--most", "x"), ("gopher",)],
)
def test_wrong_arguments_are_a_usage_error(fetched, arguments):
    assert fetched(*arguments)[0] == 2


def test_without_credentials_it_says_which_setting(fetched):
    code, said = fetched("reddit", "--subreddit", "python", REDDIT_CREDENTIALS="")
    assert (code, "REDDIT_CREDENTIALS" in said) == (1, True)


def hn_items(source, first, number, every=2):
    """Items from an id on: every second one is a story, the others are comments."""
    for one in range(first, first + number):
        kind = "story" if one % every == 0 else "comment"
        source.items[one] = {"id": one, "type": kind, "by": "a", "time": 1400000000}
        if kind == "story":
            source.items[one] |= {"title": f"Story {one}", "score": 1}


@pytest.fixture
def base():
    """Where the ids of this test begin."""
    return (int.from_bytes(os.urandom(5), "big") | 1) - 1


def test_hn_begins_with_the_newest_stories_and_goes_on_item_by_item(service, source, fetched, base):
    hn_items(source, base, 240)
    code, said = fetched("hn")
    assert (code, "120 created" in said) == (0, True), said
    assert source.most_at_once <= 4
    hn_items(source, base + 240, 60)
    before = len(source.asked)
    code, said = fetched("hn")
    assert "60 read, 30 created" in said
    asked = [path for path in source.asked[before:] if "/item/" in path]
    assert len(asked) == len(set(asked)) == 60
    assert service.post(f"hn:{base + 240}")["title"] == f"Story {base + 240}"


def test_hn_looks_at_changed_and_deleted_items_again(service, source, fetched, base):
    hn_items(source, base, 10)
    fetched("hn")
    source.items[base]["score"] = 99
    source.items[base + 2] = {"id": base + 2, "type": "story", "deleted": True}
    source.items[base + 4] = None
    source.updates = [base, base + 2, base + 4, base + 1_000, "x"]
    code, said = fetched("hn")
    assert (code, "1 updated, 0 unchanged, 1 deleted" in said) == (0, True), said
    assert service.post(f"hn:{base}")["score"] == 99
    assert service.posts.get(f"/api/v1/posts/hn:{base + 2}").status_code == 410


def test_hn_waits_for_an_item_that_is_not_there_yet(source, fetched, base):
    hn_items(source, base, 10)
    fetched("hn")
    hn_items(source, base + 10, 10)
    late, source.items[base + 14] = source.items[base + 14], None
    assert "4 read, 2 created" in fetched("hn")[1]
    source.items[base + 14] = late
    assert "6 read, 3 created" in fetched("hn")[1]


def test_hn_that_is_killed_goes_on_and_asks_for_no_more_than_a_hundred_items_again(
    service, source, fetch, fetched, base
):
    hn_items(source, base, 600, every=1)
    source.slow = 0.02
    process = fetch("hn", HN_CONCURRENCY="2")
    service.wait_until(lambda: source.times("/item/") > 250)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    source.slow = 0
    assert fetched("hn")[0] == 0
    asked = Counter(path for path in source.asked if "/item/" in path)
    assert len(asked) == 500
    assert sum(asked.values()) <= 602
    assert {service.post(f"hn:{base + 599 - n}")["id"] for n in (0, 250, 499)}


@pytest.mark.parametrize("body", [b"null", b"{}", b"true", b"{"])
def test_hn_with_a_broken_answer_fails(source, fetched, body):
    source.next = [("maxitem", 200, {}, body)] * 2
    code, said = fetched("hn", FETCH_TRIES="2")
    assert (code, "failed" in said, "Traceback" in said) == (1, True, False)
