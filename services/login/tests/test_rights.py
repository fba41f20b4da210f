"""Scopes that admins give and take."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

Make = Callable[..., dict[str, Any]]
Bearer = Callable[[dict[str, Any]], dict[str, str]]
Headers = dict[str, str]
SCOPES = ["admin", "feedback:write", "posts:write"]


@pytest.fixture
def as_admin(
    sign_up: Make, sign_in: Make, bearer: Bearer, database: Database[dict[str, Any]]
) -> Headers:
    """Headers of an admin of the name boss."""
    sign_up("boss")
    database["users"].update_one({"_id": "boss"}, {"$set": {"scopes": ["admin"]}})
    return bearer(sign_in("boss"))


@pytest.fixture
def newcomer(client: FlaskClient, sign_in: Make, bearer: Bearer) -> Callable[[], Headers]:
    """Signs somebody in, whom it makes the first time; gives their headers."""

    def do() -> Headers:
        body = {"username": "someone", "password": "correct horse battery"}
        client.post("/api/v1/users", json=body)
        return bearer(sign_in("someone"))

    return do


def scopes_in(tokens: dict[str, Any]) -> set[str]:
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    return set(claims["scope"].split())


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_is_given_once_and_taken_once(
    client: FlaskClient, as_admin: Headers, sign_up: Make, scope: str
) -> None:
    sign_up("someone")
    path = f"/api/v1/users/Someone/scopes/{scope}"
    given = [client.put(path, headers=as_admin) for _ in range(2)]
    assert [each.status_code for each in given] == [201, 200]
    assert [each.get_json()["scopes"] for each in given] == [[scope]] * 2
    seen = client.get("/api/v1/users/someone", headers=as_admin).get_json()
    assert seen == given[0].get_json()
    assert seen["_links"]["self"]["href"] == "/api/v1/users/someone"
    taken = [client.delete(path, headers=as_admin) for _ in range(2)]
    assert [each.status_code for each in taken] == [204, 204]
    assert client.get("/api/v1/users/someone", headers=as_admin).get_json()["scopes"] == []


def test_tokens_carry_it_from_the_next_refresh_on(
    client: FlaskClient, as_admin: Headers, sign_up: Make, sign_in: Make
) -> None:
    sign_up("someone")
    tokens = sign_in("someone")
    path = "/api/v1/users/someone/scopes/posts:write"

    def refreshed() -> set[str]:
        body = {"refresh_token": tokens["refresh_token"]}
        tokens.update(client.post("/api/v1/sessions/refresh", json=body).get_json())
        return scopes_in(tokens)

    assert refreshed() == set()
    assert client.put(path, headers=as_admin).status_code == 201
    assert scopes_in(tokens) == set()
    assert refreshed() == {"posts:write"}
    assert client.delete(path, headers=as_admin).status_code == 204
    assert refreshed() == set()


@pytest.mark.parametrize("scope", ["", "posts:write", "feedback:write"])
def test_whoever_is_no_admin_neither_sees_nor_changes_anybody(
    client: FlaskClient, as_admin: Headers, newcomer: Callable[[], Headers], scope: str
) -> None:
    newcomer()
    if scope:
        client.put(f"/api/v1/users/someone/scopes/{scope}", headers=as_admin)
    before = client.get("/api/v1/users/someone", headers=as_admin).get_json()
    assert before["scopes"] == scope.split()
    headers = newcomer()
    for method, ending in (
        ("GET", ""),
        ("PUT", "/scopes/admin"),
        ("DELETE", f"/scopes/{SCOPES[2]}"),
    ):
        path = f"/api/v1/users/someone{ending}"
        assert client.open(path, method=method, headers=headers).status_code == 403
        assert client.open(path, method=method).status_code == 401
    assert client.get("/api/v1/users/someone", headers=as_admin).get_json() == before


def test_unknown_users_and_scopes_are_refused_by_name(
    client: FlaskClient, as_admin: Headers
) -> None:
    for method in ("PUT", "DELETE"):
        missing = client.open("/api/v1/users/nobody/scopes/admin", method=method, headers=as_admin)
        assert missing.status_code == 404
        odd = client.open("/api/v1/users/boss/scopes/root", method=method, headers=as_admin)
        assert odd.status_code == 400
        assert odd.get_json()["errors"][0]["field"] == "scope"
    assert client.get("/api/v1/users/nobody", headers=as_admin).status_code == 404
    assert client.get("/api/v1/users/a%00b", headers=as_admin).status_code == 400


def test_the_last_admin_stays_one(client: FlaskClient, as_admin: Headers, sign_up: Make) -> None:
    boss = "/api/v1/users/boss/scopes/admin"
    refused = client.delete(boss, headers=as_admin)
    assert refused.status_code == 409
    assert refused.get_json()["type"].endswith(":last-admin")
    sign_up("someone")
    client.put("/api/v1/users/someone/scopes/admin", headers=as_admin)
    assert client.delete(boss, headers=as_admin).status_code == 204


def test_admins_who_take_it_from_each_other_at_once_leave_one(
    app: Flask, as_admin: Headers, sign_up: Make, database: Database[dict[str, Any]]
) -> None:
    names = ["boss", *(f"admin-{number}" for number in range(7))]
    for name in names[1:]:
        sign_up(name)
    database["users"].update_many({}, {"$set": {"scopes": ["admin"]}})

    def take(name: str) -> int:
        path = f"/api/v1/users/{name}/scopes/admin"
        return app.test_client().delete(path, headers=as_admin).status_code

    with ThreadPoolExecutor(len(names)) as pool:
        answers = list(pool.map(take, names))
    assert sorted(answers) == [204] * 7 + [409]
    assert database["users"].count_documents({"scopes": "admin"}) == 1


def test_the_admin_of_the_settings_is_changed_there_and_keeps_more_scopes(
    start: Callable[..., Flask],
    as_admin: Headers,
    tmp_path: Path,
    database: Database[dict[str, Any]],
) -> None:
    (tmp_path / "username").write_text("chief")
    (tmp_path / "password").write_text("the chief's password")
    client = start(admin_folder=str(tmp_path)).test_client()
    for scope in ("admin", "posts:write"):
        refused = client.delete(f"/api/v1/users/chief/scopes/{scope}", headers=as_admin)
        assert refused.status_code == 409
        assert refused.get_json()["type"].endswith(":admin-of-settings")
    more = "/api/v1/users/chief/scopes/feedback:write"
    assert client.put(more, headers=as_admin).status_code == 201
    body = {"username": "chief", "password": "the chief's password"}
    assert client.post("/api/v1/sessions", json=body).status_code == 201
    start(admin_folder=str(tmp_path))
    chief = database["users"].find_one({"_id": "chief"})
    assert chief is not None
    assert set(chief["scopes"]) == set(SCOPES)
    assert database["sessions"].count_documents({"user": chief["subject"]}) == 1
    assert client.delete(more, headers=as_admin).status_code == 204


def test_it_is_logged_who_did_what_to_whom(
    client: FlaskClient, as_admin: Headers, sign_up: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="reddit_reco_login")
    subject = sign_up("someone")["id"]
    boss = client.get("/api/v1/me", headers=as_admin).get_json()["id"]
    path = "/api/v1/users/someone/scopes/posts:write"
    client.put(path, headers=as_admin)
    client.delete(path, headers=as_admin)
    assert f"{boss} gave posts:write to {subject}" in caplog.text
    assert f"{boss} took posts:write from {subject}" in caplog.text
