"""A service as it runs in a pod: gunicorn, its own process, real sockets."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2

from reddit_reco_chassis import Settings

from ..embedded import free_port
from .waiting import eventually


@dataclass(frozen=True)
class Serving:
    """A running service."""

    process: "subprocess.Popen[str]"
    url: str
    metrics: str


@contextmanager
def serving(verb: str, settings: Settings, database: str, **environ: str) -> Iterator[Serving]:
    """Run the service of this verb on `database` until it is ready, and end it at last."""
    api, metrics = free_port(), free_port()
    environ = {
        **os.environ,
        "HOST": "127.0.0.1",
        "PORT": str(api),
        "METRICS_PORT": str(metrics),
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": database,
        "JWKS_FILE": settings.jwks_file,
        **environ,
    }
    command = [sys.executable, "-m", f"reddit_reco_{verb}"]
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        url = f"http://127.0.0.1:{api}"
        try:
            eventually(lambda: _is_ready(running, url), "the service", 120)
            yield Serving(running, url, f"http://127.0.0.1:{metrics}/metrics")
        finally:
            running.kill()


def _is_ready(running: "subprocess.Popen[str]", url: str) -> bool:
    assert running.poll() is None, "the service ended"
    try:
        return httpx2.get(f"{url}/readyz").status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False
