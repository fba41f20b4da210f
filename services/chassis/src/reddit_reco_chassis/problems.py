"""Errors on HTTP are problem details (RFC 9457) with a stable `type`."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
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
_DATABASE_AWAY = (
    AutoReconnect,
    ExecutionTimeout,
    NetworkTimeout,
    ServerSelectionTimeoutError,
    # Written, but not known to be on a majority; a timeout while waiting for it is one of these.
    WriteConcernError,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProblemType:
    """What problems of one `type` have in common; a service's OpenAPI document states each.

    Attributes:
        status: HTTP status code.
        code: the stable last part of the `type`, in kebab case.
        meaning: what it says and what to do about it, for whoever writes a client.
    """

    status: int
    code: str
    meaning: str

    def members(self) -> dict[str, Any]:
        """The members of a problem document that are the same for all problems of this type."""
        if not self.code:
            # Nothing to be said beyond the status: RFC 9457, 4.2.1.
            title = HTTPStatus(self.status).phrase
            return {"type": "about:blank", "title": title, "status": self.status}
        title = self.code.replace("-", " ").capitalize()
        return {"type": TYPE_PREFIX + self.code, "title": title, "status": self.status}


BAD_REQUEST = ProblemType(
    400, "bad-request", "The request breaks the rules of HTTP: correct the client that made it."
)
INVALID_INPUT = ProblemType(
    400, "invalid-input", "A field or parameter is wrong: correct those that `errors` names."
)
INVALID_JSON = ProblemType(400, "invalid-json", "The body is not JSON: `detail` says where.")
INVALID_CURSOR = ProblemType(
    400, "invalid-cursor", "The cursor was not made by this list: begin again without one."
)
UNAUTHORIZED = ProblemType(
    401, "unauthorized", "There is no token, or it is not good any more: get a new one from login."
)
MISSING_SCOPE = ProblemType(
    403,
    "missing-scope",
    "The token does not allow this: an admin can give the `scope` that it lacks.",
)
NOT_FOUND = ProblemType(404, "not-found", "There is nothing at this address.")
METHOD_NOT_ALLOWED = ProblemType(
    405, "method-not-allowed", "This cannot be done here: `Allow` says what can."
)
TOO_LARGE = ProblemType(
    413, "request-entity-too-large", "The body is larger than the service takes: send it in parts."
)
URI_TOO_LONG = ProblemType(
    414, "uri-too-long", "Path and query together are too long: ask for less at once."
)
EXPECTATION_FAILED = ProblemType(
    417, "expectation-failed", "`Expect` asks for what no service here does: leave it out."
)
HEADERS_TOO_LARGE = ProblemType(
    431, "request-header-fields-too-large", "There are too many headers, or too long ones."
)
INTERNAL_ERROR = ProblemType(
    500,
    "internal-error",
    "A fault of the service: its log tells more under the `X-Request-ID` of the answer.",
)
DATABASE_UNAVAILABLE = ProblemType(
    503, "database-unavailable", "The database does not answer: try again after `Retry-After`."
)
NOT_READY = ProblemType(
    503, "not-ready", "The service has just started, or lost what it needs: try again soon."
)
#: What any service may answer.
COMMON = (
    BAD_REQUEST,
    INVALID_INPUT,
    INVALID_JSON,
    INVALID_CURSOR,
    UNAUTHORIZED,
    MISSING_SCOPE,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    TOO_LARGE,
    URI_TOO_LONG,
    EXPECTATION_FAILED,
    HEADERS_TOO_LARGE,
    INTERNAL_ERROR,
    DATABASE_UNAVAILABLE,
    NOT_READY,
)
_OF_HTTP = {each.status: each for each in (BAD_REQUEST, NOT_FOUND, METHOD_NOT_ALLOWED, TOO_LARGE)}


class Problem(Exception):
    """Raise it anywhere in a request to answer with a problem document.

    Args:
        kind: its type, one of those that the service states (see `Service`).
        detail: what is wrong with this request, for a person.
        field: the parameter or body field at fault.
        headers: more response headers.
        extra: more members of the problem document.
    """

    def __init__(
        self,
        kind: ProblemType,
        detail: str,
        *,
        field: str | None = None,
        errors: Sequence[dict[str, str]] = (),
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status = kind.status
        self.detail = detail
        self.headers = headers or {}
        self.document: dict[str, Any] = {**kind.members(), "detail": detail, **extra}
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
    return Problem(INVALID_INPUT, detail, errors=errors)


def stated(types: Sequence[ProblemType]) -> list[dict[str, Any]]:
    """The types as an OpenAPI document states them, under `x-problems`."""
    return [{**each.members(), "description": each.meaning} for each in types]


def described(types: Sequence[ProblemType]) -> dict[str, Any]:
    """An OpenAPI response: any problem of these types."""
    members: dict[str, Any] = {name: {"type": "string"} for name in ("type", "title", "detail")}
    members["type"]["enum"] = [each["type"] for each in stated(types)]
    members["status"] = {"type": "integer"}
    schema = {"type": "object", "required": list(members), "properties": members}
    return {
        "description": "A problem (RFC 9457); `x-problems` of the document says what each `type` "
        "means, and `errors` names the fields at fault.",
        "content": {CONTENT_TYPE: {"schema": schema}},
    }


def of_http(error: HTTPException) -> Problem:
    """What Flask and Werkzeug raise, as a problem."""
    headers = {
        name: value
        for name, value in error.get_headers()
        if name in ("Allow", "Retry-After", "WWW-Authenticate")
    }
    status = error.code or 500
    kind = _OF_HTTP.get(status, ProblemType(status, "", ""))
    return Problem(kind, error.description or error.name, headers=headers)


def register(app: Flask) -> None:
    """Make every error of `app` a problem document, expected or not."""
    app.register_error_handler(Problem, Problem.response)
    app.register_error_handler(ValidationError, lambda error: invalid_input(error).response())
    app.register_error_handler(HTTPException, lambda error: of_http(error).response())
    app.register_error_handler(PyMongoError, _from_database)
    app.register_error_handler(Exception, _from_bug)


def _from_database(error: PyMongoError) -> Response:
    if not isinstance(error, _DATABASE_AWAY) and not error.has_error_label(
        "TransientTransactionError"
    ):
        return _from_bug(error)
    log.warning("database unavailable: %s", error)
    return Problem(
        DATABASE_UNAVAILABLE,
        "The database does not answer right now; try again.",
        headers={"Retry-After": "1"},
    ).response()


def _from_bug(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error)
    return Problem(INTERNAL_ERROR, "Something went wrong in this service.").response()
