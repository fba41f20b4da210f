"""Serving as a pod does it, with a service of a few lines."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import httpx2
import pytest

from reddit_reco_local.embedded import free_port
from reddit_reco_local.kit.waiting import eventually

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
        eventually(lambda: answers(f"{url}/healthz"))
        assert "reddit_reco_service_info" in httpx2.get(f"http://127.0.0.1:{metrics}/").text
        with ThreadPoolExecutor() as pool:
            slow = pool.submit(httpx2.get, f"{url}/slow", timeout=20)
            eventually((tmp_path / "started").exists)
            process.send_signal(signal.SIGTERM)
            assert slow.result().json() == {"done": True}
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: rot13\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400),
        (b"HELO there\r\n\r\n", 400),
    ],
)
def test_what_is_not_a_request_is_refused_with_a_problem(
    server: int, request_bytes: bytes, status: int
) -> None:
    with socket.create_connection(("127.0.0.1", server), timeout=10) as connection:
        connection.sendall(request_bytes)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Content-Type: application/problem+json" in head
    assert json.loads(body)["status"] == status


def test_a_body_that_nobody_reads_is_read_to_its_end(server: int) -> None:
    with closing(HTTPConnection("127.0.0.1", server, timeout=10)) as connection:
        for _ in range(2):
            # Unread, the connection would be reset while this is sent, or the second time.
            connection.request("GET", "/healthz", b"x" * 3_000_000)
            answer = connection.getresponse()
            assert answer.status == 200
            assert answer.read() == b'{"status":"ok"}'


@pytest.mark.parametrize("length", [40_000_000, 4_000_000_000])
@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
def test_a_client_that_sends_more_than_is_taken_hears_why(
    server: int, length: int, more: bytes
) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: a\r\n%sContent-Length: %d\r\n\r\n" % (more, length)
    with socket.create_connection(("127.0.0.1", server), timeout=10) as connection:
        connection.sendall(head)
        for _ in range(40):
            connection.sendall(b"x" * 1_000_000)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = free_port()
    with start(tmp_path_factory.mktemp("things"), PORT=str(port)) as process:
        eventually(lambda: answers(f"http://127.0.0.1:{port}/healthz"))
        yield port
        process.terminate()
        process.communicate(timeout=30)
