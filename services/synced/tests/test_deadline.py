"""Asking another service for something that is of use only at once."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reddit_reco_synced.deadline import DeadlineClient


class Other:
    """A service that answers what it is told to, as late as it is told to."""

    def __init__(self) -> None:
        self.body, self.status, self.last = b'{"a": 1}', 200, False
        self.go = threading.Event()
        self.go.set()
        self.connections: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.connections.append(self.client_address[1])
                outer.go.wait(5)
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)
                # Without a word, as a server does after a while.
                self.close_connection = outer.last

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def other() -> Iterator[Other]:
    other = Other()
    yield other
    other.go.set()
    other.server.shutdown()
    other.server.server_close()


@pytest.fixture
def client(other: Other) -> Iterator[DeadlineClient]:
    client = DeadlineClient(f"http://127.0.0.1:{other.server.server_port}", 2.0)
    yield client
    client.close()


def test_a_connection_is_kept(other: Other, client: DeadlineClient) -> None:
    for _ in range(3):
        assert client.answer(client.ask("/x", "token")) == {"a": 1}
    assert len(set(other.connections)) == 1


def test_a_kept_connection_that_was_closed_is_made_anew(
    other: Other, client: DeadlineClient
) -> None:
    other.last = True
    for _ in range(3):
        assert client.answer(client.ask("/x", "token")) == {"a": 1}
    assert len(set(other.connections)) == 3


@pytest.mark.parametrize(("status", "body"), [(500, b"{}"), (200, b"<html>"), (404, b"")])
def test_what_says_nothing_is_no_answer(
    other: Other, client: DeadlineClient, status: int, body: bytes
) -> None:
    other.status, other.body = status, body
    assert client.answer(client.ask("/x", "token")) is None


def test_what_is_late_is_no_answer_and_the_next_is_its_own(
    other: Other, client: DeadlineClient
) -> None:
    other.go.clear()
    asked = client.ask("/x", "token")
    assert client.answer(asked, waited=1.9) is None
    other.body = b'{"b": 2}'
    other.go.set()
    assert client.answer(client.ask("/x", "token")) == {"b": 2}
