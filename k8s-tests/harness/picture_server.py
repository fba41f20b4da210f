"""A server of pictures, good ones and hostile ones, that counts who asks for what; runs in a pod.

`python picture_server.py`: the pictures on port 80, the counts as JSON on port 8081.
"""

import io
import json
import threading
import time
from collections import Counter
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from PIL import Image

ASKED: Counter[str] = Counter()
# Longer than any picture is waited for.
PATIENCE_SECONDS = 60


@cache
def bomb() -> bytes:
    """225 million pixels in a few thousand bytes."""
    out = io.BytesIO()
    Image.new("1", (15_000, 15_000)).save(out, "PNG")
    return out.getvalue()


@cache
def drawn(width: int, height: int, mode: str, kind: str) -> bytes:
    """The bytes of a picture."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert(mode).save(out, kind)
    return out.getvalue()


class Handler(BaseHTTPRequestHandler):
    """`/<what it does>/<any name>`; what it does is the name of a method (`give_...`)."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        parts = urlsplit(self.path)
        ASKED[parts.path] += 1
        act = getattr(self, f"give_{parts.path.split('/')[1]}", self.give_nothing)
        with suppress(BrokenPipeError, ConnectionResetError):
            act(parse_qs(parts.query))

    def give_good(self, _: dict[str, list[str]]) -> None:
        self.send(drawn(1600, 1000, "RGB", "JPEG"), "image/jpeg")

    def give_large(self, _: dict[str, list[str]]) -> None:
        """Almost as many pixels as are taken, in the costliest form."""
        self.send(drawn(4400, 4500, "RGBA", "PNG"))

    def give_bomb(self, _: dict[str, list[str]]) -> None:
        self.send(bomb())

    def give_redirect(self, query: dict[str, list[str]]) -> None:
        self.send(b"", "", 302, Location=query["to"][0])

    def give_loop(self, _: dict[str, list[str]]) -> None:
        self.send(b"", "", 302, Location=self.path)

    def give_endless(self, _: dict[str, list[str]]) -> None:
        self.begin("image/png")
        while True:
            self.wfile.write(b"\x89PNG\r\n\x1a\n" * 8192)

    def give_drip(self, _: dict[str, list[str]]) -> None:
        self.begin("image/png")
        for _second in range(PATIENCE_SECONDS):
            self.wfile.write(b"\x89")
            time.sleep(1)

    def give_silent(self, _: dict[str, list[str]]) -> None:
        time.sleep(PATIENCE_SECONDS)

    def give_page(self, _: dict[str, list[str]]) -> None:
        self.send(b"<script>alert(1)</script>", "text/html")

    def give_drawing(self, _: dict[str, list[str]]) -> None:
        self.send(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")

    def give_disguised(self, _: dict[str, list[str]]) -> None:
        self.send(b"<html><script>alert(1)</script></html>", "image/png")

    def give_broken(self, _: dict[str, list[str]]) -> None:
        self.send(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50)

    def give_boasting(self, _: dict[str, list[str]]) -> None:
        """A terabyte, it says."""
        self.begin("image/png", str(1024**4))

    def give_nothing(self, _: dict[str, list[str]]) -> None:
        self.send(b"none", "text/plain", 404)

    def begin(self, kind: str, length: str = "") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if length:
            self.send_header("Content-Length", length)
        self.end_headers()

    def send(self, body: bytes, kind: str = "image/png", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Counts(Handler):
    """Says how often each path was asked for."""

    def do_GET(self) -> None:
        self.close_connection = True
        self.send(json.dumps(ASKED).encode(), "application/json")


if __name__ == "__main__":
    counts = ThreadingHTTPServer(("", 8081), Counts)
    threading.Thread(target=counts.serve_forever, daemon=True).start()
    ThreadingHTTPServer(("", 80), Handler).serve_forever()
