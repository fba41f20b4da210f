"""Asking a provider over HTTP: within limits of time and size, and never elsewhere."""

import ssl
import time
from pathlib import Path
from typing import Any

import httpx2
import orjson

_SECONDS = 5.0
_MOST_BYTES = 256 * 1024


class ProviderAway(Exception):
    """There is no provider, or what answers in its place is none; the reason is for the log."""


class Asking:
    """An HTTP client for small JSON answers. Redirects are not followed.

    Args:
        authority: file with the authority of its certificate, if that is a private one.
    """

    def __init__(self, authority: Path | None) -> None:
        verify = ssl.create_default_context(cafile=str(authority)) if authority else True
        # The environment may name a proxy that leads outside.
        self._http = httpx2.Client(timeout=_SECONDS, follow_redirects=False, verify=verify)

    def ask(self, method: str, url: str, **given: Any) -> tuple[int, dict[str, Any]]:
        """The status, and the JSON object that came with it, or an empty one.

        Raises:
            ProviderAway: no answer came in time, or more than an answer.
        """
        # Uncompressed, or a small answer could grow without bounds.
        headers = {**given.pop("headers", {}), "Accept-Encoding": "identity"}
        until = time.monotonic() + _SECONDS
        try:
            with self._http.stream(method, url, headers=headers, **given) as response:
                body = _read(response, until)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ProviderAway(f"{url}: {type(error).__name__}") from None
        return response.status_code, _object(body)


def _read(response: httpx2.Response, until: float) -> bytes:
    body = bytearray()
    for part in response.iter_raw():
        body += part
        if len(body) > _MOST_BYTES or time.monotonic() > until:
            raise ProviderAway(f"{response.url} says more, or longer, than anyone needs")
    return bytes(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
