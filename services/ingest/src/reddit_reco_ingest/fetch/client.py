"""Asks a source, politely: at its pace, with an honest name, and again after a while if need be."""

import logging
import random
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx2
import orjson

from ..pipeline import Stopped
from .settings import FetchSettings

log = logging.getLogger(__name__)
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_LONGEST_PAUSE = 60.0
# A source that asks for a longer break gets it: the run ends, and a later one goes on.
_LONGEST_BREAK = 900.0
_LONGEST_ANSWER = 16 * 1024 * 1024


class SourceError(Exception):
    """The source does not give what it was asked for."""


class Unauthorized(SourceError):
    """The token was refused."""


class NotThere(SourceError):
    """The source does not have this, or does not show it to us."""


class Client:
    """Calls one source. Thread-safe.

    Args:
        settings: the user agent, and how patient to be.
        stopping: set when the run has to end.
        per_minute: requests a minute at most; 0 for no limit of our own.
    """

    def __init__(
        self, settings: FetchSettings, stopping: threading.Event, per_minute: int = 0
    ) -> None:
        headers = {"User-Agent": settings.fetch_user_agent}
        self._http = httpx2.Client(headers=headers, timeout=30.0, follow_redirects=False)
        self._settings = settings
        self._stopping = stopping
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._lock = threading.Lock()
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def json(self, method: str, url: str, **kwargs: Any) -> Any:
        """The JSON that the source answers.

        Raises:
            NotThere: 403, 404, or a redirect, as Reddit answers for what does not exist.
            Unauthorized: 401.
            SourceError: anything else that trying again did not help against.
            Stopped: the run has to end.
        """
        for left in range(self._settings.fetch_tries - 1, -1, -1):
            self._wait_for_turn()
            try:
                response, body = self._ask(method, url, **kwargs)
                self._heed(response)
                if response.status_code == 200:
                    return orjson.loads(body)
                _check(response, url)
                reason, pause = f"answered {response.status_code}", _asked_for(response)
            except httpx2.TransportError as error:
                reason, pause = f"does not answer ({error!r})", None
            except orjson.JSONDecodeError:
                reason, pause = "answered what is no JSON", None
            if not left or (pause or 0) > _LONGEST_BREAK:
                raise SourceError(f"{url} {reason}")
            log.info("%s %s; trying again", url, reason)
            tried = self._settings.fetch_tries - 1 - left
            self._pause(self._backoff(tried) if pause is None else pause)
        raise AssertionError("unreachable: the last try returns or raises")

    def _ask(self, method: str, url: str, **kwargs: Any) -> tuple[httpx2.Response, bytes]:
        with self._http.stream(method, url, **kwargs) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > _LONGEST_ANSWER:
                    raise SourceError(f"{url} answered more than {_LONGEST_ANSWER} bytes")
            return response, bytes(body)

    def _wait_for_turn(self) -> None:
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._interval
        self._pause(turn - now)

    def _heed(self, response: httpx2.Response) -> None:
        """When the source says that our share is used up, nobody asks before the next one."""
        remaining = _number(response.headers.get("x-ratelimit-remaining"))
        reset = _number(response.headers.get("x-ratelimit-reset"))
        if remaining is not None and reset is not None and remaining < 1:
            with self._lock:
                self._next = max(self._next, time.monotonic() + min(reset, _LONGEST_BREAK))

    def _backoff(self, tried: int) -> float:
        pause: float = min(_LONGEST_PAUSE, self._settings.fetch_pause_seconds * 2**tried)
        return pause * random.uniform(0.75, 1.25)  # noqa: S311

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(max(0.0, seconds)):
            raise Stopped


def _check(response: httpx2.Response, url: str) -> None:
    status = response.status_code
    if status == 401:
        raise Unauthorized(f"{url} refuses the token, or the app's credentials")
    if status in (403, 404) or 300 <= status < 400:
        raise NotThere(f"{url} answered {status}")
    if status not in _PASSING:
        raise SourceError(f"{url} answered {status}")


def _asked_for(response: httpx2.Response) -> float | None:
    """Seconds until the source wants to be asked again, if it says so."""
    after = response.headers.get("retry-after", "")
    seconds = _number(after)
    if seconds is None and after:
        try:
            seconds = (parsedate_to_datetime(after) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            seconds = None
    if seconds is None and response.status_code == 429:
        seconds = _number(response.headers.get("x-ratelimit-reset"))
    return None if seconds is None else max(0.0, seconds)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < 1e9 else None
