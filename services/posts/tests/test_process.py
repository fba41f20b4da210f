"""The service as it runs in a pod: gunicorn, its own process, real sockets."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from pymongo.database import Database

from reddit_reco_local.embedded import free_port
from reddit_reco_posts.settings import PostsSettings

Headers = dict[str, str]
Process = tuple["subprocess.Popen[str]", str, str]


@pytest.fixture
def process(settings: PostsSettings, database: Database[dict[str, Any]]) -> Iterator[Process]:
    """The process, and the URLs of its API and its metrics."""
    api, metrics = free_port(), free_port()
    environ = os.environ | {
        "HOST": "127.0.0.1",
        "PORT": str(api),
        "METRICS_PORT": str(metrics),
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": database.name,
        "JWKS_FILE": settings.jwks_file,
    }
    command = [sys.executable, "-m", "reddit_reco_posts"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as running:
        url = f"http://127.0.0.1:{api}"
        try:
            wait_until_ready(running, url)
            yield running, url, f"http://127.0.0.1:{metrics}/metrics"
        finally:
            running.kill()


def wait_until_ready(running: "subprocess.Popen[str]", url: str) -> None:
    for _ in range(600):
        assert running.poll() is None, "the service ended"
        try:
            if httpx2.get(f"{url}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("the service did not become ready")


def test_it_makes_its_indexes_counts_requests_and_ends_on_sigterm(
    process: Process, database: Database[dict[str, Any]]
) -> None:
    running, url, metrics = process
    assert httpx2.get(f"{url}/api/v1/posts/reddit:1").status_code == 404
    assert len(database["posts"].index_information()) == 9
    line = 'route="/api/v1/posts/<path:post_id>",service="posts",status="404",version="v1"} 1.0'
    assert line in httpx2.get(metrics).text
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=30) == 0


def test_a_body_of_20_megabytes_is_answered_413_and_the_connection_stays(
    process: Process, writer: Headers, post: Callable[..., dict[str, Any]]
) -> None:
    _, url, _ = process
    with httpx2.Client(base_url=url, headers=writer, timeout=30) as client:
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
