"""The client, against a real server on loopback."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from flask import Flask

from reddit_reco_chassis import ServiceClient
from reddit_reco_local.embedded import free_port


class Server(ThreadingHTTPServer):
    """Answers with the statuses it was given, then 200; a status of 0 cuts the connection."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = []
        self.seen: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.seen.append(dict(self.headers))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,))
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.mark.parametrize("failure", [0, 429, 502, 503, 504])
def test_a_passing_failure_is_tried_again(server: Server, failure: int) -> None:
    server.statuses = [failure, failure]
    with ServiceClient(server.url, tries=3, pause=0.001) as client:
        assert client.request("GET", "/x").status_code == 200
    assert len(server.seen) == 3


@pytest.mark.parametrize("status", [200, 400, 404, 410, 500])
def test_any_other_answer_is_final(server: Server, status: int) -> None:
    server.statuses = [status, 200]
    with ServiceClient(server.url, tries=3, pause=0.001) as client:
        assert client.request("GET", "/x").status_code == status
    assert len(server.seen) == 1


def test_the_last_try_decides(server: Server) -> None:
    with ServiceClient(server.url, tries=2, pause=0.001) as client:
        server.statuses = [503, 503, 200]
        assert client.request("GET", "/x").status_code == 503
        server.statuses = [0, 0]
        with pytest.raises(httpx2.TransportError):
            client.request("GET", "/x")


def test_without_a_word_about_tries_there_is_one(server: Server) -> None:
    server.statuses = [503]
    with ServiceClient(server.url) as client:
        assert client.request("GET", "/x").status_code == 503


def test_a_server_that_is_not_there_is_an_error_in_time() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with (
        ServiceClient(url, timeout=1, tries=2, pause=0.001) as client,
        pytest.raises(httpx2.TransportError),
    ):
        client.request("GET", "/x")


def test_the_token_is_read_anew_for_every_call(server: Server, tmp_path: Path) -> None:
    token = tmp_path / "token"
    with ServiceClient(server.url, token_file=str(token)) as client:
        for content in ("one\n", "two\n"):
            token.write_text(content)
            client.request("GET", "/x", headers={"Accept": "application/json"})
    assert [each["Authorization"] for each in server.seen] == ["Bearer one", "Bearer two"]
    assert server.seen[0]["Accept"] == "application/json"


def test_the_request_id_goes_on_to_the_next_service(
    server: Server, make_app: Callable[..., Flask]
) -> None:
    app = make_app()
    with ServiceClient(server.url) as client:
        with app.test_request_context(headers={"X-Request-ID": "abc-1"}):
            app.preprocess_request()
            client.request("GET", "/x")
        client.request("GET", "/x")
    assert server.seen[0]["X-Request-ID"] == "abc-1"
    assert "X-Request-ID" not in server.seen[1]
