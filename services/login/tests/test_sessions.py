from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

Make = Callable[..., dict[str, Any]]
Bearer = Callable[[dict[str, Any]], dict[str, str]]
REFRESH = "/api/v1/sessions/refresh"


@pytest.fixture
def later(database: Database[dict[str, Any]]) -> Callable[[int], None]:
    """Let so many seconds go by: what is kept of sessions gets older."""

    def do(seconds: int) -> None:
        past = {"$subtract": ["$before.at", seconds * 1000]}
        database["sessions"].update_many(
            {"before": {"$exists": True}}, [{"$set": {"before.at": past}}]
        )

    return do


def refresh(client: FlaskClient, token: str) -> tuple[int, dict[str, Any]]:
    response = client.post(REFRESH, json={"refresh_token": token})
    return response.status_code, response.get_json()


def test_a_refresh_hands_out_new_tokens_of_the_same_session(
    client: FlaskClient, sign_up: Make, sign_in: Make, bearer: Bearer
) -> None:
    sign_up("someone")
    first = sign_in("someone")
    status, second = refresh(client, first["refresh_token"])
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    sessions = [
        jwt.decode(each["access_token"], options={"verify_signature": False})["sid"]
        for each in (first, second)
    ]
    assert sessions[0] == sessions[1]
    assert client.get("/api/v1/me", headers=bearer(second)).status_code == 200


def test_a_used_refresh_token_ends_its_session_and_no_other(
    start: Callable[..., Flask], sign_up: Make, sign_in: Make
) -> None:
    client = start(refresh_grace_seconds=0, refresh_repeat_seconds=0).test_client()
    sign_up("someone")
    stolen, other = sign_in("someone")["refresh_token"], sign_in("someone")["refresh_token"]
    _, current = refresh(client, stolen)
    assert refresh(client, stolen)[0] == 401
    assert refresh(client, current["refresh_token"])[0] == 401
    assert refresh(client, other)[0] == 200


def test_a_token_two_refreshes_old_ends_its_session_within_the_grace_too(
    client: FlaskClient, sign_up: Make, sign_in: Make
) -> None:
    sign_up("someone")
    oldest = sign_in("someone")["refresh_token"]
    _, second = refresh(client, oldest)
    _, third = refresh(client, second["refresh_token"])
    assert refresh(client, oldest)[0] == 401
    assert refresh(client, third["refresh_token"])[0] == 401


def test_an_answer_that_was_lost_is_given_again_much_later(
    start: Callable[..., Flask], sign_up: Make, sign_in: Make, later: Callable[[int], None]
) -> None:
    pods = [start().test_client() for _ in range(2)]
    sign_up("someone")
    token = sign_in("someone")["refresh_token"]
    _, lost = refresh(pods[0], token)
    for hours in (1, 20, 100):
        later(hours * 3600)
        status, again = refresh(pods[1], token)
        assert status == 200
        assert again["refresh_token"] == lost["refresh_token"]
    status, following = refresh(pods[0], again["refresh_token"])
    assert status == 200
    # From here on the first one is a copy.
    assert refresh(pods[1], token)[0] == 401
    assert refresh(pods[0], following["refresh_token"])[0] == 401


def test_an_answer_is_not_given_again_for_ever(
    client: FlaskClient, sign_up: Make, sign_in: Make, later: Callable[[int], None]
) -> None:
    sign_up("someone")
    token = sign_in("someone")["refresh_token"]
    _, following = refresh(client, token)
    later(7 * 86_400 + 1)
    assert refresh(client, token)[0] == 401
    assert refresh(client, following["refresh_token"])[0] == 401


def test_two_who_go_on_with_one_session_side_by_side_are_found_out(
    client: FlaskClient, sign_up: Make, sign_in: Make, later: Callable[[int], None]
) -> None:
    sign_up("someone")
    token = sign_in("someone")["refresh_token"]
    answers = []
    for _ in range(3):
        _, following = refresh(client, token)
        later(60)
        # Whoever has a copy comes a little later, every time.
        answers.append(refresh(client, token)[0])
        token = following["refresh_token"]
        later(900)
    assert answers == [200, 200, 401]
    assert refresh(client, token)[0] == 401


def test_answers_lost_now_and_then_end_no_session(
    client: FlaskClient, sign_up: Make, sign_in: Make, later: Callable[[int], None]
) -> None:
    sign_up("someone")
    token = sign_in("someone")["refresh_token"]
    for lost in (True, True, False, True, False, False, True, True, False):
        status, following = refresh(client, token)
        assert status == 200
        if lost:
            later(60)
            assert refresh(client, token)[0] == 200
            later(60)
            assert refresh(client, token)[0] == 200
        token = following["refresh_token"]


def test_late_tabs_at_once_get_the_same_answer(
    app: Flask, sign_up: Make, sign_in: Make, later: Callable[[int], None]
) -> None:
    sign_up("someone")
    token = sign_in("someone")["refresh_token"]
    _, following = refresh(app.test_client(), token)
    later(60)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: refresh(app.test_client(), token), range(32)))
    assert {status for status, _ in answers} == {200}
    assert {body["refresh_token"] for _, body in answers} == {following["refresh_token"]}


def test_many_refreshes_at_once_get_one_and_the_same_successor(
    app: Flask, sign_up: Make, sign_in: Make
) -> None:
    sign_up("someone")
    token = sign_in("someone")["refresh_token"]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: refresh(app.test_client(), token), range(32)))
    assert {status for status, _ in answers} == {200}
    successors = {body["refresh_token"] for _, body in answers}
    assert len(successors) == 1
    assert refresh(app.test_client(), successors.pop())[0] == 200


@pytest.mark.parametrize("change", ["", "x", "0" * 32 + "." + "A" * 43, "\x00", "a" * 1_000])
def test_what_is_no_refresh_token_is_401(client: FlaskClient, change: str) -> None:
    assert refresh(client, change)[0] == 401


def test_a_session_that_nobody_refreshes_ends(
    client: FlaskClient, sign_up: Make, sign_in: Make, database: Database[dict[str, Any]]
) -> None:
    sign_up("someone")
    token = sign_in("someone")["refresh_token"]
    past = datetime.now(UTC) - timedelta(seconds=1)
    database["sessions"].update_many({}, {"$set": {"expires_at": past}})
    assert refresh(client, token)[0] == 401
    assert database["sessions"].index_information()["expires_at"]["expireAfterSeconds"] == 0


def test_signing_out_ends_this_session_or_all(
    client: FlaskClient, sign_up: Make, sign_in: Make, bearer: Bearer
) -> None:
    sign_up("someone")
    sign_up("another")
    one, two, three = (sign_in("someone") for _ in range(3))
    others = sign_in("another")
    assert client.delete("/api/v1/sessions", headers=bearer(one)).status_code == 204
    assert client.delete("/api/v1/sessions", headers=bearer(one)).status_code == 204
    assert refresh(client, one["refresh_token"])[0] == 401
    status, two = refresh(client, two["refresh_token"])
    assert status == 200
    assert client.delete("/api/v1/sessions?all=true", headers=bearer(two)).status_code == 204
    assert refresh(client, two["refresh_token"])[0] == 401
    assert refresh(client, three["refresh_token"])[0] == 401
    assert refresh(client, others["refresh_token"])[0] == 200


def test_signing_out_and_me_need_a_token(client: FlaskClient) -> None:
    for method, path in (("DELETE", "sessions"), ("GET", "me"), ("DELETE", "me")):
        assert client.open(f"/api/v1/{path}", method=method).status_code == 401


def test_neither_a_password_nor_a_refresh_token_is_kept_or_logged(
    client: FlaskClient,
    sign_up: Make,
    sign_in: Make,
    database: Database[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    password = "a secret nobody may see"
    sign_up("someone", password)
    tokens = [sign_in("someone", password)["refresh_token"]]
    for _ in range(3):
        tokens.append(refresh(client, tokens[-1])[1]["refresh_token"])
    answers = [
        client.post("/api/v1/sessions", json={"username": "someone", "password": "x" + password})
    ]
    answers.append(client.post("/api/v1/users", json={"username": "!", "password": password}))
    answers.append(
        client.post("/api/v1/users", json={"username": "abc", "password": password, "x": password})
    )
    answers.append(client.post(REFRESH, json={"refresh_token": tokens[0]}))
    kept = str([list(database[name].find()) for name in database.list_collection_names()])
    hashed = database["users"].distinct("hash")
    seen = kept + caplog.text + "".join(answer.text for answer in answers)
    assert hashed
    assert hashed[0] not in caplog.text
    for secret in [password, *(token.partition(".")[2] for token in tokens)]:
        assert secret not in seen
