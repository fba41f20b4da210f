"""The service on a real MongoDB, two users with real tokens, and posts as sync brings them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

from reddit_reco_chassis import Settings, stop
from reddit_reco_tag.api import STORE
from reddit_reco_tag.app import make_app
from reddit_reco_tag.store import TagStore

Documents = Database[dict[str, Any]]


@pytest.fixture(scope="session")
def make_settings(mongodb_uri: str, keys: Path) -> Callable[[str], Settings]:
    """Settings with a database of this name."""

    def make(name: str) -> Settings:
        return Settings(
            mongodb_uri=mongodb_uri, mongodb_database=name, jwks_file=str(keys / "jwks.json")
        )

    return make


@pytest.fixture(scope="session")
def the_app(make_settings: Callable[[str], Settings]) -> Iterator[Flask]:
    """Made once: its indexes and threads take longer than a test."""
    app = make_app(make_settings("test_tag"))
    assert app.test_client().get("/readyz").status_code == 200
    yield app
    app.extensions[STORE].database.client.drop_database("test_tag")
    stop(app)


@pytest.fixture
def app(the_app: Flask) -> Iterator[Flask]:
    """The app, with nothing in its database but how far the rules are."""
    yield the_app
    database = the_app.extensions[STORE].database
    for name in ("tags", "rules", "removed", "synced_posts", "inbox", "erased"):
        database[name].delete_many({})


@pytest.fixture
def tagged(app: Flask) -> Documents:
    """The app's database."""
    found: Documents = app.extensions[STORE].database
    return found


@pytest.fixture
def store(app: Flask) -> TagStore:
    found: TagStore = app.extensions[STORE]
    return found


@pytest.fixture
def ann(app: Flask, headers: Callable[[str], dict[str, str]]) -> FlaskClient:
    """A client that sends Ann's token."""
    return _client(app, headers("user:ann"))


@pytest.fixture
def bob(app: Flask, headers: Callable[[str], dict[str, str]]) -> FlaskClient:
    """A client that sends Bob's token."""
    return _client(app, headers("user:bob"))


@pytest.fixture
def arrive(tagged: Documents) -> Callable[..., None]:
    """Bring a post to the app, as sync does."""
    return partial(bring, tagged)


@pytest.fixture
def arrive_in() -> Callable[..., None]:
    """Bring a post to a database."""
    return bring


def bring(database: Documents, post_id: str, title: str = "A title", **fields: Any) -> None:
    post = {
        "title": title,
        "source": post_id.partition(":")[0],
        "created_at": datetime.now(UTC),
        **fields,
    }
    database["synced_posts"].replace_one({"_id": post_id}, post, upsert=True)


@pytest.fixture
def tags_of(ann: FlaskClient) -> Callable[[str], set[str]]:
    """Ann's tags of a post."""

    def of(post: str) -> set[str]:
        found: dict[str, Any] = ann.get(f"/api/v1/tags?post={post}").get_json()
        return {each["tag"] for each in found["items"]}

    return of


def _client(app: Flask, headers: dict[str, str]) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = headers["Authorization"]
    return client
