"""Logs are JSON lines on standard output, each with the request that it belongs to."""

import logging
import math
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import orjson
from flask import Flask, Response, g, has_request_context, request

_SECONDS_BETWEEN_REPEATS = 60.0
_MOST_REMEMBERED = 1_000


class JsonLines(logging.Formatter):
    """One JSON object a line, tracebacks included."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The record as a JSON object."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if has_request_context():
            entry["request_id"] = g.get("request_id")
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(entry).decode()


class Repeats(logging.Filter):
    """Says a warning once a minute, with how often it came: what waits for another tries often."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to say it."""
        if record.levelno != logging.WARNING:
            return True
        message, now = record.getMessage(), self._clock()
        since, more = self._said.get((record.name, message), (-math.inf, 0))
        if now - since < _SECONDS_BETWEEN_REPEATS:
            self._said[record.name, message] = since, more + 1
            return False
        if len(self._said) >= _MOST_REMEMBERED:
            self._said.clear()
        self._said[record.name, message] = now, 0
        if more:
            record.msg, record.args = f"{message} (again, {more} times since)", ()
        return True


def configure(service: str, level: str) -> None:
    """Send the logs of this process to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(service))
    handler.addFilter(Repeats())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("httpx2").setLevel(logging.WARNING)


def register(app: Flask) -> None:
    """Give every request an id: the caller's `X-Request-ID`, or a new one."""
    # At level debug the driver logs whole commands, and with them what people wrote.
    logging.getLogger("pymongo").setLevel(logging.INFO)

    @app.before_request
    def name_request() -> None:
        given = request.headers.get("X-Request-ID", "")
        fits = given.isascii() and given.isprintable() and 0 < len(given) <= 64
        g.request_id = given if fits else uuid.uuid4().hex

    @app.after_request
    def hand_back(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.request_id
        app.logger.debug("%s %s %s", request.method, request.path, response.status_code)
        return response
