"""The service as it runs in a pod: gunicorn, its own process, real sockets."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import httpx2
from pymongo.database import Database

from reddit_reco_local.embedded import free_port
from reddit_reco_login.settings import LoginSettings


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


def test_it_serves_logs_no_secret_and_ends_on_sigterm(
    settings: LoginSettings, database: Database[dict[str, Any]]
) -> None:
    port = free_port()
    environ = os.environ | {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "METRICS_PORT": str(free_port()),
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": database.name,
        "JWKS_FILE": settings.jwks_file,
        "SIGNING_KEY_FILE": settings.signing_key_file,
        "LOG_LEVEL": "debug",
    }
    command = [sys.executable, "-m", "reddit_reco_login"]
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_ready(running, url)
            body = {"username": "someone", "password": "a secret nobody may see"}
            assert httpx2.post(f"{url}/api/v1/users", json=body).status_code == 201
            tokens = httpx2.post(f"{url}/api/v1/sessions", json=body).json()
            assert httpx2.get(f"{url}/.well-known/jwks.json").status_code == 200
            running.send_signal(signal.SIGTERM)
            output, _ = running.communicate(timeout=30)
        finally:
            running.kill()
    assert running.returncode == 0
    assert body["password"] not in output
    assert tokens["refresh_token"].partition(".")[2] not in output
    assert "argon2id" not in output


def test_no_key_ends_it_with_one_line() -> None:
    command = [sys.executable, "-m", "reddit_reco_login"]
    environ = os.environ | {"PORT": str(free_port()), "METRICS_PORT": "0"}
    ended = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode != 0
    assert "login: SIGNING_KEY_FILE: " in ended.stderr
    assert "Traceback" not in ended.stderr
