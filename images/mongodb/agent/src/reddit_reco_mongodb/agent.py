"""The sidecar of every mongod pod: bootstraps the replica set, and answers the pod's probes."""

import logging
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .bootstrap import Bootstrap
from .health import Health
from .progress import Progress
from .settings import Credentials, Environ, ReplicaSet, number, required

log = logging.getLogger(__name__)

BUSY_SECONDS, SETTLED_SECONDS, REPEAT_SECONDS, STUCK_SECONDS = 0.5, 5.0, 30.0, 150.0


def run(environ: Environ = os.environ) -> None:
    """Work until SIGTERM."""
    wanted = ReplicaSet.from_env(environ)
    ordinal = wanted.ordinal_of(required(environ, "POD_NAME"))
    credentials = Credentials.of_root(environ)
    local = "127.0.0.1:" + wanted.members[ordinal].rpartition(":")[2]
    stopping = threading.Event()
    for number_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number_, lambda *_: stopping.set())
    loop = Loop(Bootstrap(wanted, ordinal, credentials, local), stopping)
    server = _Server(number(environ, "AGENT_PORT", 9216), Health(local, credentials), loop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    loop.run()
    server.shutdown()


class Loop:
    """Steps the bootstrap over and over; says each change once, and now and then what it awaits."""

    def __init__(self, bootstrap: Bootstrap, stopping: threading.Event) -> None:
        self._bootstrap = bootstrap
        self._stopping = stopping
        self._said: tuple[str, float] = ("", 0.0)
        self.last_step = time.monotonic()

    def run(self) -> None:
        """Go on until told to stop."""
        while not self._stopping.is_set():
            progress = self._bootstrap.step()
            self.last_step = time.monotonic()
            self._say(progress)
            self._stopping.wait(SETTLED_SECONDS if progress.settled else BUSY_SECONDS)

    def _say(self, progress: Progress) -> None:
        line, at = self._said
        repeat = not progress.settled and time.monotonic() - at > REPEAT_SECONDS
        if progress.line != line or repeat:
            log.info("%s", progress.line)
            self._said = (progress.line, time.monotonic())


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, health: Health, loop: Loop) -> None:
        super().__init__(("", port), _Handler)
        self._health = health
        self._loop = loop

    def answer(self, path: str) -> tuple[int, str]:
        """Status and text for a probe."""
        if path == "/healthz":
            stuck = time.monotonic() - self._loop.last_step > STUCK_SECONDS
            return (503, "stuck") if stuck else (200, "ok")
        if path == "/readyz":
            reason = self._health.reason_not_ready()
            return (503, reason) if reason else (200, "ok")
        if path == "/stepdown":
            line = self._health.step_down()
            log.info("asked to step down: %s", line)
            return 200, line
        return 404, "not found"


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 30

    def do_GET(self) -> None:
        """Answer a probe."""
        status, text = self.server.answer(self.path)
        body = text.encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Probes are not worth a line each."""
