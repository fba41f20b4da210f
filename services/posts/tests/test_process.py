"""The service as it runs in a pod: gunicorn, its own process, real sockets."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from pymongo.database import Database

from reddit_reco_local.kit.process import Serving, serving
from reddit_reco_posts.settings import PostsSettings

Headers = dict[str, str]


@pytest.fixture
def service(settings: PostsSettings, database: Database[dict[str, Any]]) -> Iterator[Serving]:
    with serving("posts", settings, database.name) as found:
        yield found


def test_it_makes_its_indexes_counts_requests_and_ends_on_sigterm(
    service: Serving, database: Database[dict[str, Any]]
) -> None:
    assert httpx2.get(f"{service.url}/api/v1/posts/reddit:1").status_code == 404
    assert len(database["posts"].index_information()) == 9
    line = 'route="/api/v1/posts/<path:post_id>",service="posts",status="404",version="v1"} 1.0'
    assert line in httpx2.get(service.metrics).text
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(timeout=30) == 0


def test_a_body_of_20_megabytes_is_answered_413_and_the_connection_stays(
    service: Serving, writer: Headers, post: Callable[..., dict[str, Any]]
) -> None:
    with httpx2.Client(base_url=service.url, headers=writer, timeout=30) as client:
        large = client.post("/api/v1/posts/batch", content=b"x" * 20_000_000)
        assert large.status_code == 413
        assert large.headers["Content-Type"] == "application/problem+json"
        assert client.put("/api/v1/posts/reddit:1", json=post()).status_code == 201


def test_a_wrong_setting_ends_it_with_one_line() -> None:
    environ = os.environ | {"PORT": "x"}
    command = [sys.executable, "-m", "reddit_reco_posts"]
    ended = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("posts: PORT: ")
    assert ended.stderr.count("\n") == 1
