"""The HTTP client with which one service calls another."""

import logging
import time
from pathlib import Path
from typing import Any, Self

import httpx2
from flask import g, has_request_context

log = logging.getLogger(__name__)
_PASSING = frozenset({429, 502, 503, 504})


class ServiceClient:
    """Calls one service, with this service's own token if it has one.

    Thread-safe; keeps connections open. Calls are tried again while the other side is restarting,
    so use it for idempotent requests only.

    Args:
        base_url: e.g. `http://reddit-reco-posts:8080`.
        token_file: file with the bearer token, read with every call so that a rotated one is used.
        timeout: seconds for one try.
        tries: how often a call is made before its error is raised.
        pause: seconds before the second try; doubled each time, at most 5 s.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token_file: str = "",
        timeout: float = 10.0,
        tries: int = 1,
        pause: float = 0.2,
    ) -> None:
        self._client = httpx2.Client(base_url=base_url, timeout=timeout, trust_env=False)
        self._token_file = Path(token_file) if token_file else None
        self._tries = tries
        self._pause = pause

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def request(self, method: str, path: str, **kwargs: Any) -> httpx2.Response:
        """Make the call; a status of 400 and above is returned, not raised.

        Raises:
            httpx2.TransportError: no answer came, in any of the tries.
        """
        headers = {**self._headers(), **kwargs.pop("headers", {})}
        for left in range(self._tries - 1, -1, -1):
            try:
                response = self._client.request(method, path, headers=headers, **kwargs)
                if response.status_code not in _PASSING or not left:
                    return response
                reason = str(response.status_code)
            except httpx2.TransportError as error:
                if not left:
                    raise
                reason = repr(error)
            log.info("%s %s: %s; trying again", method, path, reason)
            time.sleep(min(5.0, self._pause * 2 ** (self._tries - 1 - left)))
        raise AssertionError("unreachable: the last try returns or raises")

    def _headers(self) -> dict[str, str]:
        headers = {}
        if self._token_file:
            headers["Authorization"] = f"Bearer {self._token_file.read_text().strip()}"
        if has_request_context() and (request_id := g.get("request_id")):
            headers["X-Request-ID"] = request_id
        return headers
