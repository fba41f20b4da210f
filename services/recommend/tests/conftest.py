"""A recommend service on a database of its own, and what sync writes there."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

from reddit_reco_chassis import stop
from reddit_reco_local.keys import sign_token
from reddit_reco_local.kit.waiting import eventually
from reddit_reco_recommend.app import make_app
from reddit_reco_recommend.settings import RecommendSettings

Document = dict[str, Any]
Start = Callable[..., "Service"]
START = datetime(2013, 6, 9, tzinfo=UTC)


class Service:
    """An app under test, and short ways to ask it and to write as sync does."""

    def __init__(self, app: Flask, database: Database[Document], token: Callable[[str], str]):
        self.app = app
        self.database = database
        self._token = token

    def client(self, user: str = "") -> FlaskClient:
        """A client with the token of a user, or with none."""
        client = self.app.test_client()
        if user:
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self._token('user:' + user)}"
        return client

    def get(self, path: str = "", user: str = "", **params: Any) -> Document:
        """An answer, which must be a good one."""
        url = f"/api/v1/recommend{path}"
        response = self.client(user).get(url, query_string=params)
        assert response.status_code == 200, response.text
        answer: Document = response.get_json()
        return answer

    def ids(self, path: str = "", user: str = "", **params: Any) -> list[str]:
        """The native ids of the posts of a page, in order."""
        items = self.get(path, user, **params)["items"]
        return [item["id"].partition(":")[2] for item in items]

    def like(self, user: str, *posts: str) -> None:
        """Write likes as sync does."""
        for number, native in enumerate(posts):
            key = f"user:{user}|reddit:{native}"
            at = START + timedelta(seconds=number)
            like = {"user": f"user:{user}", "post": f"reddit:{native}", "at": at, "_gen": 1}
            self.database["synced_likes"].replace_one({"_id": key}, like, upsert=True)

    def hide(self, user: str, post: str = "", subreddit: str = "") -> None:
        """Write a hidden post, or subreddit, as sync does."""
        what = {"post": f"reddit:{post}"} if post else {"subreddit": subreddit}
        key = f"user:{user}|{what.get('post') or 'r/' + subreddit}"
        self.database["synced_hidden"].insert_one(
            {"_id": key, "user": f"user:{user}", "at": START, "_gen": 1, **what}
        )

    def tag(self, user: str, post: str, tag: str, by: str = "user") -> None:
        """Write a tag as sync does."""
        key = f"user:{user}|reddit:{post}|{tag}"
        tagged = {"user": f"user:{user}", "post": f"reddit:{post}", "tag": tag, "folded": tag}
        self.database["synced_tags"].insert_one(
            {"_id": key, "at": START, "by": by, "_gen": 1, **tagged}
        )

    def share(self, user: str, post: str, code: str) -> None:
        """Write a share as sync does."""
        share = {"from": f"user:{user}", "to": None, "post": f"reddit:{post}", "at": START}
        self.database["synced_shares"].insert_one({"_id": code, "visits": 0, "_gen": 1, **share})

    def ready(self) -> bool:
        """Whether the service says that it is ready."""
        return self.client().get("/readyz").status_code == 200


def post(native_id: str, title: str = "a post", **more: Any) -> Document:
    """A post as sync writes it."""
    return {
        "_id": f"reddit:{native_id}",
        "source": "reddit",
        "title": title,
        "text": "",
        "url": f"https://example.org/{native_id}",
        "permalink": f"/r/x/{native_id}",
        "subreddit": "Python",
        "author": "alice",
        "created_at": START,
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


@pytest.fixture(scope="session")
def token(keys: Path) -> Callable[[str], str]:
    known: dict[str, str] = {}

    def of(subject: str) -> str:
        if subject not in known:
            known[subject] = sign_token(keys, subject, "")
        return known[subject]

    return of


@pytest.fixture
def start(
    database: Database[Document], mongodb_uri: str, keys: Path, token: Callable[[str], str]
) -> Iterator[Start]:
    """Starts a service on the posts given; it is ready unless told not to wait for that."""
    with ExitStack() as stops:

        def started(*posts: Document, wait: bool = True, **settings: Any) -> Service:
            if posts:
                database["synced_posts"].insert_many(posts)
            given = {
                "mongodb_uri": mongodb_uri,
                "mongodb_database": database.name,
                "jwks_file": str(keys / "jwks.json"),
                "commit_seconds": 0.05,
                "refit_seconds": 0.1,
            }
            app = make_app(RecommendSettings(**(given | settings)))
            stops.callback(stop, app)
            service = Service(app, database, token)
            if wait:
                eventually(service.ready)
            return service

        yield started
