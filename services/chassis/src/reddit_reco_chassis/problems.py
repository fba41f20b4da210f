"""Errors on HTTP are problem details (RFC 9457) with a stable `type`."""

import logging
from collections.abc import Sequence
from typing import Any

import orjson
from flask import Flask, Response, make_response
from pydantic import ValidationError
from pymongo.errors import (
    AutoReconnect,
    ExecutionTimeout,
    NetworkTimeout,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteConcernError,
)
from werkzeug.exceptions import HTTPException

TYPE_PREFIX = "urn:reddit-reco:problem:"
CONTENT_TYPE = "application/problem+json"
DESCRIPTION = {
    "description": "A problem (RFC 9457); `type` is stable, `errors` names the fields at fault.",
    "content": {
        CONTENT_TYPE: {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                },
            }
        }
    },
}
_DATABASE_AWAY = (
    AutoReconnect,
    ExecutionTimeout,
    NetworkTimeout,
    ServerSelectionTimeoutError,
    # Written, but not known to be on a majority; a timeout while waiting for it is one of these.
    WriteConcernError,
)

log = logging.getLogger(__name__)


class Problem(Exception):
    """Raise it anywhere in a request to answer with a problem document.

    Args:
        status: HTTP status code.
        code: the stable last part of the problem's `type`, in kebab case.
        detail: what is wrong with this request, for a person.
        field: the parameter or body field at fault.
        headers: more response headers.
        extra: more members of the problem document.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        errors: Sequence[dict[str, str]] = (),
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.document: dict[str, Any] = {
            "type": TYPE_PREFIX + code,
            "title": code.replace("-", " ").capitalize(),
            "status": status,
            "detail": detail,
            **extra,
        }
        errors = [{"field": field, "detail": detail}] if field else list(errors)
        if errors:
            self.document["errors"] = errors

    def response(self) -> Response:
        """The problem as a Flask response."""
        response = make_response(orjson.dumps(self.document), self.status)
        response.content_type = CONTENT_TYPE
        response.headers.update(self.headers)
        return response


def faults(error: ValidationError) -> list[dict[str, str]]:
    """`field` and `detail` of what a model refused: the first 20, and no name longer than 100."""
    found = error.errors(include_url=False, include_input=False, include_context=False)[:20]
    return [
        {
            "field": ".".join(str(part) for part in item["loc"])[:100] or "body",
            "detail": item["msg"].removeprefix("Value error, "),
        }
        for item in found
    ]


def invalid_input(error: ValidationError) -> Problem:
    """A 400 that names every field which the model refused."""
    errors = faults(error)
    detail = "; ".join(f"{item['field']}: {item['detail']}" for item in errors[:5])
    return Problem(400, "invalid-input", detail, errors=errors)


def register(app: Flask) -> None:
    """Make every error of `app` a problem document, expected or not."""
    app.register_error_handler(Problem, Problem.response)
    app.register_error_handler(ValidationError, lambda error: invalid_input(error).response())
    app.register_error_handler(HTTPException, _from_http_exception)
    app.register_error_handler(PyMongoError, _from_database)
    app.register_error_handler(Exception, _from_bug)


def _from_http_exception(error: HTTPException) -> Response:
    code = error.name.lower().replace(" ", "-")
    headers = {
        name: value
        for name, value in error.get_headers()
        if name in ("Allow", "Retry-After", "WWW-Authenticate")
    }
    detail = error.description or error.name
    return Problem(error.code or 500, code, detail, headers=headers).response()


def _from_database(error: PyMongoError) -> Response:
    if not isinstance(error, _DATABASE_AWAY) and not error.has_error_label(
        "TransientTransactionError"
    ):
        return _from_bug(error)
    log.warning("database unavailable: %s", error)
    return Problem(
        503,
        "database-unavailable",
        "The database does not answer right now; try again.",
        headers={"Retry-After": "1"},
    ).response()


def _from_bug(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error)
    return Problem(500, "internal-error", "Something went wrong in this service.").response()
