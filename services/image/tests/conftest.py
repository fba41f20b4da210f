"""The service on a real MongoDB, with a picture server that does what hostile ones do."""

import io
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from pymongo.database import Database

from reddit_reco_chassis import stop
from reddit_reco_image.app import make_app
from reddit_reco_image.settings import ImageSettings
from reddit_reco_local.keys import make_keys, sign_token

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers as the test said for the path."""

    server: "PictureServer"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        path = self.path.partition("?")[0]
        self.server.asked.append(path)
        self.server.bearers.append(self.headers.get("Authorization", "").removeprefix("Bearer "))
        try:
            self.server.answers[path](self)
        except KeyError:
            self.send(404, "text/plain", b"none")
        except (BrokenPipeError, ConnectionResetError):
            self.server.cut_off.append(path)

    def send(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", headers.pop("length", str(len(body))))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class PictureServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.bearers: list[str] = []
        self.cut_off: list[str] = []

    @property
    def socket_name(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def url(self, path: str) -> str:
        return f"http://{self.socket_name}{path}"

    def gives(self, path: str, body: bytes, kind: str = "image/png", **headers: str) -> str:
        """Give this at a path; its URL."""
        self.answers[path] = lambda handler: handler.send(200, kind, body, **headers)
        return self.url(path)

    def redirects(self, path: str, to: str, status: int = 302) -> str:
        self.answers[path] = lambda handler: handler.send(status, "", b"", Location=to)
        return self.url(path)


@pytest.fixture
def server() -> Iterator[PictureServer]:
    """A server of pictures on the one loopback socket that is let through."""
    with Running(PictureServer()) as server:
        yield server


@pytest.fixture(scope="module")
def lasting_server() -> Iterator[PictureServer]:
    """The same for a whole module."""
    with Running(PictureServer()) as server:
        yield server


@pytest.fixture(scope="module")
def inner_server() -> Iterator[PictureServer]:
    """A server inside, which nobody must ever ask, for a whole module."""
    with Running(PictureServer()) as server:
        yield server
        assert server.asked == []


@pytest.fixture
def other_server() -> Iterator[PictureServer]:
    """A server on loopback that must never be asked."""
    with Running(PictureServer()) as server:
        yield server
        assert server.asked == []


class Running:
    def __init__(self, server: PictureServer) -> None:
        self._server = server

    def __enter__(self) -> PictureServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self._server

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class PostsServer(PictureServer):
    """Stands for the posts service, with its real answers over HTTP."""

    def has(self, post: str, url: str | None, **more: Any) -> None:
        body = orjson.dumps({"id": post, "url": url, "over_18": False, **more})
        self.gives(f"/api/v1/posts/{post}", body, "application/json")

    def deletes(self, post: str) -> None:
        gone = lambda handler: handler.send(410, "application/problem+json", b"{}")  # noqa: E731
        self.answers[f"/api/v1/posts/{post}"] = gone


@pytest.fixture
def posts() -> Iterator[PostsServer]:
    server = PostsServer()
    with Running(server):
        yield server


@pytest.fixture
def new_app(
    mongodb_uri: str, database: Database[Any], posts: PostsServer, server: PictureServer
) -> Iterator[Callable[..., Flask]]:
    """Make the app with these settings."""
    made: list[Flask] = []

    def make(**settings: Any) -> Flask:
        given = {
            "mongodb_uri": mongodb_uri,
            "mongodb_database": database.name,
            "posts_url": f"http://{posts.socket_name}",
            "host": "127.0.0.1",
            "test_picture_server": server.socket_name,
            "fetch_seconds": 3,
            "connect_seconds": 1,
            **settings,
        }
        app = make_app(ImageSettings(**given))
        made.append(app)
        assert app.test_client().get("/readyz").status_code == 200
        return app

    yield make
    for app in made:
        stop(app)


@pytest.fixture
def client(new_app: Callable[..., Flask]) -> FlaskClient:
    return new_app().test_client()


class Signer:
    """Signs tokens that the service accepts."""

    def __init__(self, folder: Path) -> None:
        make_keys(folder)
        self._folder = folder
        self._signed: dict[str, str] = {}
        self.jwks_file = str(folder / "jwks.json")

    def __call__(self, subject: str) -> str:
        if subject not in self._signed:
            self._signed[subject] = sign_token(self._folder, subject, "")
        return self._signed[subject]


@pytest.fixture
def token(tmp_path: Path) -> Signer:
    return Signer(tmp_path / "keys")


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """The bytes of a picture."""

    def make(width: int = 800, height: int = 600, kind: str = "PNG", **options: Any) -> bytes:
        out = io.BytesIO()
        Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, kind, **options)
        return out.getvalue()

    return make
