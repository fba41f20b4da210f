"""The service as it runs in a pod: gunicorn, its own process, real sockets."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
from pymongo.database import Database

from reddit_reco_local.embedded import free_port
from reddit_reco_share.settings import ShareSettings


def test_it_serves_tells_how_far_sync_is_and_ends_on_sigterm(
    make_settings: Callable[..., ShareSettings], database: Database[dict[str, Any]]
) -> None:
    state = {"_id": "erasures", "phase": "tail", "source_time": datetime.now(UTC)}
    database["synced_state"].insert_one(state)
    settings, api, metrics = make_settings(database.name), free_port(), free_port()
    environ = os.environ | {
        "HOST": "127.0.0.1",
        "PORT": str(api),
        "METRICS_PORT": str(metrics),
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": database.name,
        "JWKS_FILE": settings.jwks_file,
    }
    command = [sys.executable, "-m", "reddit_reco_share"]
    with subprocess.Popen(command, env=environ) as running:
        try:
            until(lambda: get(f"http://127.0.0.1:{api}/readyz").startswith("200"))
            line = 'reddit_reco_sync_phase{phase="tail",stream="erasures"} 1.0'
            until(lambda: line in get(f"http://127.0.0.1:{metrics}/metrics"))
            assert get(f"http://127.0.0.1:{api}/api/v1/shares").startswith("401")
            running.send_signal(signal.SIGTERM)
            assert running.wait(timeout=30) == 0
        finally:
            running.kill()


def get(url: str) -> str:
    try:
        answer = httpx2.get(url)
    except httpx2.TransportError:
        return ""
    return f"{answer.status_code} {answer.text}"


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)
