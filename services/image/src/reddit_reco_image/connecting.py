"""Connections to servers that nobody vouches for: to checked addresses only, and not for long."""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from typing import Any

import httpcore2

from .addresses import Address, Network, is_numeric, is_public, literal
from .domain import Refused

Resolve = Callable[[str, float], Sequence[Address]]
Socket = tuple[str, int]
PORTS = frozenset({80, 443})
_MOST_ADDRESSES = 4
# A lookup cannot be called off, so that those which hang must not become ever more threads.
_LOOKUPS = ThreadPoolExecutor(16, thread_name_prefix="lookup")


def inside() -> Refused:
    """The refusal of an address; the same for one that is not there, so that nobody can probe."""
    return Refused(
        "address-refused", "The address leads to no server on the public internet.", passing=True
    )


def loopback_socket(text: str) -> Socket:
    """`127.0.0.1:<port>` as host and port.

    Raises:
        ValueError: it is anything else.
    """
    host, _, port = text.partition(":")
    if host != "127.0.0.1" or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("it is not of the form 127.0.0.1:<port>")
    return host, int(port)


def look_up(host: str, seconds: float) -> Sequence[Address]:
    """The addresses of a host name, which is taken as complete: no search domains."""
    try:
        found = _LOOKUPS.submit(
            socket.getaddrinfo, host.rstrip(".") + ".", 0, type=socket.SOCK_STREAM
        ).result(seconds)
    except TookTooLong:
        raise Refused("timeout", "The server's name took too long.", passing=True) from None
    except (OSError, UnicodeError):
        raise inside() from None
    return [address for each in found if (address := literal(str(each[4][0]))) is not None]


class Deadline:
    """A moment that nothing goes on after."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float | None = None) -> float:
        """The seconds left, `most` at most.

        Raises:
            httpcore2.ReadTimeout: there are none.
        """
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise httpcore2.ReadTimeout("the deadline has passed")
        return seconds if most is None else min(most, seconds)


class Gate:
    """Says which addresses may be connected to.

    Args:
        resolve: gives the addresses of a name.
        refused: networks that are refused although they are public.
        exempt: one loopback socket that is let through, for tests.
    """

    def __init__(
        self,
        resolve: Resolve = look_up,
        refused: Sequence[Network] = (),
        exempt: Socket | None = None,
    ) -> None:
        self._resolve = resolve
        self._refused = refused
        self._exempt = exempt

    def lets_through(self, host: str, port: int) -> bool:
        """Whether this is the socket that tests are allowed."""
        return (host, port) == self._exempt

    def addresses(self, host: str, port: int, seconds: float) -> Sequence[Address]:
        """The addresses to connect to.

        Raises:
            Refused: one of them is not on the public internet, or there is none.
        """
        address = literal(host)
        if self.lets_through(host, port) and address:
            return [address]
        if port not in PORTS or (address is None and is_numeric(host)):
            raise inside()
        found = [address] if address else self._resolve(host, seconds)
        # One private address among public ones is no accident: none of them is used.
        if not found or not all(self._is_open(each) for each in found):
            raise inside()
        return found[:_MOST_ADDRESSES]

    def _is_open(self, address: Address) -> bool:
        return is_public(address) and not any(address in each for each in self._refused)


class GuardedBackend(httpcore2.NetworkBackend):
    """Resolves a name once, checks what came out, and connects to exactly that."""

    def __init__(self, gate: Gate, deadline: Deadline, connect_seconds: float) -> None:
        self._gate = gate
        self._deadline = deadline
        self._seconds = connect_seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        """Connect to one of the host's addresses, the first that answers."""
        error: Exception = inside()
        for address in self._gate.addresses(host, port, self._deadline.left(self._seconds)):
            try:
                # An address in numbers: there is no second lookup that could answer otherwise.
                stream = httpcore2.SyncBackend().connect_tcp(
                    str(address), port, self._deadline.left(self._seconds)
                )
                return _BoundedStream(stream, self._deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failed:
                error = failed
        raise error


class _BoundedStream(httpcore2.NetworkStream):
    """A stream on which no wait is longer than what is left."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _BoundedStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
