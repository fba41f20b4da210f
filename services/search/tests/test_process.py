"""The service as it runs in a pod: a process of its own, on two ports."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from reddit_reco_local.embedded import free_port
from reddit_reco_local.kit.waiting import eventually

from .conftest import post


@pytest.fixture
def process(database, mongodb_uri, tmp_path):
    ports = {"PORT": str(free_port()), "METRICS_PORT": str(free_port())}
    own = {"MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": database.name, "HOST": "127.0.0.1"}
    env = {**os.environ, **ports, **own, "INDEX_DIR": str(tmp_path)}
    database["synced_posts"].insert_one(post("1", "fox"))
    database["synced_state"].insert_one(
        {"_id": "posts", "phase": "tail", "source_time": datetime.now(UTC) - timedelta(minutes=5)}
    )
    with (tmp_path / "log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "reddit_reco_search"], env=env, stdout=log, stderr=log
        )
        try:
            yield child, f"http://127.0.0.1:{ports['PORT']}", int(ports["METRICS_PORT"]), tmp_path
        finally:
            child.kill()
            child.wait()


def test_it_serves_says_how_it_is_and_leaves_nothing_behind(process):
    child, address, metrics_port, folder = process

    def answers(path):
        try:
            return httpx2.get(f"{address}{path}").status_code == 200
        except httpx2.TransportError:
            return False

    eventually(lambda: answers("/readyz"))
    assert answers("/api/v1/search?q=fox")
    metrics = httpx2.get(f"http://127.0.0.1:{metrics_port}/metrics").text
    values = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if line[0] != "#")
    assert float(values["reddit_reco_search_index_documents"]) == 1
    assert float(values["reddit_reco_search_index_builds_total"]) == 1
    assert float(values["reddit_reco_search_index_commits_total"]) >= 1
    assert 300 <= float(values['reddit_reco_sync_age_seconds{stream="posts"}']) < 400
    assert float(values['reddit_reco_sync_phase{phase="tail",stream="posts"}']) == 1
    assert float(values['reddit_reco_sync_phase{phase="copy",stream="posts"}']) == 0
    child.send_signal(signal.SIGTERM)
    assert child.wait(timeout=20) == 0
    assert not list(folder.glob("reddit-reco-search-*"))
    assert "Traceback" not in (folder / "log").read_text()
