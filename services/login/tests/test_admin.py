from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from reddit_reco_chassis import SettingsError, stop
from reddit_reco_login.app import make_app
from reddit_reco_login.settings import LoginSettings

Start = Callable[..., Flask]
Bearer = Callable[[dict[str, Any]], dict[str, str]]


def sign_in(client: FlaskClient, name: str, password: str) -> tuple[int, dict[str, Any]]:
    response = client.post("/api/v1/sessions", json={"username": name, "password": password})
    return response.status_code, response.get_json()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What says who the first admin is."""
    folder = tmp_path / "admin"
    folder.mkdir()
    (folder / "username").write_text("Boss\n")
    (folder / "password").write_text("the first password\n")
    return folder


def test_the_admin_is_made_at_start_once_over_all_pods(
    start: Start, folder: Path, bearer: Bearer
) -> None:
    one, two = (start(admin_folder=str(folder)).test_client() for _ in range(2))
    for client in (one, two):
        status, tokens = sign_in(client, "boss", "the first password")
        assert status == 201
    me = one.get("/api/v1/me", headers=bearer(tokens)).get_json()
    assert me["scopes"] == ["admin", "posts:write"]


def test_a_new_password_in_the_file_counts_without_a_restart_and_ends_the_sessions(
    start: Start, folder: Path, wait_until: Callable[..., None]
) -> None:
    client = start(admin_folder=str(folder), signins_per_account=10_000).test_client()
    _, tokens = sign_in(client, "boss", "the first password")
    (folder / "password").write_text("the second password")
    wait_until(lambda: sign_in(client, "boss", "the second password")[0] == 201)
    assert sign_in(client, "boss", "the first password")[0] == 401
    wait_until(
        lambda: (
            client.post(
                "/api/v1/sessions/refresh", json={"refresh_token": tokens["refresh_token"]}
            ).status_code
            == 401
        )
    )


def test_the_name_of_the_admin_to_be_is_taken(start: Start, folder: Path) -> None:
    client = start(admin_folder=str(folder)).test_client()
    body = {"username": "BOSS", "password": "something else"}
    assert client.post("/api/v1/users", json=body).status_code == 409


def test_who_is_no_longer_in_the_folder_is_no_longer_admin(
    start: Start, folder: Path, bearer: Bearer, wait_until: Callable[..., None]
) -> None:
    client = start(admin_folder=str(folder), signins_per_account=10_000).test_client()
    (folder / "username").write_text("chief")
    wait_until(lambda: sign_in(client, "chief", "the first password")[0] == 201)
    for name, scopes in (("boss", []), ("chief", ["admin", "posts:write"])):
        _, tokens = sign_in(client, name, "the first password")
        assert client.get("/api/v1/me", headers=bearer(tokens)).get_json()["scopes"] == scopes


@pytest.mark.parametrize(
    ("file", "text"), [("username", "x"), ("username", ""), ("password", None)]
)
def test_a_folder_that_makes_no_admin_is_named_in_the_log_and_readiness(
    settings: LoginSettings, folder: Path, file: str, text: str | None
) -> None:
    if text is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(text)
    app = make_app(settings.model_copy(update={"admin_folder": str(folder)}))
    try:
        answer = app.test_client().get("/readyz")
        assert answer.status_code == 503
        assert "preparation" in answer.get_data(as_text=True)
    finally:
        stop(app)


@pytest.mark.parametrize(
    "wrong",
    [
        {"signing_key_file": "/nowhere"},
        {"signing_key_file": ""},
    ],
)
def test_wrong_settings_are_one_line(settings: LoginSettings, wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        make_app(settings.model_copy(update=wrong))
    assert "\n" not in str(refused.value)
