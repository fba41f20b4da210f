"""Serving as a pod does it, with a service of a few lines."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from reddit_reco_local.embedded import free_port

PROGRAM = """
import sys, time
from pathlib import Path
from reddit_reco_chassis import Mongo, Service, Settings, create_app, serve

def make_app(settings):
    if "database" in sys.argv:
        Mongo(settings)
    app = create_app(Service("things", "1", "Things."), settings, blueprints=[])
    @app.get("/slow")
    def slow():
        Path("started").touch()
        time.sleep(1)
        return {"done": True}
    return app

serve("things", Settings, make_app)
"""


def start(folder: Path, *args: str, **environ: str) -> "subprocess.Popen[str]":
    program = folder / "program.py"
    program.write_text(PROGRAM)
    return subprocess.Popen(
        [sys.executable, str(program), *args],
        env={**os.environ, "HOST": "127.0.0.1", "METRICS_PORT": "0", **environ},
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )


def answers(url: str) -> bool:
    try:
        return httpx2.get(url).status_code == 200
    except httpx2.TransportError:
        return False


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("args", "environ", "variable"),
    [([], {"PORT": "none"}, "PORT"), (["database"], {}, "MONGODB_URI")],
)
def test_wrong_settings_end_the_process_with_a_line_that_names_them(
    tmp_path: Path, args: list[str], environ: dict[str, str], variable: str
) -> None:
    with start(tmp_path, *args, **({"PORT": str(free_port())} | environ)) as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    assert errors.startswith(f"things: {variable}")
    assert "Traceback" not in errors


def test_a_request_under_way_is_answered_before_sigterm_ends_the_process(tmp_path: Path) -> None:
    port, metrics = free_port(), free_port()
    with start(tmp_path, PORT=str(port), METRICS_PORT=str(metrics)) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/healthz"))
        assert "reddit_reco_service_info" in httpx2.get(f"http://127.0.0.1:{metrics}/").text
        with ThreadPoolExecutor() as pool:
            slow = pool.submit(httpx2.get, f"{url}/slow", timeout=20)
            wait_until((tmp_path / "started").exists)
            process.send_signal(signal.SIGTERM)
            assert slow.result().json() == {"done": True}
        assert process.wait(timeout=30) == 0
