"""The service on a real MongoDB, and users with real tokens."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient
from jwt.algorithms import OKPAlgorithm
from pymongo.database import Database

from reddit_reco_chassis import stop
from reddit_reco_share.api import STORE
from reddit_reco_share.app import make_app
from reddit_reco_share.settings import ShareSettings
from reddit_reco_share.store import ShareStore

Documents = Database[dict[str, Any]]
KEY = Ed25519PrivateKey.generate()


@pytest.fixture(scope="session")
def make_settings(
    mongodb_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., ShareSettings]:
    """Settings with a database of this name."""
    public = json.loads(OKPAlgorithm.to_jwk(KEY.public_key())) | {"kid": "test"}
    key_set = tmp_path_factory.mktemp("keys") / "jwks.json"
    Path(key_set).write_text(json.dumps({"keys": [public]}))

    def make(name: str, **more: Any) -> ShareSettings:
        return ShareSettings(
            mongodb_uri=mongodb_uri, mongodb_database=name, jwks_file=str(key_set), **more
        )

    return make


@pytest.fixture(scope="session")
def the_app(make_settings: Callable[..., ShareSettings]) -> Iterator[Flask]:
    """Made once: its indexes and threads take longer than a test."""
    app = make_app(make_settings("test_share", base_path="/reco"))
    assert app.test_client().get("/readyz").status_code == 200
    yield app
    app.extensions[STORE].database.client.drop_database("test_share")
    stop(app)


@pytest.fixture
def app(the_app: Flask) -> Iterator[Flask]:
    yield the_app
    database = the_app.extensions[STORE].database
    for name in ("shares", "visitors", "inbox", "erased"):
        database[name].delete_many({})


@pytest.fixture
def kept(app: Flask) -> Documents:
    """The app's database."""
    found: Documents = app.extensions[STORE].database
    return found


@pytest.fixture
def store(app: Flask) -> ShareStore:
    found: ShareStore = app.extensions[STORE]
    return found


@pytest.fixture(name="bearer")
def bearer_fixture() -> Callable[..., str]:
    """The Authorization header of a subject."""
    return bearer


@pytest.fixture
def user(app: Flask) -> Callable[..., FlaskClient]:
    """A client with the token of a user of this name."""

    def make(name: str, subject: str = "") -> FlaskClient:
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = bearer(subject or f"user:{name}", name)
        return client

    return make


@pytest.fixture
def ann(user: Callable[..., FlaskClient]) -> FlaskClient:
    return user("ann")


@pytest.fixture
def bob(user: Callable[..., FlaskClient]) -> FlaskClient:
    return user("bob")


@pytest.fixture
def visit(app: Flask) -> Callable[..., Any]:
    """Open a short link as somebody."""

    def do(code: str, address: str = "203.0.113.1", agent: str = "Firefox", **headers: str) -> Any:
        sent = {"X-Forwarded-For": address, "User-Agent": agent, **headers}
        return app.test_client().get(f"/s/{code}", headers=sent)

    return do


def bearer(subject: str, name: str, scope: str = "") -> str:
    claims = {
        "iss": "reddit-reco",
        "aud": "reddit-reco",
        "sub": subject,
        "name": name,
        "scope": scope,
        "exp": int(time.time()) + 3600,
    }
    return "Bearer " + jwt.encode(claims, KEY, "EdDSA", headers={"kid": "test"})
