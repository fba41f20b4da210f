"""The service as it runs in a pod: gunicorn, its own process, real sockets."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from pymongo.database import Database

from reddit_reco_chassis import Settings
from reddit_reco_local.embedded import free_port


def test_it_serves_tells_how_far_sync_is_and_ends_on_sigterm(
    settings: Settings, database: Database[dict[str, Any]], headers: Any, eventually: Any
) -> None:
    api, metrics = free_port(), free_port()
    state = {"phase": "tail", "source_time": datetime.now(UTC) - timedelta(minutes=5)}
    database["synced_state"].insert_one({"_id": "erasures", **state})
    environ = os.environ | {
        "HOST": "127.0.0.1",
        "PORT": str(api),
        "METRICS_PORT": str(metrics),
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": database.name,
        "JWKS_FILE": settings.jwks_file,
    }
    command = [sys.executable, "-m", "reddit_reco_like"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as running:
        try:
            url = f"http://127.0.0.1:{api}"
            wait_until_ready(running, url)
            mine = headers("user:ann")
            assert httpx2.put(f"{url}/api/v1/likes/reddit:1", headers=mine).status_code == 201
            phase = 'reddit_reco_sync_phase{phase="tail",stream="erasures"} 1.0'
            age = 'reddit_reco_sync_age_seconds{stream="erasures"} 3'
            address = f"http://127.0.0.1:{metrics}/metrics"
            eventually(lambda: phase in (text := httpx2.get(address).text) and age in text)
            running.send_signal(signal.SIGTERM)
            assert running.wait(timeout=30) == 0
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
