"""A picture server that means harm: each of its tricks is refused, by name and in time."""

import io
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

URL = "/api/v1/images/reddit:1?w=320"
MIB = 1024 * 1024


@pytest.fixture
def refused(client: Any, posts: Any) -> Any:
    """Ask for the picture at this address; the reason of its refusal."""

    def ask(address: str) -> str:
        posts.has("reddit:1", address)
        started = time.monotonic()
        response = client.get(URL)
        assert time.monotonic() - started < 60
        assert response.status_code == 404, response.data[:200]
        assert response.json["type"] == "urn:reddit-reco:problem:picture-refused"
        assert response.json["detail"]
        assert "127.0.0.1" not in response.text
        reason: str = response.json["reason"]
        return reason

    return ask


@pytest.mark.parametrize(
    "inside",
    [
        "http://127.0.0.1/x.png",
        "http://127.0.0.2/x.png",
        "http://127.1/x.png",
        "http://2130706433/x.png",
        "http://0x7f000001/x.png",
        "http://0/x.png",
        "http://0.0.0.0/x.png",
        "http://10.0.0.1/x.png",
        "http://172.16.0.1/x.png",
        "http://192.168.1.1/x.png",
        "http://169.254.169.254/latest/x.png",
        "http://100.100.100.200/x.png",
        "http://168.63.129.16/x.png",
        "http://192.0.0.192/x.png",
        "http://224.0.0.1/x.png",
        "http://255.255.255.255/x.png",
        "http://[::1]/x.png",
        "http://[::]/x.png",
        "http://[::ffff:127.0.0.1]/x.png",
        "http://[::ffff:7f00:1]/x.png",
        "http://[::127.0.0.1]/x.png",
        "http://[fe80::1]/x.png",
        "http://[fc00::1]/x.png",
        "http://[fd00:ec2::254]/x.png",
        "http://[64:ff9b::7f00:1]/x.png",
        "http://[2002:7f00:1::]/x.png",
        "http://[ff02::1]/x.png",
        "http://localhost/x.png",
        "http://1.1.1.1:22/x.png",
        "http://1.1.1.1:6379/x.png",
    ],
)
def test_addresses_inside_are_refused_at_first_and_after_a_redirect(
    refused: Any, server: Any, inside: str
) -> None:
    assert refused(inside) == "address-refused"
    assert refused(server.redirects("/a.png", inside)) == "address-refused"


def test_an_address_in_octal_is_none(refused: Any, server: Any) -> None:
    assert refused("http://0177.0.0.1/x.png") == "address"
    assert refused(server.redirects("/a.png", "http://0177.0.0.1/x.png")) == "address"


def test_another_socket_on_loopback_is_never_asked(
    refused: Any, server: Any, other_server: Any
) -> None:
    assert refused(other_server.url("/x.png")) == "address-refused"
    assert refused(server.redirects("/a.png", other_server.url("/x.png"))) == "address-refused"


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "gopher://x/", "ftp://x/x.png", "javascript:1"]
)
def test_a_redirect_leads_to_the_web_only(refused: Any, server: Any, target: str) -> None:
    assert refused(server.redirects("/a.png", target)) == "address"


def test_an_address_with_a_password_is_refused(refused: Any, server: Any) -> None:
    with_password = server.url("/x.png").replace("//", "//user:secret@")
    assert refused(with_password) == "address"
    assert refused(server.redirects("/a.png", with_password)) == "address"


def test_a_loop_of_redirects_ends(refused: Any, server: Any) -> None:
    assert refused(server.redirects("/a.png", server.url("/a.png"))) == "redirects"
    assert server.asked == ["/a.png"] * 4


def test_a_slow_drip_is_cut_off(refused: Any, server: Any) -> None:
    def drip(handler: Any) -> None:
        handler.send(200, "image/png", b"", length="1000")
        for _ in range(1000):
            handler.wfile.write(b"x")
            time.sleep(0.1)

    server.answers["/a.png"] = drip
    assert refused(server.url("/a.png")) == "timeout"


def test_headers_that_drip_are_cut_off(refused: Any, server: Any) -> None:
    def drip(handler: Any) -> None:
        for _ in range(1000):
            handler.wfile.write(b"H")
            time.sleep(0.1)

    server.answers["/a.png"] = drip
    assert refused(server.url("/a.png")) == "timeout"


def test_silence_is_cut_off(refused: Any, server: Any) -> None:
    server.answers["/a.png"] = lambda _: time.sleep(6)
    assert refused(server.url("/a.png")) == "timeout"


def test_endless_headers_are_refused(refused: Any, server: Any) -> None:
    def endless(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            handler.wfile.write(b"a" * 65536)

    server.answers["/a.png"] = endless
    assert refused(server.url("/a.png")) == "no-answer"


def test_an_endless_body_is_refused_and_takes_no_memory(
    refused: Any, server: Any, eventually: Any
) -> None:
    def endless(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "image/png")
        handler.end_headers()
        while True:
            handler.wfile.write(b"\x89PNG\r\n\x1a\n" * 8192)

    server.answers["/a.png"] = endless
    before = peak()
    assert refused(server.url("/a.png")) == "size"
    eventually(lambda: server.cut_off == ["/a.png"])
    assert peak() - before < 64 * MIB


def test_a_length_over_the_limit_is_refused_before_the_body(refused: Any, server: Any) -> None:
    address = server.gives("/a.png", b"x", length=str(1024**4))
    assert refused(address) == "size"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", b"<script>alert(1)</script>"),
        ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"),
        ("application/octet-stream", b"\x89PNG\r\n\x1a\n"),
        ("image/tiff", b"II*\0"),
        ("", b"\x89PNG\r\n\x1a\n"),
    ],
)
def test_another_type_is_refused(refused: Any, server: Any, kind: str, body: bytes) -> None:
    assert refused(server.gives("/a.png", body, kind)) == "type"


def test_a_compressed_answer_is_refused(refused: Any, server: Any) -> None:
    bomb = zlib.compress(b"\0" * 50 * MIB)
    assert refused(server.gives("/a.png", bomb, Content_Encoding="deflate")) == "type"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7",
        b"II*\0" + b"\0" * 100,
        b"BM" + b"\0" * 100,
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"RIFF\0\0\0\0AVI LIST",
    ],
)
def test_bytes_that_are_no_picture_are_refused_whatever_their_type_says(
    refused: Any, server: Any, body: bytes
) -> None:
    assert refused(server.gives("/a.png", body)) == "format"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_half_a_picture_is_refused(refused: Any, server: Any, picture: Any, kind: str) -> None:
    whole = picture(kind=kind)
    assert refused(server.gives("/a.png", whole[: len(whole) // 2])) == "broken"


@pytest.mark.parametrize("magic", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_noise_behind_the_first_bytes_of_a_picture_is_refused(
    refused: Any, server: Any, magic: bytes
) -> None:
    assert refused(server.gives("/a.png", magic + bytes(range(256)) * 50)) == "broken"


def test_a_length_that_is_not_kept_is_refused(refused: Any, server: Any, picture: Any) -> None:
    body = picture()
    assert refused(server.gives("/a.png", body, length=str(len(body) + 5))) == "no-answer"


def png_that_claims(width: int, height: int, data: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(100_000, 100_000), (30_000, 10), (5_000, 5_000)])
def test_huge_dimensions_are_refused_before_decoding(
    refused: Any, server: Any, size: tuple[int, int]
) -> None:
    assert refused(server.gives("/a.png", png_that_claims(*size))) == "pixels"


def test_a_decompression_bomb_is_refused_and_takes_no_memory(refused: Any, server: Any) -> None:
    out = io.BytesIO()
    Image.new("1", (15_000, 15_000)).save(out, "PNG")
    assert len(out.getvalue()) < 200_000
    before = peak()
    assert refused(server.gives("/a.png", out.getvalue())) == "pixels"
    text = png_that_claims(10, 10).replace(b"IEND", b"zTXt")
    assert refused(server.gives("/b.png", text)) == "broken"
    assert peak() - before < 64 * MIB


def peak() -> int:
    """The most memory that this process has had, in bytes.

    Not getrusage's: that one begins with the size of the process that started this one.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
