from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

METHODS = {
    "/api/v1/hidden": {"get"},
    "/api/v1/hidden/all": {"get"},
    "/api/v1/hidden/batch": {"post"},
    "/api/v1/hidden/{post_id}": {"put", "delete"},
    "/api/v1/hidden/subreddits/{name}": {"put", "delete"},
}


@pytest.fixture
def document(nobody: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = nobody.get("/openapi.json").get_json()
    return found


def test_the_document_is_valid_and_has_every_route(document: dict[str, Any]) -> None:
    validate(document)
    assert {path: set(item) for path, item in document["paths"].items()} == METHODS


def test_what_the_document_says_needs_a_token_is_refused_without(
    nobody: FlaskClient, document: dict[str, Any]
) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            scopes = ["feedback:write"] if path.endswith("/batch") else []
            assert operation["security"] == [{"bearer": scopes}]
            url = path.replace("{post_id}", "reddit:1").replace("{name}", "python")
            assert nobody.open(url, method=method.upper()).status_code == 401, (method, path)


def test_every_route_has_a_summary_and_problems(document: dict[str, Any]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            assert operation["summary"]
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]
