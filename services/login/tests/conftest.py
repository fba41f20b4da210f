"""The service on a real MongoDB, with real keys; hashes are cheap unless a test wants otherwise."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

from reddit_reco_chassis import stop
from reddit_reco_local.kit.waiting import eventually
from reddit_reco_login.app import make_app
from reddit_reco_login.settings import LoginSettings

Headers = dict[str, str]
PASSWORD = "correct horse battery"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _new_key(kid: str, **more: Any) -> dict[str, Any]:
    key = Ed25519PrivateKey.generate()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": _b64(key.public_key().public_bytes_raw()),
        "d": _b64(key.private_bytes_raw()),
        "kid": kid,
        "alg": "EdDSA",
        "use": "sig",
        **more,
    }


@pytest.fixture(scope="session")
def new_key() -> Callable[..., dict[str, Any]]:
    """A new private JWK with this kid."""
    return _new_key


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """The signing key; its public half is `jwks.json` beside it."""
    key = _new_key("first")
    (tmp_path / "key.json").write_text(json.dumps(key))
    public = {name: value for name, value in key.items() if name != "d"}
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [public]}))
    return tmp_path / "key.json"


@pytest.fixture
def settings(database: Database[dict[str, Any]], mongodb_uri: str, key_file: Path) -> LoginSettings:
    return LoginSettings(
        mongodb_uri=mongodb_uri,
        mongodb_database=database.name,
        jwks_file=str(key_file.with_name("jwks.json")),
        signing_key_file=str(key_file),
        argon2_memory_kib=64,
        argon2_passes=1,
        signups_per_address=1_000,
        signins_per_address=1_000,
        watch_seconds=0.05,
    )


@pytest.fixture
def start(settings: LoginSettings) -> Iterator[Callable[..., Flask]]:
    """Start an app with these settings changed, and wait until it is ready."""
    apps: list[Flask] = []

    def do(**changes: Any) -> Flask:
        app = make_app(settings.model_copy(update=changes))
        apps.append(app)
        eventually(lambda: app.test_client().get("/readyz").status_code == 200)
        return app

    yield do
    for app in apps:
        stop(app)


@pytest.fixture
def app(start: Callable[..., Flask]) -> Flask:
    return start()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_up(client: FlaskClient) -> Callable[..., dict[str, Any]]:
    """Make an account; gives its representation."""

    def do(name: str, password: str = PASSWORD) -> dict[str, Any]:
        response = client.post("/api/v1/users", json={"username": name, "password": password})
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.get_json()
        return made

    return do


@pytest.fixture
def sign_in(client: FlaskClient) -> Callable[..., dict[str, Any]]:
    """Sign in; gives the tokens."""

    def do(name: str, password: str = PASSWORD) -> dict[str, Any]:
        response = client.post("/api/v1/sessions", json={"username": name, "password": password})
        assert response.status_code == 201, response.text
        tokens: dict[str, Any] = response.get_json()
        return tokens

    return do


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Wait until something holds."""
    return eventually


@pytest.fixture
def bearer() -> Callable[[dict[str, Any]], Headers]:
    """Headers with the access token of these tokens."""
    return lambda tokens: {"Authorization": f"Bearer {tokens['access_token']}"}
