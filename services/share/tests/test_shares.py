from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from pymongo.database import Database

URL = "/api/v1/shares"
User = Callable[..., FlaskClient]


def share(client: FlaskClient, post: str = "reddit:1", **more: Any) -> dict[str, Any]:
    answer = client.post(URL, json={"post": post, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def box(client: FlaskClient, name: str) -> list[Any]:
    found: list[Any] = client.get(f"{URL}?box={name}").get_json()["items"]
    return found


def test_sharing_answers_with_a_short_link(ann: FlaskClient) -> None:
    answer = ann.post(URL, json={"post": "reddit:1"})
    made = answer.get_json()
    assert answer.status_code == 201
    assert made["href"] == answer.headers["Location"] == f"/s/{made['code']}"
    assert len(made["code"]) == 12
    assert box(ann, "out") == [made]
    assert made | {"code": "", "href": "", "at": ""} == {
        "code": "",
        "href": "",
        "post": "reddit:1",
        "from": "ann",
        "to": None,
        "at": "",
        "visits": 0,
    }


def test_every_share_has_a_code_of_its_own(ann: FlaskClient) -> None:
    assert len({share(ann)["code"] for _ in range(20)}) == 20


def test_a_share_is_in_the_inbox_of_whom_it_names_and_of_nobody_else(
    ann: FlaskClient, bob: FlaskClient, user: User
) -> None:
    made = share(ann, to="Bob")
    assert box(bob, "in") == [made]
    assert box(ann, "in") == box(bob, "out") == box(user("eve"), "in") == []
    by_subject = share(ann, to="user:eve")
    assert box(user("eve"), "in") == [by_subject]


def test_who_takes_a_name_later_does_not_find_what_was_delivered_before(
    ann: FlaskClient, user: User
) -> None:
    share(ann, to="bob")
    assert len(box(user("bob", "user:first"), "in")) == 1
    assert box(user("bob", "user:second"), "in") == []
    assert len(box(user("renamed", "user:first"), "in")) == 1


def test_the_boxes_come_newest_first_page_by_page(ann: FlaskClient, bob: FlaskClient) -> None:
    for number in range(5):
        share(ann, f"reddit:{number}", to="bob")
    for client, name in ((ann, "out"), (bob, "in")):
        href, posts = f"{URL}?box={name}&limit=2", []
        while href:
            body = client.get(href).get_json()
            posts += [each["post"] for each in body["items"]]
            href = body["_links"].get("next", {}).get("href")
        assert posts == [f"reddit:{number}" for number in (4, 3, 2, 1, 0)]


def test_100_repeats_with_one_idempotency_key_share_once(
    ann: FlaskClient, user: User, kept: Database[dict[str, Any]]
) -> None:
    def again(_: int) -> str:
        sent = {"Idempotency-Key": "k1"}
        answer = user("ann").post(URL, json={"post": "reddit:1"}, headers=sent)
        assert answer.status_code == 201
        return str(answer.get_json()["code"])

    with ThreadPoolExecutor(100) as pool:
        assert len(set(pool.map(again, range(100)))) == 1
    assert kept["shares"].count_documents({}) == 1


def test_a_key_of_one_user_is_not_the_same_key_of_another(
    ann: FlaskClient, bob: FlaskClient
) -> None:
    sent = {"Idempotency-Key": "k1"}
    codes = {
        client.post(URL, json={"post": "reddit:1"}, headers=sent).get_json()["code"]
        for client in (ann, bob)
    }
    assert len(codes) == 2


def test_a_key_that_was_used_for_another_share_is_refused(ann: FlaskClient) -> None:
    sent = {"Idempotency-Key": "k1"}
    ann.post(URL, json={"post": "reddit:1"}, headers=sent)
    answer = ann.post(URL, json={"post": "reddit:2"}, headers=sent)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "Idempotency-Key"


def test_taking_back_ends_the_link_and_only_for_ones_own(
    ann: FlaskClient, bob: FlaskClient, visit: Any, kept: Database[dict[str, Any]]
) -> None:
    code = share(ann, to="bob")["code"]
    visit(code)
    assert bob.delete(f"{URL}/{code}").status_code == 204
    assert visit(code).status_code == 302
    assert [ann.delete(f"{URL}/{code}").status_code for _ in range(2)] == [204, 204]
    assert visit(code).status_code == 404
    assert box(ann, "out") == box(bob, "in") == []
    assert kept["visitors"].count_documents({}) == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "post"),
        ({"post": "nonsense"}, "post"),
        ({"post": "reddit:a/b"}, "post"),
        ({"post": 1}, "post"),
        ({"post": "reddit:1", "to": ""}, "to"),
        ({"post": "reddit:1", "to": "a b"}, "to"),
        ({"post": "reddit:1", "to": "x" * 101}, "to"),
        ({"post": "reddit:1", "nonsense": 1}, "nonsense"),
        ([], "body"),
    ],
)
def test_a_bad_share_is_refused_with_the_name_of_the_field(
    ann: FlaskClient, body: Any, field: str
) -> None:
    answer = ann.post(URL, json=body)
    assert answer.status_code == 400, answer.text
    assert answer.get_json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("box=both", "box"),
        ("cursor=x", "cursor"),
        ("cursor=Wzk5OTk5OTk5OTk5OTk5OTk5LCJhIl0", "cursor"),
        ("limit=101", "limit"),
        ("nonsense=1", "nonsense"),
    ],
)
def test_a_bad_query_is_refused_with_the_name_of_the_field(
    ann: FlaskClient, query: str, field: str
) -> None:
    answer = ann.get(f"{URL}?{query}")
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["field"] == field


def test_a_bad_key_is_refused(ann: FlaskClient) -> None:
    sent = {"Idempotency-Key": "x" * 201}
    assert ann.post(URL, json={"post": "reddit:1"}, headers=sent).status_code == 400


def test_all_but_the_short_link_needs_a_token(app: Any) -> None:
    client = app.test_client()
    assert client.post(URL, json={"post": "reddit:1"}).status_code == 401
    assert client.get(URL).status_code == 401
    assert client.delete(f"{URL}/a").status_code == 401
    assert client.get("/s/abcdefghijkl").status_code == 404


def test_the_openapi_document_is_valid_and_has_every_route(app: Any) -> None:
    document = app.test_client().get("/openapi.json").get_json()
    validate(document)
    assert {path: set(item) for path, item in document["paths"].items()} == {
        "/api/v1/shares": {"get", "post"},
        "/api/v1/shares/batch": {"post"},
        "/api/v1/shares/{code}": {"delete"},
        "/s/{code}": {"get"},
    }
    sharing = document["paths"]["/api/v1/shares"]["post"]
    assert sharing["parameters"][0]["name"] == "Idempotency-Key"
    assert "security" not in document["paths"]["/s/{code}"]["get"]
