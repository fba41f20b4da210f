"""The service as it runs in a pod: gunicorn, its own process, real sockets."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
from pymongo.database import Database

from reddit_reco_local.embedded import free_port
from reddit_reco_local.kit.process import serving
from reddit_reco_login.settings import LoginSettings


def test_it_serves_logs_no_secret_and_ends_on_sigterm(
    settings: LoginSettings, database: Database[dict[str, Any]]
) -> None:
    more = {"SIGNING_KEY_FILE": settings.signing_key_file, "LOG_LEVEL": "debug"}
    with serving("login", settings, database.name, **more) as service:
        body = {"username": "someone", "password": "a secret nobody may see"}
        assert httpx2.post(f"{service.url}/api/v1/users", json=body).status_code == 201
        tokens = httpx2.post(f"{service.url}/api/v1/sessions", json=body).json()
        assert httpx2.get(f"{service.url}/.well-known/jwks.json").status_code == 200
        service.process.send_signal(signal.SIGTERM)
        output, _ = service.process.communicate(timeout=30)
    assert service.process.returncode == 0
    assert body["password"] not in output
    assert tokens["refresh_token"].partition(".")[2] not in output
    assert "argon2id" not in output


def test_many_sign_ins_at_once_leave_no_memory_behind(
    settings: LoginSettings, database: Database[dict[str, Any]]
) -> None:
    key = settings.signing_key_file
    with serving("login", settings, database.name, SIGNING_KEY_FILE=key) as service:
        pid = service.process.pid
        worker = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
        before = resident_kib(worker)

        def sign_in(number: int) -> int:
            body = {"username": f"nobody{number}", "password": "correct horse battery"}
            return httpx2.post(f"{service.url}/api/v1/sessions", json=body, timeout=60).status_code

        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(sign_in, range(64))) == {401}
        # Kept by every one of eight threads, the 19 MiB of a hash would be 152.
        assert resident_kib(worker) - before < 3 * 19 * 1024


def resident_kib(pid: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def test_no_key_ends_it_with_one_line() -> None:
    command = [sys.executable, "-m", "reddit_reco_login"]
    environ = os.environ | {"PORT": str(free_port()), "METRICS_PORT": "0"}
    ended = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode != 0
    assert "login: SIGNING_KEY_FILE: " in ended.stderr
    assert "Traceback" not in ended.stderr
