"""Asking another service for something small that is of use only if it comes at once."""

import http.client
import json
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

log = logging.getLogger(__name__)
_THREADS = 16


class DeadlineClient:
    """Asks one service in the name of others, in threads, so that other work can go on meanwhile.

    The deadline is one for the whole call; on a connection it is one for each step. Connections are
    kept, and are the standard library's: they take a third of the CPU that `ServiceClient` does.

    Args:
        base_url: e.g. `http://reddit-reco-hide:8080`.
        deadline: seconds.
    """

    def __init__(self, base_url: str, deadline: float) -> None:
        self._url = urlsplit(base_url)
        self._deadline = deadline
        self._pool = ThreadPoolExecutor(_THREADS, "ask")
        self._kept: list[http.client.HTTPConnection] = []
        self._closed = False

    def ask(self, path: str, bearer: str) -> "Future[Any]":
        """Begin to ask, with the token of whom it is for."""
        return self._pool.submit(self._get, path, bearer)

    def answer(self, asked: "Future[Any]", waited: float = 0.0) -> Any:
        """The JSON that came; None if it is late, or there is none.

        Args:
            asked: what `ask` gave.
            waited: seconds of the deadline that have gone by.
        """
        try:
            return asked.result(max(0.0, self._deadline - waited))
        except Late:
            asked.cancel()
            return None

    def close(self) -> None:
        """Let go of threads and connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._closed = True
        while (kept := self._taken()) is not None:
            kept.close()

    def _get(self, path: str, bearer: str) -> Any:
        try:
            status, body = self._answer(path, bearer)
            if status == http.client.OK:
                return json.loads(body)
            log.info("%s: %d", path, status)
        except (http.client.HTTPException, OSError, ValueError) as error:
            log.info("%s: %r", path, error)
        return None

    def _answer(self, path: str, bearer: str) -> tuple[int, bytes]:
        kept = self._taken()
        if kept is not None:
            # The other side may have closed what was kept for long.
            with suppress(http.client.HTTPException, ConnectionError):
                return self._ask_on(kept, path, bearer)
        return self._ask_on(self._connected(), path, bearer)

    def _ask_on(
        self, connection: http.client.HTTPConnection, path: str, bearer: str
    ) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {bearer}"}
        try:
            connection.request("GET", self._url.path.rstrip("/") + path, headers=headers)
            response = connection.getresponse()
            found = response.status, response.read()
        except BaseException:
            connection.close()
            raise
        # What was read to its end can be asked again.
        self._kept.append(connection)
        if self._closed:
            self.close()
        return found

    def _taken(self) -> http.client.HTTPConnection | None:
        try:
            return self._kept.pop()
        except IndexError:
            return None

    def _connected(self) -> http.client.HTTPConnection:
        secure = self._url.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        return kind(self._url.hostname or "", self._url.port, timeout=self._deadline)
