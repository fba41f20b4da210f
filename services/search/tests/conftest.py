"""A search service on a database of its own, and what a synced post looks like."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from reddit_reco_search.app import make_app, stop
from reddit_reco_search.settings import SearchSettings

Document = dict[str, Any]
Start = Callable[..., "Service"]


class Service:
    """An app under test, and short ways to ask it."""

    def __init__(self, client: FlaskClient, database: Database[Document]) -> None:
        self.client = client
        self.posts = database["synced_posts"]
        self.state = database["synced_state"]

    def get(self, q: str, **params: Any) -> Document:
        """The answer to a search, which must be a good one."""
        response = self.client.get("/api/v1/search", query_string={"q": q, **params})
        assert response.status_code == 200, response.text
        answer: Document = response.get_json()
        return answer

    def ids(self, q: str, **params: Any) -> list[str]:
        """The native ids of what is found, in order."""
        return [item["id"].partition(":")[2] for item in self.get(q, **params)["items"]]

    def refused(self, **params: Any) -> Document:
        """The problem with which a search is refused."""
        response = self.client.get("/api/v1/search", query_string=params)
        assert response.status_code == 400, response.text
        assert response.content_type == "application/problem+json"
        problem: Document = response.get_json()
        return problem

    def ready(self) -> bool:
        """Whether the service says that it is ready."""
        return self.client.get("/readyz").status_code == 200


def eventually(condition: Callable[[], object], seconds: float = 15) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not become so"
        time.sleep(0.02)


def post(native_id: str, title: str, **more: Any) -> Document:
    """A post as sync writes it."""
    source = more.pop("source", "reddit")
    return {
        "_id": f"{source}:{native_id}",
        "source": source,
        "title": title,
        "text": "",
        "url": f"https://example.org/{native_id}",
        "permalink": f"/r/x/{native_id}",
        "subreddit": "Python",
        "author": "alice",
        "created_at": datetime(2013, 6, 9, 2, 54, 42, tzinfo=UTC),
        "score": 10,
        "ups": None,
        "downs": None,
        "num_comments": 3,
        "over_18": False,
        "tags": [],
        "attribution": None,
        "etag": "e",
        "_gen": 1,
        **more,
    }


@pytest.fixture
def start(database: Database[Document], mongodb_uri: str, tmp_path: Path) -> Iterator[Start]:
    """Starts a service on the posts given; it is ready unless told not to wait for that."""
    apps = []

    def started(*posts: Document, wait: bool = True, **settings: Any) -> Service:
        if posts:
            database["synced_posts"].insert_many(posts)
        given = {
            "mongodb_uri": mongodb_uri,
            "mongodb_database": database.name,
            "index_dir": str(tmp_path),
            "commit_seconds": 0.05,
        }
        app = make_app(SearchSettings(**(given | settings)))
        apps.append(app)
        service = Service(app.test_client(), database)
        if wait:
            eventually(service.ready)
        return service

    yield started
    for app in apps:
        stop(app)
