import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from reddit_reco_chassis import Problem
from reddit_reco_chassis.problems import NOT_FOUND

MakeApp = Callable[..., Flask]


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    return make_app().test_client()


def problem(response: TestResponse) -> dict[str, Any]:
    assert response.mimetype == "application/problem+json"
    document: dict[str, Any] = json.loads(response.text)
    assert document["status"] == response.status_code
    assert document["type"].startswith(("urn:reddit-reco:problem:", "about:blank"))
    return document


def test_a_problem_is_answered_as_it_was_raised(client: FlaskClient) -> None:
    assert problem(client.get("/api/v1/fail/problem")) == {
        "type": "urn:reddit-reco:problem:taken",
        "title": "Taken",
        "status": 409,
        "detail": "The name is taken.",
        "owner": "ann",
        "errors": [{"field": "name", "detail": "The name is taken."}],
    }


def test_a_path_that_is_not_there_is_a_404_problem(client: FlaskClient) -> None:
    assert problem(client.get("/nowhere"))["type"].endswith(":not-found")


def test_a_method_that_is_not_there_is_a_405_problem_with_allow(client: FlaskClient) -> None:
    response = client.delete("/api/v1/things")
    assert problem(response)["status"] == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_an_abort_in_a_view_is_a_problem(client: FlaskClient) -> None:
    document = problem(client.get("/api/v1/fail/teapot"))
    assert (document["status"], document["title"]) == (418, "I'm a Teapot")
    assert document["type"] == "about:blank"


@pytest.mark.parametrize("what", ["away", "unconfirmed"])
def test_a_database_that_is_away_is_503_and_to_be_tried_again(
    client: FlaskClient, what: str
) -> None:
    response = client.get(f"/api/v1/fail/{what}")
    assert problem(response)["type"].endswith(":database-unavailable")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


@pytest.mark.parametrize("what", ["bug", "denied"])
def test_a_bug_is_500_told_to_the_log_and_not_to_the_caller(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    with caplog.at_level(logging.ERROR):
        response = client.get(f"/api/v1/fail/{what}")
    assert problem(response)["status"] == 500
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert caplog.records[0].exc_info is not None


def test_bad_input_names_every_field(client: FlaskClient, keys: Any) -> None:
    headers = keys.bearer("things:write")
    response = client.post("/api/v1/things", json={"size": "x", "more": 1}, headers=headers)
    document = problem(response)
    assert (response.status_code, document["type"][-13:]) == (400, "invalid-input")
    assert {each["field"] for each in document["errors"]} == {"name", "size", "more"}
    assert all(each["field"] in document["detail"] for each in document["errors"])


@pytest.mark.parametrize("body", [b"", b"{", b'{"name": "x", "size": NaN}', b"\xff", b"[" * 99999])
def test_a_body_that_is_not_json_is_a_400_on_body(
    client: FlaskClient, keys: Any, body: bytes
) -> None:
    headers = keys.bearer("things:write")
    document = problem(client.post("/api/v1/things", data=body, headers=headers))
    assert document["type"].endswith(":invalid-json")
    assert document["errors"][0]["field"] == "body"


@pytest.mark.parametrize("body", [b"null", b"[]", b"5", b'"text"'])
def test_json_of_another_shape_is_a_400_on_body(
    client: FlaskClient, keys: Any, body: bytes
) -> None:
    headers = keys.bearer("things:write")
    document = problem(client.post("/api/v1/things", data=body, headers=headers))
    assert document["errors"][0]["field"] == "body"


def test_json_is_read_whatever_its_content_type_says(client: FlaskClient, keys: Any) -> None:
    headers = keys.bearer("things:write") | {"Content-Type": "text/plain"}
    response = client.post("/api/v1/things", data=b'{"name": "x"}', headers=headers)
    assert response.get_json() == {"name": "x", "by": "user:ann"}


def test_many_and_long_unknown_fields_make_a_short_answer(client: FlaskClient, keys: Any) -> None:
    body = {"name": "x"} | {f"{number}{'x' * 1000}": 1 for number in range(1000)}
    response = client.post("/api/v1/things", json=body, headers=keys.bearer("things:write"))
    assert response.status_code == 400
    assert len(response.data) < 6000


def test_a_body_over_the_limit_is_a_413_problem(make_app: MakeApp, keys: Any) -> None:
    client = make_app(max_body_bytes=1024).test_client()
    headers = keys.bearer("things:write")
    response = client.post("/api/v1/things", json={"name": "x" * 2000}, headers=headers)
    assert problem(response)["status"] == 413


def test_a_problem_reads_as_its_detail() -> None:
    assert str(Problem(NOT_FOUND, "There is no such thing.")) == "There is no such thing."


def test_the_document_states_the_types_of_the_service_and_of_the_chassis(
    client: FlaskClient,
) -> None:
    stated = client.get("/openapi.json").get_json()["x-problems"]
    assert stated[-1] == {
        "type": "urn:reddit-reco:problem:taken",
        "title": "Taken",
        "status": 409,
        "description": "Somebody has it.",
    }
    types = [each["type"] for each in stated]
    assert "urn:reddit-reco:problem:invalid-input" in types
    assert len(set(types)) == len(types)


def test_an_operation_answers_no_other_types_than_the_document_states(
    client: FlaskClient,
) -> None:
    document = client.get("/openapi.json").get_json()
    answer = document["paths"]["/api/v1/things"]["get"]["responses"]["4XX"]
    schema = answer["content"]["application/problem+json"]["schema"]
    allowed = schema["properties"]["type"]["enum"]
    assert allowed == [each["type"] for each in document["x-problems"]]
    assert problem(client.get("/api/v1/fail/problem"))["type"] in allowed
