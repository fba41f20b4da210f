"""Get the bytes of a picture from somebody else's server."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urljoin

import httpcore2
import httpx2

from . import __version__
from .connecting import PORTS, Deadline, Gate, GuardedBackend, inside
from .domain import Refused, is_placeholder

TYPES = frozenset(
    {"image/jpeg", "image/jpg", "image/pjpeg", "image/png", "image/webp", "image/gif"}
)
MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_ADDRESS = 2_000
_HEADERS = {
    "User-Agent": f"reddit-reco-image/{__version__}",
    "Accept": "image/webp,image/jpeg,image/png,image/gif",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class Fetcher:
    """Fetches pictures, each over connections of its own.

    Args:
        gate: says which addresses may be connected to.
        connect_seconds: for the lookup of a name, and for one connection.
        seconds: for all of a fetch.
        most_bytes: of one picture.
    """

    def __init__(
        self, gate: Gate, *, connect_seconds: float, seconds: float, most_bytes: int
    ) -> None:
        self._gate = gate
        self._connect_seconds = connect_seconds
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._tls = ssl.create_default_context()

    def fetch(self, address: str) -> bytes:
        """The bytes that an address leads to.

        Raises:
            Refused: there is nothing, or nothing that looks like a picture.
        """
        deadline = Deadline(self._seconds)
        for _ in range(MOST_REDIRECTS + 1):
            url = self._checked(address)
            if is_placeholder(address):
                raise Refused("gone", "The picture is gone from where it was.")
            with self._answer(url, deadline) as response:
                if response.status not in _REDIRECTS:
                    return self._body(response)
                address = urljoin(address, _header(response, b"location"))
        raise Refused("redirects", f"The address redirects more than {MOST_REDIRECTS} times.")

    def _checked(self, address: str) -> httpx2.URL:
        try:
            url = httpx2.URL(address) if len(address) <= _LONGEST_ADDRESS else None
        except (httpx2.InvalidURL, UnicodeError, ValueError):
            url = None
        if url is None or url.scheme not in ("http", "https") or not url.host:
            raise Refused("address", "The address is not one of the web.")
        if url.userinfo:
            raise Refused("address", "The address has a user name or password in it.")
        port = _port(url)
        if port not in PORTS and not self._gate.lets_through(url.host, port):
            raise inside()
        return url

    @contextmanager
    def _answer(self, url: httpx2.URL, deadline: Deadline) -> Iterator[httpcore2.Response]:
        target = httpcore2.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=_port(url), target=url.raw_path
        )
        headers = [*_HEADERS.items(), ("Host", url.netloc.decode("ascii"))]
        backend = GuardedBackend(self._gate, deadline, self._connect_seconds)
        try:
            with (
                httpcore2.ConnectionPool(ssl_context=self._tls, network_backend=backend) as pool,
                pool.stream("GET", target, headers=headers) as response,
            ):
                yield response
        except httpcore2.TimeoutException:
            raise Refused("timeout", "The server took too long.", passing=True) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError):
            raise Refused("no-answer", "The server gave no proper answer.", passing=True) from None

    def _body(self, response: httpcore2.Response) -> bytes:
        _check_status(response.status)
        kind = _header(response, b"content-type").partition(";")[0].strip().lower()
        if kind not in TYPES:
            raise Refused("type", "The address leads to something that is not a picture.")
        if _header(response, b"content-encoding").lower() not in ("", "identity"):
            raise Refused("type", "The picture is compressed once more.")
        if (length := _header(response, b"content-length")).isdecimal():
            self._check_size(int(length))
        body = bytearray()
        for part in response.iter_stream():
            body += part
            self._check_size(len(body))
        return bytes(body)

    def _check_size(self, size: int) -> None:
        if size > self._most_bytes:
            raise Refused("size", f"The picture has more than {self._most_bytes:,} bytes.")


def _check_status(status: int) -> None:
    if status in (404, 410):
        raise Refused("gone", "The picture is gone from where it was.")
    if status != 200:
        raise Refused("status", "The server does not give the picture.", passing=status >= 429)


def _header(response: httpcore2.Response, name: bytes) -> str:
    found = (value for key, value in response.headers if key.lower() == name)
    return next(found, b"").decode("latin-1")


def _port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)
