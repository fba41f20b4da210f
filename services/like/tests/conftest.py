"""The service on a real MongoDB, and two users with real tokens."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from reddit_reco_chassis import Settings, stop
from reddit_reco_like.api import STORE
from reddit_reco_like.app import make_app
from reddit_reco_like.store import LikeStore
from reddit_reco_local.keys import make_keys, sign_token

Headers = dict[str, str]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    make_keys(folder)
    return folder


@pytest.fixture(scope="session")
def headers(keys: Path) -> Callable[[str], Headers]:
    """Headers with the token of a user."""
    known: dict[str, Headers] = {}

    def of(user: str) -> Headers:
        if user not in known:
            known[user] = {"Authorization": f"Bearer {sign_token(keys, user, '')}"}
        return known[user]

    return of


@pytest.fixture(scope="session")
def settings(mongodb_uri: str, keys: Path) -> Settings:
    return Settings(
        mongodb_uri=mongodb_uri, mongodb_database="test_like", jwks_file=str(keys / "jwks.json")
    )


@pytest.fixture(scope="session")
def the_app(settings: Settings) -> Iterator[Flask]:
    """Made once: its indexes and threads take longer than a test."""
    app = make_app(settings)
    assert app.test_client().get("/readyz").status_code == 200
    yield app
    app.extensions[STORE].database.client.drop_database("test_like")
    stop(app)


@pytest.fixture
def app(the_app: Flask) -> Iterator[Flask]:
    yield the_app
    for name in ("likes", "inbox", "erased", "synced_state"):
        the_app.extensions[STORE].database[name].delete_many({})


@pytest.fixture
def store(app: Flask) -> LikeStore:
    found: LikeStore = app.extensions[STORE]
    return found


@pytest.fixture
def ann(app: Flask, headers: Callable[[str], Headers]) -> FlaskClient:
    """A client that sends Ann's token."""
    return client_of(app, headers("user:ann"))


@pytest.fixture
def bob(app: Flask, headers: Callable[[str], Headers]) -> FlaskClient:
    """A client that sends Bob's token."""
    return client_of(app, headers("user:bob"))


@pytest.fixture
def nobody(app: Flask) -> FlaskClient:
    """A client without a token."""
    return app.test_client()


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Wait until something holds."""

    def wait(holds: Callable[[], bool], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, "it never came true"
            time.sleep(0.05)

    return wait


def client_of(app: Flask, headers: Headers) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = headers["Authorization"]
    return client
