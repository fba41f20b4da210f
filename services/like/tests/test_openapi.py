from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

METHODS = {
    "/api/v1/likes": {"get"},
    "/api/v1/likes/{post_id}": {"put", "delete"},
    "/api/v1/likes/{post_id}/count": {"get"},
    "/api/v1/likes/counts": {"get"},
    "/api/v1/likes/batch": {"post"},
}
OPEN = ("/api/v1/likes/{post_id}/count", "/api/v1/likes/counts")


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
            assert ("security" in operation) == (path not in OPEN)
            url = path.replace("{post_id}", "reddit:1")
            status = nobody.open(url, method=method.upper()).status_code
            assert (status == 401) == ("security" in operation), (method, path)


def test_every_route_has_a_summary_and_problems(document: dict[str, Any]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            assert operation["summary"]
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]
