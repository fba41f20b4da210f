from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

PASSWORD = "correct horse battery"
Make = Callable[..., dict[str, Any]]
Bearer = Callable[[dict[str, Any]], dict[str, str]]


def status(client: FlaskClient, name: str, password: str = PASSWORD) -> int:
    body = {"username": name, "password": password}
    return client.post("/api/v1/users", json=body).status_code


def test_who_signs_up_signs_in_and_is_told_who_they_are(
    client: FlaskClient, sign_up: Make, sign_in: Make, bearer: Bearer
) -> None:
    made = sign_up("Some_One-1")
    tokens = sign_in("some_one-1")
    me = client.get("/api/v1/me", headers=bearer(tokens))
    assert me.get_json() == made
    assert me.headers["Cache-Control"] == "no-store"
    assert (made["username"], made["scopes"]) == ("some_one-1", [])
    assert made["id"].startswith("user:")
    assert tokens["expires_in"] == 900


def test_a_taken_name_is_409_in_any_case(client: FlaskClient, sign_up: Make) -> None:
    sign_up("someone")
    response = client.post("/api/v1/users", json={"username": "SomeOne", "password": PASSWORD})
    assert response.status_code == 409
    assert response.get_json()["errors"][0]["field"] == "username"


def test_of_a_hundred_sign_ups_with_one_name_one_wins(
    app: Flask, database: Database[dict[str, Any]]
) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: status(app.test_client(), "wanted"), range(100)))
    assert sorted(found) == [201] + [409] * 99
    assert database["users"].count_documents({}) == 1


@pytest.mark.parametrize("name", ["admin", "Root", "support"])
def test_names_that_speak_for_the_site_are_taken(client: FlaskClient, name: str) -> None:
    assert status(client, name) == 409


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "a" * 33,
        "a" * 10_000,
        "a b c",
        "abc\n",
        "\nabc",
        "abc\x00",
        "аdmin",  # a Cyrillic a
        "\u212aelvin",  # folds to a plain k
        "ＡＢＣ",
        "abc\u200b",
        "$where",
        "../etc",
    ],
)
def test_what_is_no_name_is_400_on_username(client: FlaskClient, name: str) -> None:
    response = client.post("/api/v1/users", json={"username": name, "password": PASSWORD})
    assert response.status_code == 400
    assert response.get_json()["errors"][0]["field"] == "username"
    assert len(response.data) < 2_000
    signed_in = client.post("/api/v1/sessions", json={"username": name, "password": PASSWORD})
    assert signed_in.status_code in (400, 401)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "123456789",
        "x" * 201,
        "PASSWORD123",
        "aaaaaaaaaaaa",
        "long-username",
        "ｐａｓｓｗｏｒｄ１２３",
    ],
)
def test_a_weak_or_endless_password_is_400_on_password(client: FlaskClient, password: str) -> None:
    body = {"username": "long-username", "password": password}
    response = client.post("/api/v1/users", json=body)
    assert response.status_code == 400
    assert response.get_json()["errors"][0]["field"] == "password"
    assert len(password) < 2 or password not in response.text


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_a_password_of_a_wrong_length_is_told_how_long_one_is(
    client: FlaskClient, password: str
) -> None:
    body = {"username": "someone", "password": password}
    detail = client.post("/api/v1/users", json=body).get_json()["detail"]
    assert detail == f"password: a password has 10 to 200 characters, not {len(password)}"


@pytest.mark.parametrize(
    "password",
    ["ten chars!", "é" * 3 + "pässwörter", "with\x00 nul in it", "密" * 3 + "码是很长的句子"],
)
def test_any_other_text_is_a_password(
    client: FlaskClient, sign_up: Make, sign_in: Make, password: str
) -> None:
    sign_up("someone", password)
    assert sign_in("someone", password)
    short = {"username": "someone", "password": password[:-1]}
    assert client.post("/api/v1/sessions", json=short).status_code == 401


def test_composed_and_decomposed_letters_are_one_password(sign_up: Make, sign_in: Make) -> None:
    sign_up("someone", "caf\u00e9 au lait")
    assert sign_in("someone", "cafe\u0301 au lait")


@pytest.mark.parametrize("path", ["/api/v1/users", "/api/v1/sessions", "/api/v1/sessions/refresh"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"[" * 20_000,
        b'{"username": 1, "password": 2}',
        b'{"username": {"$ne": null}, "password": {"$ne": null}}',
        b'{"username": ["someone"], "password": ["correct horse"]}',
        b'{"username": null, "password": null}',
        b'{"username": "someone", "password": "\\ud800 correct horse"}',
        b'{"username": "someone", "password": "correct horse", "scopes": ["admin"]}',
        b'{"refresh_token": {"$gt": ""}}',
    ],
)
def test_json_of_wrong_shapes_is_400(client: FlaskClient, path: str, body: bytes) -> None:
    response = client.post(path, data=body, content_type="application/json")
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"


def test_a_body_beyond_the_limit_is_413(client: FlaskClient) -> None:
    response = client.post("/api/v1/sessions", data=b"x" * 100_000)
    assert response.status_code == 413


def test_an_erased_user_is_gone_at_once_and_the_order_is_left_for_sync(
    client: FlaskClient,
    sign_up: Make,
    sign_in: Make,
    bearer: Bearer,
    database: Database[dict[str, Any]],
) -> None:
    subject = sign_up("someone")["id"]
    tokens = sign_in("someone")
    first = client.delete("/api/v1/me", headers=bearer(tokens))
    again = client.delete("/api/v1/me", headers=bearer(tokens))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.get_json() == again.get_json()
    orders = list(database["erasures"].find())
    assert [(order["_id"], order["username"]) for order in orders] == [(subject, "someone")]
    assert database["users"].count_documents({}) == database["sessions"].count_documents({}) == 0
    assert client.get("/api/v1/me", headers=bearer(tokens)).status_code == 404
    refresh = {"refresh_token": tokens["refresh_token"]}
    assert client.post("/api/v1/sessions/refresh", json=refresh).status_code == 401
    sign_in_again = {"username": "someone", "password": PASSWORD}
    assert client.post("/api/v1/sessions", json=sign_in_again).status_code == 401


def test_the_name_of_an_erased_user_rests_and_then_leads_to_nothing_of_theirs(
    start: Callable[..., Flask], sign_up: Make, sign_in: Make, client: FlaskClient, bearer: Bearer
) -> None:
    before = sign_up("someone")
    client.delete("/api/v1/me", headers=bearer(sign_in("someone")))
    assert status(client, "someone") == 409
    later = start(name_rest_seconds=0).test_client()
    made = later.post("/api/v1/users", json={"username": "someone", "password": PASSWORD})
    assert made.status_code == 201
    assert made.get_json()["id"] != before["id"]


def test_a_hundred_erasures_at_once_leave_one_order(
    app: Flask,
    sign_up: Make,
    sign_in: Make,
    bearer: Bearer,
    database: Database[dict[str, Any]],
) -> None:
    sign_up("someone")
    headers = bearer(sign_in("someone"))

    def erase(_: int) -> int:
        return app.test_client().delete("/api/v1/me", headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(erase, range(100))) == {202}
    assert database["erasures"].count_documents({}) == 1


def test_who_was_erased_since_a_backup_is_erased_again_when_it_is_restored(
    start: Callable[..., Flask],
    sign_up: Make,
    sign_in: Make,
    client: FlaskClient,
    database: Database[dict[str, Any]],
) -> None:
    sign_up("stays")
    sign_up("leaves")
    sign_in("stays")
    tokens = sign_in("leaves")
    backup = {name: list(database[name].find()) for name in ("users", "sessions")}
    token = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert client.delete("/api/v1/me", headers=token).status_code == 202
    for name, documents in backup.items():
        database[name].delete_many({})
        database[name].insert_many(documents)
    start()
    assert [user["_id"] for user in database["users"].find()] == ["stays"]
    assert database["sessions"].count_documents({}) == 1
