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


def _post(*names: str) -> dict[str, Any]:
    """A form. Without the secret of one's own cookie nothing is done."""
    schema = {"type": "object", "properties": dict.fromkeys(names, _TEXT)}
    content = {"application/x-www-form-urlencoded": {"schema": schema}}
    return {"requestBody": {"content": content}, "responses": _ANSWERS}


PAGES: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "web", "version": "1"},
    "paths": {
        "/": _get(*_FILTERS),
        "/search": _get("q", "from", "to", *_FILTERS),
        "/posts/{post_id}": _get(path="post_id"),
        "/search/suggest": _get("q"),
        "/topics": {**_get(), "post": _post("csrf", "topic")},
        "/sign-in": {**_get("next"), "post": _post("csrf", "username", "password", "next")},
        "/sign-up": {**_get("next"), "post": _post("csrf", "username", "password", "next")},
        "/acts": {"post": _post("csrf", "do", "what", "next", "place")},
        "/account/erase": {"post": _post("csrf", "name")},
        "/me/{name}": _get("cursor", path="name"),
        "/me/tags/{tag}": _get("cursor", path="tag"),
        "/imports/{import_id}": _get(path="import_id"),
        "/about": _get(),
        "/reference": _get(),
        "/reference/{verb}": _get(path="verb"),
        "/assets/{name}": _get(path="name"),
    },
}
