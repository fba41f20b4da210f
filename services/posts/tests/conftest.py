"""The service on a real MongoDB, tokens with real keys, and a post to start from."""

import base64
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

from reddit_reco_local.kit.waiting import eventually
from reddit_reco_posts.api import STORE
from reddit_reco_posts.app import make_app
from reddit_reco_posts.settings import PostsSettings
from reddit_reco_posts.store import PostStore

Headers = dict[str, str]
KEY = Ed25519PrivateKey.generate()


def _bearer(*scopes: str) -> Headers:
    claims = {
        "iss": "reddit-reco",
        "aud": "reddit-reco",
        "sub": "service:test",
        "scope": " ".join(scopes),
        "exp": int(time.time()) + 600,
    }
    token = jwt.encode(claims, KEY, "EdDSA", headers={"kid": "test"})
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="session")
def settings(mongodb_uri: str, tmp_path_factory: pytest.TempPathFactory) -> PostsSettings:
    public = json.loads(OKPAlgorithm.to_jwk(KEY.public_key())) | {"kid": "test"}
    key_set = tmp_path_factory.mktemp("keys") / "jwks.json"
    Path(key_set).write_text(json.dumps({"keys": [public]}))
    return PostsSettings(
        mongodb_uri=mongodb_uri, mongodb_database="test_posts", jwks_file=str(key_set)
    )


@pytest.fixture(scope="session")
def the_app(settings: PostsSettings) -> Iterator[Flask]:
    """Made once: its indexes take longer than a test."""
    app = make_app(settings)
    eventually(lambda: app.test_client().get("/readyz").status_code == 200)
    yield app
    client = app.extensions[STORE].posts.database.client
    client.drop_database("test_posts")
    client.close()


@pytest.fixture
def app(the_app: Flask) -> Iterator[Flask]:
    yield the_app
    the_app.extensions[STORE].posts.delete_many({})


@pytest.fixture
def store(app: Flask) -> PostStore:
    found: PostStore = app.extensions[STORE]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def writer() -> Headers:
    return _bearer("posts:write")


@pytest.fixture
def bearer() -> Callable[..., Headers]:
    """Headers with a valid token that has these scopes."""
    return _bearer


@pytest.fixture
def post() -> Callable[..., dict[str, Any]]:
    """A post as it is sent, with these fields added or replaced."""
    return _post


@pytest.fixture
def put(client: FlaskClient, writer: Headers) -> Callable[..., Any]:
    """Put a post with these fields; gives its representation."""

    def do(post_id: str, **fields: Any) -> Any:
        response = client.put(f"/api/v1/posts/{post_id}", json=_post(**fields), headers=writer)
        assert response.status_code in (200, 201), response.text
        return response.json

    return do


@pytest.fixture
def batch(client: FlaskClient, writer: Headers) -> Callable[..., list[dict[str, Any]]]:
    """Send a batch of posts or raw lines; gives the answers."""

    def do(*lines: dict[str, Any] | bytes) -> list[dict[str, Any]]:
        raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        response = client.post("/api/v1/posts/batch", data=b"\n".join(raw), headers=writer)
        assert response.status_code == 200, response.text
        assert response.mimetype == "application/x-ndjson"
        return [json.loads(line) for line in response.text.splitlines()]

    return do


def _post(**fields: Any) -> dict[str, Any]:
    return {"title": "A title", "created_at": "2013-06-09T02:54:42Z", **fields}


@pytest.fixture
def encoded() -> Callable[[str], str]:
    """A position (JSON text) as a cursor."""

    def encode(position: str) -> str:
        return base64.urlsafe_b64encode(position.encode()).rstrip(b"=").decode()

    return encode
