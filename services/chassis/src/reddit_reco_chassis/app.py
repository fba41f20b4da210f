"""The app factory: a Flask app with everything that all services have in common."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson
from flask import Flask, Request, Response, make_response, request
from flask.json.provider import JSONProvider
from flask_openapi3 import APIBlueprint, Info, OpenAPI
from flask_openapi3.models.security_scheme import SecurityScheme
from pydantic import ValidationError

from . import auth, logs, metrics, problems
from .draining import drain
from .models import timestamp
from .problems import COMMON, INVALID_JSON, NOT_READY, Problem, ProblemType
from .settings import Settings

log = logging.getLogger(__name__)
Check = Callable[[], object]
_SECURITY: dict[str, SecurityScheme | dict[str, Any]] = {
    "bearer": SecurityScheme(type="http", scheme="bearer", bearerFormat="JWT")
}

_READ_AT_MOST = 8 * 1024 * 1024


@dataclass(frozen=True)
class Service:
    """What a service says of itself in its OpenAPI document.

    Attributes:
        problems: the types of problems that it raises beside those of the chassis.
    """

    name: str
    version: str
    description: str
    problems: tuple[ProblemType, ...] = ()


def create_app(
    service: Service,
    settings: Settings,
    *,
    blueprints: Iterable[APIBlueprint],
    checks: Mapping[str, Check] | None = None,
) -> OpenAPI:
    """Build a service's app.

    Args:
        service: name, release, description, and its own types of problems.
        settings: the service's settings.
        blueprints: its routes.
        checks: what the service needs to be ready: name -> a function that raises if it is away.
    """
    app = OpenAPI(
        service.name,
        info=Info(title=service.name, version=service.version, description=service.description),
        security_schemes=_SECURITY,
        static_folder=None,
        doc_ui=False,
        validation_error_status=400,
        validation_error_callback=_refuse,
    )
    app.request_class = JsonRequest
    app.json = OrjsonProvider(app)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.url_map.merge_slashes = False
    logs.register(app)
    metrics.register(app, service.name, settings.version)
    problems.register(app)
    auth.register(app, settings)
    for blueprint in blueprints:
        app.register_api(blueprint)
    _read_to_the_end(app)
    _add_health(app, checks or {}, (*COMMON, *service.problems))
    _mount_below(app, settings.base_path)
    return app


class JsonRequest(Request):
    """A request whose body is read as JSON whatever its `Content-Type` says."""

    def get_json(self, force: bool = True, silent: bool = False, cache: bool = True) -> Any:  # noqa: ARG002
        """The parsed body.

        Raises:
            Problem: 400 on `body` if it is not JSON, also where the caller asked for silence:
                None instead would be reported as a body of the wrong type.
        """
        return super().get_json(force=True, silent=False, cache=cache)

    def on_json_loading_failed(self, e: ValueError | None) -> NoReturn:
        """Say where the JSON ends to make sense."""
        raise Problem(INVALID_JSON, f"The body is not JSON: {e}.", field="body")


class OrjsonProvider(JSONProvider):
    """JSON by orjson; times as RFC 3339 in UTC."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:  # noqa: ARG002
        """Serialize to text."""
        return orjson.dumps(obj, default=str).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ARG002
        """Parse JSON; NaN and infinities are refused."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """A JSON response, without a trip through text."""
        body = orjson.dumps(
            self._prepare_response_obj(args, kwargs),
            default=_plain,
            option=orjson.OPT_PASSTHROUGH_DATETIME,
        )
        return Response(body, mimetype="application/json")


def _plain(value: Any) -> str:
    return timestamp(value) if hasattr(value, "tzinfo") else str(value)


def _refuse(error: ValidationError) -> Response:
    raise problems.invalid_input(error)


def _read_to_the_end(app: Flask) -> None:
    """Read bodies that no view has read: a proxy still sending would be reset, and say 502."""

    @app.after_request
    def read(response: Response) -> Response:
        if 0 < (request.content_length or 0) <= _READ_AT_MOST:
            drain(request.environ["wsgi.input"])
        return response


def _add_health(app: OpenAPI, checks: Mapping[str, Check], types: tuple[ProblemType, ...]) -> None:
    @app.route("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.route("/readyz")
    def readyz() -> dict[str, str]:
        for name, check in checks.items():
            _run(name, check)
        return {"status": "ok"}

    @app.route("/openapi.json")
    def openapi() -> Response:
        return make_response(
            orjson.dumps(_describe(app, types)), {"Content-Type": "application/json"}
        )


def _describe(app: OpenAPI, types: tuple[ProblemType, ...]) -> dict[str, Any]:
    """The OpenAPI document, with this chassis' errors in place of the framework's."""
    document: dict[str, Any] = app.api_doc
    document["components"].get("schemas", {}).pop("ValidationErrorModel", None)
    refused = problems.described(types)
    for operation in (each for path in document["paths"].values() for each in path.values()):
        operation["responses"].pop(app.validation_error_status, None)
        operation["responses"]["4XX"] = refused
    document["x-problems"] = problems.stated(types)
    return document


def _run(name: str, check: Check) -> None:
    try:
        check()
    except Exception as error:
        log.warning("not ready: %s: %s", name, error)
        raise Problem(NOT_READY, f"{name} is not ready.", check=name) from None


def _mount_below(app: Flask, base_path: str) -> None:
    """Accept every path also below `base_path`, and build links with it."""
    if not base_path:
        return
    inner = app.wsgi_app

    def mounted(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if path == base_path or path.startswith(base_path + "/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + base_path
            environ["PATH_INFO"] = path[len(base_path) :] or "/"
        return inner(environ, start_response)

    app.wsgi_app = mounted  # type: ignore[method-assign]
