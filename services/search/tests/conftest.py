"""A search service on a database of its own, and what a synced post looks like."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo import MongoClient
from pymongo.database import Database

from reddit_reco_local.kit.waiting import eventually
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
    with _starting(database, mongodb_uri, tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def start_for_all(mongodb_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """The same, for the tests of a module that write nothing."""
    with MongoClient[Document](mongodb_uri, tz_aware=True) as client:
        name = f"test_{uuid.uuid4().hex[:12]}"
        with _starting(client[name], mongodb_uri, tmp_path_factory.mktemp("index")) as started:
            yield started
        client.drop_database(name)


@contextmanager
def _starting(database: Database[Document], uri: str, folder: Path) -> Iterator[Start]:
    with ExitStack() as stops:

        def started(*posts: Document, wait: bool = True, **settings: Any) -> Service:
            if posts:
                database["synced_posts"].insert_many(posts)
            given = {
                "mongodb_uri": uri,
                "mongodb_database": database.name,
                "index_dir": str(folder),
                "commit_seconds": 0.05,
            }
            app = make_app(SearchSettings(**(given | settings)))
            stops.callback(stop, app)
            service = Service(app.test_client(), database)
            if wait:
                eventually(service.ready)
            return service

        yield started
