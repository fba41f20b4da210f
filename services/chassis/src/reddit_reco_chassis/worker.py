"""gunicorn's worker, whose own refusals are problem documents like everybody else's."""

import socket
import time
from contextlib import suppress
from typing import Any

import orjson
from gunicorn.http import errors
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from .problems import (
    BAD_REQUEST,
    CONTENT_TYPE,
    EXPECTATION_FAILED,
    HEADERS_TOO_LARGE,
    URI_TOO_LONG,
    Problem,
)

_KINDS = {
    errors.LimitRequestLine: URI_TOO_LONG,
    errors.LimitRequestHeaders: HEADERS_TOO_LARGE,
    errors.ExpectationFailed: EXPECTATION_FAILED,
}
_HEARD_SECONDS, _SILENT_SECONDS = 5.0, 1.0


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads, each with one request at a time."""

    def handle(self, conn: Any) -> Any:
        """Serve a request; where the connection ends with it, hear the client out before."""
        kept = super().handle(conn)
        if not kept:
            hear_out(conn.sock)
        return kept

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer to what is not a request: nothing of the app has seen it."""
        ours = (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName)
        if not isinstance(exc, errors.ParseException) or isinstance(exc, ours):
            super().handle_error(req, client, addr, exc)
            return
        self.log.info("refused a request: %s", exc)
        try:
            write_nonblock(client, refusal(exc))
        except OSError:
            self.log.debug("the client did not wait for its refusal")


def hear_out(connection: socket.socket) -> None:
    """Close a connection, not resetting it while the client still sends: the answer would be lost.

    Bounded in time, and in the silence that is waited for. What gunicorn does, on the thread that
    accepts all connections, stops after 128 KiB.
    """
    until = time.monotonic() + _HEARD_SECONDS
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while (left := until - time.monotonic()) > 0:
            connection.settimeout(min(left, _SILENT_SECONDS))
            if not connection.recv(65_536):
                break
    connection.close()


def refusal(error: Exception) -> bytes:
    """The whole response to a request that cannot be read."""
    detail = f"This is not an HTTP request that can be read: {error}"[:300]
    document = Problem(_KINDS.get(type(error), BAD_REQUEST), detail).document
    body = orjson.dumps(document)
    head = f"HTTP/1.1 {document['status']} {document['title']}\r\nConnection: close\r\n"
    head += f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
