"""Hostile picture servers against the service as it runs: its own process, and posts beside it."""

import io
import json
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from reddit_reco_local.stack import Stack, running

MIB = 1024 * 1024
# Unicast that nobody was given: public by every rule, and nothing is there.
NOWHERE = "2d00::1"
INSIDE = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1"),
    *("169.254.169.254", "100.100.100.200", "168.63.129.16"),
    *("::1", "fe80::1", "fd00:ec2::254"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::"),
]


class NameServer(threading.Thread):
    """Answers for `.test`, each name with one list after the other; the last one stays."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.names: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []

    def run(self) -> None:
        while True:
            question, client = self._socket.recvfrom(512)
            name = question.decode().removesuffix(".")
            self.asked.append(name)
            answers = self.names.get(name, [[]])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            self._socket.sendto(json.dumps(answer).encode(), client)


@pytest.fixture(scope="module")
def names() -> NameServer:
    server = NameServer()
    server.start()
    return server


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, lasting_server: Any, names: NameServer
) -> Iterator[Stack]:
    image = {
        "TEST_PICTURE_SERVER": lasting_server.socket_name,
        "FETCH_SECONDS": "3",
        "CONNECT_SECONDS": "1",
        "FAILED_SECONDS": "1",
        "NAME_SERVER": str(names.port),
        "PYTHONPATH": str(Path(__file__).parent / "resolving"),
    }
    home = tmp_path_factory.mktemp("image")
    with running(home, ("posts", "image"), follow=False, extra_env={"image": image}) as stack:
        yield stack
        log = (home / "logs" / "image.log").read_text()
        assert "Traceback" not in log, log[-2000:]


@pytest.fixture(scope="module")
def http(stack: Stack) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {stack.token()}"}
    with httpx2.Client(headers=headers, timeout=30) as client:
        yield client


NUMBERS = count()


@pytest.fixture
def put(stack: Stack, http: httpx2.Client) -> Callable[[str], str]:
    """Put in a post that links to this address; where its picture is."""

    def call(address: str) -> str:
        post = f"reddit:p{next(NUMBERS)}"
        body = {"title": "A post", "created_at": "2020-01-01T00:00:00Z", "url": address}
        http.put(f"{stack.url('posts')}/api/v1/posts/{post}", json=body).raise_for_status()
        return f"{stack.url('image')}/api/v1/images/{post}?w=320"

    return call


@pytest.fixture
def refused(put: Callable[[str], str]) -> Callable[[str], str]:
    """Ask for the picture at this address as anybody; the reason of its refusal."""

    def call(address: str) -> str:
        return reason(put(address))

    return call


def reason(picture: str) -> str:
    started = time.monotonic()
    answer = httpx2.get(picture, timeout=90)
    assert time.monotonic() - started < 60
    assert answer.status_code == 404, answer.text[:200]
    assert "127.0.0.1" not in answer.text
    found: str = answer.json()["reason"]
    return found


@pytest.fixture
def path() -> str:
    """A path of the picture server that no other test uses."""
    return f"/{next(NUMBERS)}.png"


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize("inside", INSIDE)
def test_a_redirect_inside_is_refused_by_number_and_by_name(
    refused: Any, lasting_server: Any, names: NameServer, path: str, inside: str
) -> None:
    name = f"a{next(NUMBERS)}.test"
    names.names[name] = [[inside]]
    by_number = lasting_server.redirects(path, f"http://{bracketed(inside)}/x.png")
    assert refused(by_number) == "address-refused"
    assert refused(lasting_server.redirects(path, f"http://{name}/x.png")) == "address-refused"
    assert refused(f"http://{name}/x.png") == "address-refused"
    assert names.asked.count(name) == 2


def test_a_name_that_leads_inside_and_outside_is_refused_unasked(
    refused: Any, names: NameServer
) -> None:
    names.names["both.test"] = [[NOWHERE, "127.0.0.1"]]
    assert refused("http://both.test/x.png") == "address-refused"


def test_a_name_that_leads_inside_at_the_second_lookup_gets_no_second_lookup(
    put: Any, names: NameServer
) -> None:
    names.names["rebinding.test"] = [[NOWHERE], ["127.0.0.1"]]
    picture = put("http://rebinding.test/x.png")
    assert reason(picture) in {"no-answer", "timeout"}
    assert names.asked.count("rebinding.test") == 1
    time.sleep(1.1)
    assert reason(picture) == "address-refused"
    assert names.asked.count("rebinding.test") == 2


def test_a_name_of_the_exempt_socket_is_no_way_in(
    refused: Any, lasting_server: Any, names: NameServer, path: str
) -> None:
    names.names["exempt.test"] = [["127.0.0.1"]]
    port = lasting_server.server_port
    assert refused(f"http://exempt.test:{port}/x.png") == "address-refused"
    assert refused(lasting_server.redirects(path, f"http://exempt.test:{port}/x.png")) == (
        "address-refused"
    )


def test_the_services_themselves_are_never_asked(
    refused: Any, lasting_server: Any, inner_server: Any, stack: Stack, path: str
) -> None:
    for inside in (inner_server.url("/x.png"), f"{stack.url('posts')}/x.png"):
        assert refused(inside) == "address-refused"
        assert refused(lasting_server.redirects(path, inside)) == "address-refused"


def test_a_loop_of_redirects_ends(refused: Any, lasting_server: Any, path: str) -> None:
    assert refused(lasting_server.redirects(path, path)) == "redirects"
    assert lasting_server.asked.count(path) == 4


def test_slow_servers_are_cut_off(refused: Any, lasting_server: Any, path: str) -> None:
    def drip(handler: Any) -> None:
        handler.send(200, "image/png", b"", length="100000")
        for _ in range(200):
            handler.wfile.write(b"x")
            time.sleep(0.1)

    for answer in (drip, lambda _: time.sleep(5)):
        lasting_server.answers[path] = answer
        assert refused(lasting_server.url(path)) == "timeout"


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/octet-stream", ""])
def test_another_type_is_refused(
    refused: Any, lasting_server: Any, path: str, kind: str, picture: Any
) -> None:
    assert refused(lasting_server.gives(path, picture(), kind)) == "type"


def test_bytes_that_are_no_picture_are_refused(
    refused: Any, lasting_server: Any, path: str
) -> None:
    assert refused(lasting_server.gives(path, b"<svg><script>1</script></svg>")) == "format"


def bomb() -> bytes:
    """A picture of 400 million pixels in a few hundred kB."""
    out = io.BytesIO()
    Image.new("1", (19_999, 19_999)).save(out, "PNG")
    return out.getvalue()


def png_that_lies() -> bytes:
    """It claims to be small, and has a GiB of pixels behind."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(bytes(MIB)) for _ in range(1024)) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 100, 100, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def endless(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "image/png")
    handler.end_headers()
    while True:
        handler.wfile.write(b"\x89PNG\r\n\x1a\n" * 8192)


def test_bombs_and_endless_pictures_cost_little_memory(
    put: Any, stack: Stack, lasting_server: Any, path: str, picture: Any
) -> None:
    lasting_server.answers["/endless.png"] = endless
    assert reason(put(lasting_server.url("/endless.png"))) == "size"
    assert reason(put(lasting_server.gives("/bomb.png", bomb()))) == "pixels"
    # Decoded as far as it claims to go: no more than that is ever taken in.
    answer = httpx2.get(put(lasting_server.gives("/lies.png", png_that_lies())), timeout=30)
    assert answer.status_code in {200, 404}
    peak = peak_of_worker(stack.processes.pid("image"))
    print(f"image: {peak / MIB:.0f} MiB at most")  # noqa: T201
    assert peak < 128 * MIB
    good = httpx2.get(put(lasting_server.gives(path, picture())), timeout=30)
    assert good.status_code == 200
    assert good.headers["Content-Type"] == "image/webp"


def peak_of_worker(pid: int) -> int:
    """The most memory that gunicorn's worker has had, in bytes."""
    worker = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
    status = Path(f"/proc/{worker}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def test_without_posts_it_says_so_as_documented_and_goes_on_when_they_are_back(
    put: Any, stack: Stack, lasting_server: Any, path: str, picture: Any
) -> None:
    address = put(lasting_server.gives(path, picture()))
    stack.processes.kill("posts")
    answer = httpx2.get(address, timeout=30)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert answer.json()["type"].endswith(":posts-unavailable")
    document = httpx2.get(f"{stack.url('image')}/openapi.json").json()
    assert "503" in document["paths"]["/api/v1/images/{post_id}"]["get"]["responses"]
    stack.processes.start("posts", "reddit_reco_posts", env=stack.environments["posts"])
    stack.processes.wait_ready("posts", f"{stack.url('posts')}/readyz")
    assert httpx2.get(address, timeout=30).status_code == 200
