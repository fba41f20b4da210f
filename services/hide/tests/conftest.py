"""The service on a real MongoDB, and two users with real tokens."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from reddit_reco_chassis import Settings, stop
from reddit_reco_hide.api import STORE
from reddit_reco_hide.app import make_app
from reddit_reco_hide.store import HideStore

Headers = dict[str, str]


@pytest.fixture(scope="session")
def settings(mongodb_uri: str, keys: Path) -> Settings:
    return Settings(
        mongodb_uri=mongodb_uri, mongodb_database="test_hide", jwks_file=str(keys / "jwks.json")
    )


@pytest.fixture(scope="session")
def the_app(settings: Settings) -> Iterator[Flask]:
    """Made once: its indexes and threads take longer than a test."""
    app = make_app(settings)
    assert app.test_client().get("/readyz").status_code == 200
    yield app
    app.extensions[STORE].database.client.drop_database("test_hide")
    stop(app)


@pytest.fixture
def app(the_app: Flask) -> Iterator[Flask]:
    yield the_app
    for name in ("hidden", "inbox", "erased", "synced_state"):
        the_app.extensions[STORE].database[name].delete_many({})


@pytest.fixture
def store(app: Flask) -> HideStore:
    found: HideStore = app.extensions[STORE]
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


def client_of(app: Flask, headers: Headers) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = headers["Authorization"]
    return client
