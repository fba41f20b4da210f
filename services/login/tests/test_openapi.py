from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

METHODS = {
    "/api/v1/users": {"post"},
    "/api/v1/users/{username}": {"get"},
    "/api/v1/users/{username}/scopes/{scope}": {"put", "delete"},
    "/api/v1/sessions": {"post", "delete"},
    "/api/v1/sessions/refresh": {"post"},
    "/api/v1/sessions/oidc": {"post"},
    "/api/v1/sessions/oidc/callback": {"post"},
    "/api/v1/me": {"get", "delete"},
    "/.well-known/jwks.json": {"get"},
}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").get_json()
    return found


def test_the_document_is_valid_and_has_every_route(document: dict[str, Any]) -> None:
    validate(document)
    assert {path: set(item) for path, item in document["paths"].items()} == METHODS


def test_what_the_document_says_needs_a_token_is_refused_without(
    client: FlaskClient, document: dict[str, Any]
) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            filled = path.format(username="someone", scope="admin")
            status = client.open(filled, method=method.upper()).status_code
            assert (status == 401) == ("security" in operation), (method, path)


def test_every_route_has_a_summary_and_problems(document: dict[str, Any]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            assert operation["summary"]
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]
