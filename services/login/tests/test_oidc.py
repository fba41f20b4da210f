"""Signing in with a provider that is one: a process of its own, with users, keys and PKCE."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

from reddit_reco_chassis import SettingsError
from reddit_reco_local.openid import CLIENT_ID, OpenIdProvider, openid_provider
from reddit_reco_login.app import make_app
from reddit_reco_login.settings import LoginSettings

Start = Callable[..., Flask]
Make = Callable[..., dict[str, Any]]
Bearer = Callable[[dict[str, Any]], dict[str, str]]
REDIRECT = "http://site.example/sign-in/oidc/callback"
START, FINISH = "/api/v1/sessions/oidc", "/api/v1/sessions/oidc/callback"
USERS = ("ada@example.org", "ada@example.com", "bob", "admin", "Zoë K")


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdProvider]:
    with openid_provider(tmp_path_factory.mktemp("provider"), REDIRECT, USERS) as running:
        yield running


@pytest.fixture
def given(provider: OpenIdProvider) -> dict[str, str]:
    return {name.lower(): value for name, value in provider.environment(REDIRECT).items()}


@pytest.fixture
def client(start: Start, given: dict[str, str]) -> FlaskClient:
    return start(**given).test_client()


def begin(client: FlaskClient) -> dict[str, Any]:
    response = client.post(START)
    assert response.status_code == 201, response.text
    started: dict[str, Any] = response.get_json()
    return started


def brought_back(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def answer_of(provider: OpenIdProvider, client: FlaskClient, username: str) -> dict[str, str]:
    """What a browser has when it comes back."""
    started = begin(client)
    back = brought_back(provider.sign_in(started["authorization_url"], username))
    return {"flow": started["flow"], **back}


def finish(client: FlaskClient, answer: dict[str, str]) -> tuple[int, dict[str, Any]]:
    response = client.post(FINISH, json=answer)
    return response.status_code, response.get_json()


def signed_in(provider: OpenIdProvider, client: FlaskClient, username: str) -> dict[str, Any]:
    status, tokens = finish(client, answer_of(provider, client, username))
    assert status == 201, tokens
    return tokens


def test_the_browser_is_sent_to_the_provider_with_state_nonce_and_pkce(
    client: FlaskClient, provider: OpenIdProvider
) -> None:
    first, second = begin(client), begin(client)
    assert first["authorization_url"].startswith(f"{provider.issuer}/authorize?")
    assert first["expires_in"] == 600
    asked, again = (brought_back(each["authorization_url"]) for each in (first, second))
    assert asked["redirect_uri"] == REDIRECT
    assert asked["client_id"] == CLIENT_ID
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    for secret in ("state", "nonce", "code_challenge"):
        assert len(asked[secret]) >= 43
        assert asked[secret] != again[secret]
    assert first["flow"] not in first["authorization_url"]


def test_the_first_sign_in_makes_an_account_and_the_next_finds_it(
    client: FlaskClient, provider: OpenIdProvider, bearer: Bearer
) -> None:
    one, two = (signed_in(provider, client, "bob") for _ in range(2))
    me, again = (client.get("/api/v1/me", headers=bearer(each)).get_json() for each in (one, two))
    assert me == again
    assert me["username"] == "bob"
    assert me["scopes"] == []
    assert me["id"].startswith("user:")
    refresh = {"refresh_token": one["refresh_token"]}
    assert client.post("/api/v1/sessions/refresh", json=refresh).status_code == 200


@pytest.mark.parametrize(
    ("called", "pattern"),
    [("ada@example.org", "ada"), ("admin", "user-"), ("Zoë K", "zoe-k")],
)
def test_the_username_is_the_nearest_to_the_one_there(
    client: FlaskClient, provider: OpenIdProvider, bearer: Bearer, called: str, pattern: str
) -> None:
    tokens = signed_in(provider, client, called)
    name = client.get("/api/v1/me", headers=bearer(tokens)).get_json()["username"]
    assert name.startswith(pattern)
    assert (name == pattern) == (pattern != "user-")


def test_who_is_called_like_somebody_here_gets_another_name_and_never_their_account(
    client: FlaskClient, provider: OpenIdProvider, sign_up: Make, bearer: Bearer
) -> None:
    bob = sign_up("bob")
    subjects, names = {bob["id"]}, {"bob"}
    for called in ("bob", "ada@example.org", "ada@example.com"):
        tokens = signed_in(provider, client, called)
        me = client.get("/api/v1/me", headers=bearer(tokens)).get_json()
        subjects.add(me["id"])
        names.add(me["username"])
    assert len(subjects) == len(names) == 4


def test_no_password_opens_such_an_account(client: FlaskClient, provider: OpenIdProvider) -> None:
    signed_in(provider, client, "bob")
    for password in ("", "None", "their password there"):
        body = {"username": "bob", "password": password}
        assert client.post("/api/v1/sessions", json=body).status_code == 401


def test_who_erased_themselves_comes_back_as_somebody_new(
    client: FlaskClient,
    provider: OpenIdProvider,
    bearer: Bearer,
    database: Database[dict[str, Any]],
) -> None:
    tokens = signed_in(provider, client, "bob")
    before = client.get("/api/v1/me", headers=bearer(tokens)).get_json()
    assert client.delete("/api/v1/me", headers=bearer(tokens)).status_code == 202
    kept = str([list(database[name].find()) for name in ("users", "sessions", "oidc_flows")])
    assert provider.issuer not in kept
    tokens = signed_in(provider, client, "bob")
    after = client.get("/api/v1/me", headers=bearer(tokens)).get_json()
    assert after["id"] != before["id"]
    assert after["username"].startswith("bob-")


def test_an_answer_is_good_once(client: FlaskClient, provider: OpenIdProvider) -> None:
    answer = answer_of(provider, client, "bob")
    assert finish(client, answer)[0] == 201
    status, problem = finish(client, answer)
    assert status == 401
    assert problem["type"].endswith(":oidc-refused")


def test_an_answer_of_another_browser_is_refused(
    client: FlaskClient, provider: OpenIdProvider
) -> None:
    mine, theirs = (answer_of(provider, client, name) for name in ("bob", "admin"))
    assert finish(client, {**theirs, "flow": mine["flow"]})[0] == 401
    # A code that somebody was made to bring along: it was begun with another verifier.
    assert finish(client, {**mine, "code": theirs["code"]})[0] == 401
    assert finish(client, theirs)[0] == 201


@pytest.mark.parametrize("changed", ["flow", "state", "code"])
def test_what_nobody_handed_out_is_refused(
    client: FlaskClient, provider: OpenIdProvider, changed: str
) -> None:
    answer = answer_of(provider, client, "bob")
    assert finish(client, {**answer, changed: "x" * 43})[0] == 401


def test_a_sign_in_that_took_too_long_is_refused(
    client: FlaskClient, provider: OpenIdProvider, database: Database[dict[str, Any]]
) -> None:
    answer = answer_of(provider, client, "bob")
    flows = database["oidc_flows"]
    flows.update_many({}, [{"$set": {"expires_at": {"$subtract": ["$expires_at", 600_000]}}}])
    assert finish(client, answer)[0] == 401
    assert flows.index_information()["expires_at"]["expireAfterSeconds"] == 0


def test_begun_at_one_pod_it_ends_at_another(
    start: Start, given: dict[str, str], provider: OpenIdProvider
) -> None:
    one, two = (start(**given).test_client() for _ in range(2))
    assert finish(two, answer_of(provider, one, "bob"))[0] == 201


def test_neither_verifier_nor_code_nor_secret_is_logged(
    client: FlaskClient,
    provider: OpenIdProvider,
    database: Database[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", logger="reddit_reco_login")
    answer = answer_of(provider, client, "bob")
    kept = str(list(database["oidc_flows"].find()))
    assert answer["flow"] not in kept
    finish(client, {**answer, "code": answer["code"] + "x"})
    answer = answer_of(provider, client, "bob")
    finish(client, answer)
    finish(client, answer)
    secrets = {answer["flow"], answer["code"], answer["state"]}
    secrets.add((provider.secret_folder / "client-secret").read_text())
    assert "refused" in caplog.text
    assert not [secret for secret in secrets if secret in caplog.text]


def test_starts_are_limited_by_address(start: Start, given: dict[str, str]) -> None:
    limits = {"limit_window_seconds": 3600, "signins_per_address": 2}
    client = start(**given, **limits).test_client()
    assert [client.post(START).status_code for _ in range(3)] == [201, 201, 429]


def test_new_accounts_are_limited_by_address(
    start: Start, given: dict[str, str], provider: OpenIdProvider
) -> None:
    limits = {"limit_window_seconds": 3600, "signups_per_address": 1}
    client = start(**given, **limits).test_client()
    signed_in(provider, client, "bob")
    assert finish(client, answer_of(provider, client, "admin"))[0] == 429
    signed_in(provider, client, "bob")


def test_the_admin_of_the_settings_takes_a_name_from_whoever_has_it_by_the_provider(
    start: Start, given: dict[str, str], provider: OpenIdProvider, bearer: Bearer, tmp_path: Path
) -> None:
    client = start(**given).test_client()
    signed_in(provider, client, "bob")
    (tmp_path / "username").write_text("bob")
    (tmp_path / "password").write_text("the admin's own password")
    client = start(**given, admin_folder=str(tmp_path)).test_client()
    tokens = signed_in(provider, client, "bob")
    me = client.get("/api/v1/me", headers=bearer(tokens)).get_json()
    assert me["username"] != "bob"
    assert me["scopes"] == []


def test_without_a_provider_there_is_nothing_to_begin(start: Start) -> None:
    client = start().test_client()
    assert client.post(START).status_code == 404
    answer = {"flow": "x", "state": "x", "code": "x"}
    status, problem = finish(client, answer)
    assert status == 404
    assert problem["type"].endswith(":oidc-off")


@pytest.mark.parametrize("name", ["oidc_client_id", "oidc_secret_folder", "oidc_redirect_url"])
def test_half_a_client_is_a_wrong_setting(
    settings: LoginSettings, given: dict[str, str], name: str
) -> None:
    with pytest.raises(SettingsError, match=name.upper()):
        make_app(settings.model_copy(update={**given, name: ""}))


def test_a_provider_that_is_away_is_a_503_and_everything_else_goes_on(
    start: Start, given: dict[str, str], sign_up: Make
) -> None:
    client = start(**{**given, "oidc_issuer": "http://127.0.0.1:9"}).test_client()
    response = client.post(START)
    assert response.status_code == 503
    assert response.get_json()["type"].endswith(":oidc-away")
    assert client.get("/readyz").status_code == 200
