"""Sending batches to a posts service that behaves in every way. A tiny server stands in for it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reddit_reco_ingest.domain import SKIPPED, Gone, batches
from reddit_reco_ingest.sending import Away, PostsClient, SendError


class FakePosts(ThreadingHTTPServer):
    """Answers what it was told to answer, then as posts does; remembers what it was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = []
        self.requests = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, self.headers["Authorization"], body))
        rows = [json.loads(line) for line in body.splitlines()]
        plain = [{"line": n, "id": row["id"], "status": 201} for n, row in enumerate(rows, 1)]
        status, answer = self.server.answers.pop(0) if self.server.answers else (200, plain)
        self.respond(status, b"".join(json.dumps(one).encode() + b"\n" for one in answer))

    def do_DELETE(self):
        self.server.requests.append((self.command, self.path, None, b""))
        self.respond(204, b"")

    def respond(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def fake() -> Iterator[FakePosts]:
    with FakePosts() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def batch_of(*found):
    return next(batches(list(enumerate(found, 1))))


POST = {"id": "reddit:a", "title": "T"}
OTHER = {"id": "reddit:b", "title": "T"}


@pytest.fixture
def send(tmp_path):
    """Sends a batch."""
    (tmp_path / "token").write_text("secret\n")

    def do(url, batch, wait=lambda _: False):
        with PostsClient(url, str(tmp_path / "token"), wait) as client:
            return client.send(batch)

    return do


def test_a_batch_is_sent_with_the_service_s_token(fake, send):
    outcome = send(fake.url, batch_of(POST, OTHER))
    assert (outcome.created, outcome.updated, outcome.rejected) == (2, 0, [])
    [(method, path, authorization, body)] = fake.requests
    assert (method, path) == ("POST", "/api/v1/posts/batch")
    assert authorization == "Bearer secret"
    assert [json.loads(line) for line in body.splitlines()] == [POST, OTHER]


def test_lines_that_posts_refuses_are_rejected_with_their_place_in_the_file(fake, send):
    fake.answers = [
        (
            200,
            [
                {"line": 1, "id": "reddit:a", "status": 200},
                {
                    "line": 2,
                    "id": "reddit:b",
                    "status": 400,
                    "detail": "too long",
                    "field": "title",
                },
                {"line": 3, "id": "reddit:c", "status": 410, "detail": "deleted for good"},
                {"line": 4, "id": "reddit:d", "status": 200, "unchanged": True},
            ],
        )
    ]
    late, same = {"id": "reddit:c", "title": "T"}, {"id": "reddit:d", "title": "T"}
    outcome = send(fake.url, batch_of(SKIPPED, POST, SKIPPED, OTHER, late, same))
    assert (outcome.created, outcome.updated, outcome.unchanged) == (0, 1, 1)
    [(fourth, long), (fifth, deleted)] = outcome.rejected
    assert (fourth, long.reason, long.field) == (4, "title: too long", "title")
    assert (fifth, deleted.reason) == (5, "deleted for good")
    assert "reddit:b" in long.excerpt


def test_deletions_come_after_the_posts(fake, send):
    send(fake.url, batch_of(Gone("hn:8863"), POST))
    assert [request[:2] for request in fake.requests] == [
        ("POST", "/api/v1/posts/batch"),
        ("DELETE", "/api/v1/posts/hn:8863"),
    ]


def test_a_batch_without_posts_is_not_sent(fake, send):
    send(fake.url, batch_of(SKIPPED))
    assert fake.requests == []


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_passing_failure_is_waited_out(fake, send, status):
    fake.answers = [(status, [{"detail": "busy"}])] * 4
    waited = []
    outcome = send(fake.url, batch_of(POST), lambda s: bool(waited.append(s)))
    assert outcome.created == 1
    assert waited


def test_a_refusal_is_not_tried_again(fake, send):
    fake.answers = [(403, [{"detail": "The token lacks the scope posts:write."}])]
    with pytest.raises(SendError, match="403: The token lacks the scope"):
        send(fake.url, batch_of(POST))
    assert len(fake.requests) == 1


def test_an_answer_with_lines_missing_is_an_error(fake, send):
    fake.answers = [(200, [{"line": 1, "id": "reddit:a", "status": 201}])]
    with pytest.raises(SendError, match="1 of 2"):
        send(fake.url, batch_of(POST, OTHER))


def test_waiting_ends_when_it_is_told_to(send):
    with pytest.raises(Away, match="does not answer"):
        send("http://127.0.0.1:9", batch_of(POST), lambda _: True)
