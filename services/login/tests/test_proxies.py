"""Limits behind real proxies, each of which adds to `X-Forwarded-For` who asked it."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx2
import pytest
from flask import Flask, Response, request
from werkzeug.serving import make_server

Start = Callable[..., Flask]
LIMIT = 3
OUTER, INNER = "127.0.0.11", "127.0.0.12"


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def with_whole_bodies(inner: Any) -> Any:
    """A body that ends where it ends, as gunicorn gives it; this server's goes on for ever."""

    def outer(environ: dict[str, Any], start_response: Any) -> Any:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        return inner(environ, start_response)

    return outer


def client_at(address: str, **given: Any) -> httpx2.Client:
    """A client with an address of its own: all of 127.0.0.0/8 is loopback."""
    return httpx2.Client(transport=httpx2.HTTPTransport(local_address=address), **given)


@contextmanager
def proxy(upstream: str, address: str) -> Iterator[str]:
    """A proxy that asks from `address`, and trusts what it is told as most do."""
    app = Flask("proxy")

    @app.post("/<path:path>")
    def forward(path: str) -> Response:
        told = request.headers.getlist("X-Forwarded-For")
        headers = {"X-Forwarded-For": ", ".join([*told, request.remote_addr or ""])}
        answer = client.post(f"{upstream}/{path}", content=request.get_data(), headers=headers)
        return Response(answer.content, answer.status_code)

    with client_at(address) as client, serving(app) as url:
        yield url


@pytest.fixture
def behind(start: Start) -> Iterator[Callable[[int, int], str]]:
    """Starts login behind so many proxies, and tells it of so many; gives the entrance."""
    with ExitStack() as stack:

        def do(proxies: int, told: int) -> str:
            limits = {"limit_window_seconds": 86_400, "signins_per_address": LIMIT}
            app = start(trusted_proxies=told, **limits)
            app.wsgi_app = with_whole_bodies(app.wsgi_app)  # type: ignore[method-assign]
            url = stack.enter_context(serving(app))
            for address in [INNER, OUTER][:proxies]:
                url = stack.enter_context(proxy(url, address))
            return url

        yield do


def tries(entrance: str, address: str, number: int, spoofed: str = "") -> list[int]:
    """What so many sign-ins from this address get; `{}` in the spoofed header is the number."""
    found = []
    with client_at(address) as client:
        for each in range(number):
            body = {"username": f"nobody-{each}", "password": "wrong"}
            headers = {"X-Forwarded-For": spoofed.format(each)} if spoofed else {}
            answer = client.post(f"{entrance}/api/v1/sessions", json=body, headers=headers)
            found.append(answer.status_code)
    return found


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_each_visitor_is_counted_alone_and_whatever_they_say(
    behind: Callable[[int, int], str], proxies: int
) -> None:
    entrance = behind(proxies, proxies)
    spoofed = "203.0.113.{}, 198.51.100.{}"
    assert tries(entrance, "127.0.0.5", 5, spoofed.replace("{}", "{0}")) == [401] * 3 + [429] * 2
    assert tries(entrance, "127.0.0.6", 2) == [401] * 2
    # Nobody uses up another's tries by giving their address.
    assert tries(entrance, "127.0.0.7", 5, "127.0.0.6") == [401] * 3 + [429] * 2
    assert tries(entrance, "127.0.0.6", 2) == [401, 429]


def test_told_of_fewer_proxies_all_visitors_are_one(behind: Callable[[int, int], str]) -> None:
    entrance = behind(2, 1)
    assert tries(entrance, "127.0.0.5", 2) == [401] * 2
    assert tries(entrance, "127.0.0.6", 2) == [401, 429]


def test_told_of_more_proxies_a_visitor_is_whoever_they_say(
    behind: Callable[[int, int], str],
) -> None:
    entrance = behind(1, 2)
    assert tries(entrance, "127.0.0.5", 5, "203.0.113.{}") == [401] * 5
