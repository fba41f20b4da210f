from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

METHODS = {
    "/api/v1/tags": {"get"},
    "/api/v1/tags/batch": {"post"},
    "/api/v1/tags/rules": {"get", "put"},
    "/api/v1/tags/suggest/{post}": {"get"},
    "/api/v1/tags/{post}/{tag}": {"put", "delete"},
    "/api/v1/tags/{tag}/posts": {"get"},
}


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = app.test_client().get("/openapi.json").get_json()
    return found


def test_the_document_is_valid_and_has_every_route(document: dict[str, Any]) -> None:
    validate(document)
    assert {path: set(item) for path, item in document["paths"].items()} == METHODS


def test_every_route_needs_a_token_and_says_so(app: Flask, document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            scopes = ["feedback:write"] if path.endswith("/batch") else []
            assert operation["security"] == [{"bearer": scopes}]
            url = path.replace("{post}", "reddit:1").replace("{tag}", "a")
            answer = app.test_client().open(url, method=method.upper())
            assert answer.status_code == 401, (method, path)


def test_a_body_that_is_not_json_is_refused(ann: FlaskClient) -> None:
    answer = ann.put("/api/v1/tags/rules", data="{")
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (400, "body")
