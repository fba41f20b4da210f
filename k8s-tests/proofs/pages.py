"""What a browser may ask of web, as an OpenAPI document for the fuzzer: web itself has no API."""

from typing import Any

_TEXT = {"type": "string"}
_FILTERS = ("source", "subreddit", "author", "tag", "sort", "over_18", "cursor")
_HTML: dict[str, Any] = {"content": {"text/html": {}}}
_ANSWERS = {
    "200": _HTML,
    "303": {"description": "Elsewhere."},
    "302": {"description": "Elsewhere."},
    "4XX": {"content": {"text/html": {}, "application/problem+json": {}}},
}


def _get(*query: str, path: str = "") -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "query", "schema": _TEXT} for name in query
    ]
    if path:
        parameters.append({"name": path, "in": "path", "required": True, "schema": _TEXT})
    return {"get": {"parameters": parameters, "responses": _ANSWERS}}


PAGES: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "web", "version": "1"},
    "paths": {
        "/": _get(*_FILTERS),
        "/search": _get("q", "from", "to", *_FILTERS),
        "/posts/{post_id}": _get(path="post_id"),
        "/about": _get(),
        "/assets/{name}": _get(path="name"),
    },
}
