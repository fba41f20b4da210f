import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

from reddit_reco_login import refusals
from reddit_reco_login.domain import LimitReached, client_address

PASSWORD = "correct horse battery"
Start = Callable[..., Flask]
Make = Callable[..., dict[str, Any]]


def sign_in(client: FlaskClient, name: str, password: str, address: str = "192.0.2.1") -> int:
    body = {"username": name, "password": password}
    headers = {"X-Forwarded-For": address}
    return client.post("/api/v1/sessions", json=body, headers=headers).status_code


@pytest.fixture(autouse=True)
def early_in_a_window() -> None:
    """Windows of these tests are an hour long; one that ends right now would be two."""
    if (left := 3600 - time.time() % 3600) < 15:
        time.sleep(left)


@pytest.mark.parametrize("name", ["someone", "nobody", "no name at all!"])
@pytest.mark.parametrize(
    ("limit", "addresses"), [("signins_per_account", 1), ("signins_per_account_in_all", 8)]
)
def test_wrong_passwords_are_limited_by_account_over_all_pods_known_or_not(
    start: Start, sign_up: Make, name: str, limit: str, addresses: int
) -> None:
    sign_up("someone")
    given = {"limit_window_seconds": 3600, limit: 5}
    pods = [start(**given).test_client() for _ in range(2)]
    found = [sign_in(pods[i % 2], name, "wrong", f"192.0.2.{i % addresses}") for i in range(8)]
    assert found == [401] * 5 + [429] * 3


def test_who_guesses_from_one_address_locks_nobody_out_elsewhere(
    start: Start, sign_up: Make
) -> None:
    sign_up("someone")
    client = start(limit_window_seconds=3600, signins_per_account=5).test_client()
    found = [sign_in(client, "someone", "wrong", "198.51.100.1") for _ in range(30)]
    assert found == [401] * 5 + [429] * 25
    assert sign_in(client, "someone", PASSWORD, "192.0.2.7") == 201


def test_who_guesses_from_many_addresses_locks_nobody_out_where_they_were_before(
    start: Start, sign_up: Make
) -> None:
    sign_up("someone")
    given = {"limit_window_seconds": 3600, "signins_per_account_in_all": 10}
    client = start(**given).test_client()
    assert sign_in(client, "someone", PASSWORD, "192.0.2.7") == 201
    for number in range(50):
        sign_in(client, "someone", "wrong", f"198.51.100.{number}")
    assert sign_in(client, "someone", PASSWORD, "198.51.100.99") == 429
    # A slip of the finger is a slip here, too.
    assert sign_in(client, "someone", "wrong", "192.0.2.7") == 401
    assert sign_in(client, "someone", PASSWORD, "192.0.2.7") == 201


def test_at_a_known_address_guessing_is_limited_as_well(start: Start, sign_up: Make) -> None:
    sign_up("someone")
    client = start(limit_window_seconds=3600, signins_per_account=5).test_client()
    assert sign_in(client, "someone", PASSWORD, "192.0.2.7") == 201
    found = [sign_in(client, "someone", "wrong", "192.0.2.7") for _ in range(8)]
    assert found == [401] * 5 + [429] * 3


def test_an_address_is_known_for_a_while_and_to_its_own_account_alone(
    start: Start, sign_up: Make
) -> None:
    sign_up("someone")
    sign_up("another")
    given = {"limit_window_seconds": 3600, "signins_per_account_in_all": 1}
    client = start(**given).test_client()
    assert sign_in(client, "someone", PASSWORD, "192.0.2.7") == 201
    assert [sign_in(client, "another", "wrong", "192.0.2.7") for _ in range(2)] == [401, 429]
    forgetful = start(**given, known_address_seconds=0).test_client()
    assert [sign_in(forgetful, "someone", "wrong", "192.0.2.7") for _ in range(2)] == [401, 429]


def test_where_somebody_was_is_kept_unreadably_and_not_without_end(
    client: FlaskClient, sign_up: Make, database: Database[dict[str, Any]]
) -> None:
    sign_up("someone")
    for number in [*range(30), 29]:
        assert sign_in(client, "someone", PASSWORD, f"192.0.2.{number}") == 201
    [kept] = database["users"].find()
    assert len(kept["places"]) == 20
    assert "192.0.2." not in str(kept)


def test_a_signed_in_reader_notices_nothing_of_an_attack(start: Start, sign_up: Make) -> None:
    sign_up("someone")
    client = start(limit_window_seconds=3600, signins_per_account_in_all=2).test_client()
    body = {"username": "someone", "password": PASSWORD}
    tokens = client.post("/api/v1/sessions", json=body).get_json()
    for number in range(9):
        sign_in(client, "someone", "wrong", f"198.51.100.{number}")
    body = {"refresh_token": tokens["refresh_token"]}
    assert client.post("/api/v1/sessions/refresh", json=body).status_code == 200


def test_the_answer_says_when_to_come_again(start: Start) -> None:
    client = start(limit_window_seconds=3600, signins_per_account=1).test_client()
    body = {"username": "someone", "password": "wrong"}
    client.post("/api/v1/sessions", json=body)
    response = client.post("/api/v1/sessions", json=body)
    assert response.get_json()["type"].endswith(":too-many-requests")
    assert 0 < int(response.headers["Retry-After"]) <= 3600


def test_right_passwords_do_not_use_up_the_account_limit(start: Start, sign_up: Make) -> None:
    sign_up("someone")
    client = start(limit_window_seconds=3600, signins_per_account=3).test_client()
    assert [sign_in(client, "someone", PASSWORD) for _ in range(10)] == [201] * 10


def test_tries_at_once_do_not_slip_through(start: Start, sign_up: Make) -> None:
    sign_up("someone")
    app = start(limit_window_seconds=3600, signins_per_account=5)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: sign_in(app.test_client(), "someone", "wrong"), range(50)))
    assert found.count(401) == 5
    assert found.count(429) == 45


def test_sign_ins_and_sign_ups_are_limited_by_address(start: Start) -> None:
    given = {"limit_window_seconds": 3600, "signins_per_address": 3, "signups_per_address": 2}
    client = start(**given).test_client()
    found = [sign_in(client, f"user-{i}", "wrong", f"spoofed{i}, 192.0.2.9") for i in range(5)]
    assert found == [401] * 3 + [429] * 2
    assert sign_in(client, "user-9", "wrong", "192.0.2.10") == 401
    ups = [
        client.post("/api/v1/users", json={"username": f"user-{i}", "password": PASSWORD})
        for i in range(4)
    ]
    assert [each.status_code for each in ups] == [201, 201, 429, 429]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "1 s"), (99, "99 s"), (100, "2 minutes"), (841, "15 minutes"), (900, "15 minutes")],
)
def test_when_to_come_again_is_said_for_people(seconds: int, said: str) -> None:
    app = Flask("limited")
    refusals.register(app)

    @app.get("/")
    def limited() -> None:
        raise LimitReached(seconds)

    response = app.test_client().get("/")
    assert response.headers["Retry-After"] == str(seconds)
    assert json.loads(response.text)["detail"] == f"Too many tries; come again in {said}."


def test_a_new_window_starts_anew(start: Start) -> None:
    client = start(limit_window_seconds=1, signins_per_account=1).test_client()
    time.sleep(1 - time.time() % 1)
    assert sign_in(client, "someone", "wrong") == 401
    assert sign_in(client, "someone", "wrong") == 429
    time.sleep(1.05)
    assert sign_in(client, "someone", "wrong") == 401


def test_counters_go_away_by_themselves_and_hold_no_name_or_address(
    client: FlaskClient, database: Database[dict[str, Any]]
) -> None:
    sign_in(client, "someone", "wrong")
    assert database["limits"].index_information()["expires_at"]["expireAfterSeconds"] == 0
    kept = list(database["limits"].find())
    assert len(kept) == 3
    assert all("expires_at" in each for each in kept)
    assert "someone" not in str(kept)
    assert "192.0.2.1" not in str(kept)


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "expected"),
    [
        ("10.0.0.1", [], 1, "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1"], 0, "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1"], 1, "192.0.2.1"),
        ("10.0.0.1", ["6.6.6.6", " 192.0.2.1"], 1, "192.0.2.1"),
        ("10.0.0.1", ["6.6.6.6", "192.0.2.1", "10.1.1.1"], 2, "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.1"], 2, "10.0.0.1"),
        ("10.0.0.1", ["nonsense"], 1, "10.0.0.1"),
        ("10.0.0.1", ["2001:db8:1:2:3::4"], 1, "2001:db8:1:2::/64"),
        ("10.0.0.1", ["::ffff:192.0.2.1"], 1, "192.0.2.1"),
        ("", [], 1, "unknown"),
    ],
)
def test_the_address_is_what_the_outermost_trusted_proxy_saw(
    peer: str, forwarded: list[str], proxies: int, expected: str
) -> None:
    assert client_address(peer, forwarded, proxies) == expected
