from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

METHODS = {
    "/api/v1/posts": {"get"},
    "/api/v1/posts/{post_id}": {"get", "put", "patch", "delete"},
    "/api/v1/posts/batch": {"post"},
}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").get_json()
    return found


def test_the_document_is_valid_and_has_every_route(document: dict[str, Any]) -> None:
    validate(document)
    assert {path: set(item) for path, item in document["paths"].items()} == METHODS


def test_the_document_is_the_same_when_asked_again(
    client: FlaskClient, document: dict[str, Any]
) -> None:
    assert client.get("/openapi.json").get_json() == document


def test_routes_that_need_a_scope_say_so_and_no_others(
    app: Flask, document: dict[str, Any]
) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            writes = method != "get"
            expected = [{"bearer": ["posts:write"]}] if writes else None
            assert operation.get("security") == expected, (method, path)
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_what_the_document_says_needs_a_scope_is_refused_without(
    client: FlaskClient, document: dict[str, Any]
) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            url = path.replace("{post_id}", "reddit:1")
            status = client.open(url, method=method.upper()).status_code
            assert (status == 401) == ("security" in operation), (method, path)


def test_every_route_has_a_summary_a_body_where_it_takes_one_and_problems(
    document: dict[str, Any],
) -> None:
    for item in document["paths"].values():
        for method, operation in item.items():
            assert operation["summary"]
            assert ("requestBody" in operation) == (method in ("put", "patch", "post"))
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]


def test_every_filter_is_documented(document: dict[str, Any]) -> None:
    listed = {each["name"] for each in document["paths"]["/api/v1/posts"]["get"]["parameters"]}
    filters = {"id", "source", "subreddit", "author", "tag", "since", "over_18"}
    assert listed == filters | {"sort", "cursor", "limit"}
