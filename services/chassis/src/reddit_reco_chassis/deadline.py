"""Asking another service for something small that is of use only if it comes at once."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Any

import httpx2

from .client import ServiceClient

log = logging.getLogger(__name__)
_THREADS = 16


class DeadlineClient:
    """Asks one service in the name of others, in threads, so that other work can go on meanwhile.

    The deadline is one for the whole call; the timeout of `ServiceClient` is one for each step.

    Args:
        base_url: e.g. `http://reddit-reco-hide:8080`.
        deadline: seconds.
    """

    def __init__(self, base_url: str, deadline: float) -> None:
        self._client = ServiceClient(base_url, timeout=deadline)
        self._deadline = deadline
        self._pool = ThreadPoolExecutor(_THREADS, "ask")

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
        self._client.close()

    def _get(self, path: str, bearer: str) -> Any:
        try:
            found = self._client.request("GET", path, headers={"Authorization": f"Bearer {bearer}"})
            if found.status_code == httpx2.codes.OK:
                return found.json()
            log.info("%s: %d", path, found.status_code)
        except (httpx2.HTTPError, ValueError) as error:
            log.info("%s: %r", path, error)
        return None
