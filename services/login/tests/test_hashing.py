import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pymongo.database import Database

from reddit_reco_login.hashing import Busy, Passwords
from reddit_reco_login.settings import LoginSettings

PASSWORD = "correct horse battery"
PEAK = "VmHWM:"


def peak_kib() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(PEAK))


def test_a_hash_is_argon2id_with_the_parameters_of_the_settings() -> None:
    given = LoginSettings()
    passwords = Passwords(given.argon2_memory_kib, given.argon2_passes, 1, 1)
    assert passwords.hash(PASSWORD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_fifty_at_once_take_the_memory_of_two() -> None:
    passwords = Passwords(32 * 1024, 1, 2, 60)
    passwords.warm()
    # From here on the peak is this test's own.
    Path("/proc/self/clear_refs").write_text("5")
    before = peak_kib()
    with ThreadPoolExecutor(50) as pool:
        assert not any(pool.map(lambda _: passwords.fits(PASSWORD, None), range(50)))
    assert passwords.most_running == 2
    assert peak_kib() - before < 3 * 32 * 1024


def test_who_waits_too_long_for_a_turn_is_told_so(start: Callable[..., Flask]) -> None:
    app = start(
        argon2_memory_kib=64 * 1024, argon2_passes=4, hashes_at_once=1, hash_wait_seconds=0.05
    )

    def sign_in(_: int) -> int:
        body = {"username": "someone", "password": PASSWORD}
        return app.test_client().post("/api/v1/sessions", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(sign_in, range(8)))
    assert set(found) == {401, 503}


def test_busy_is_raised_without_a_turn() -> None:
    passwords = Passwords(64, 1, 1, 0.01)
    with passwords._turn(), pytest.raises(Busy):
        passwords.hash(PASSWORD)


def test_an_unknown_user_takes_as_long_and_gets_the_same_answer(
    start: Callable[..., Flask],
) -> None:
    client = start(
        argon2_memory_kib=16 * 1024, argon2_passes=2, signins_per_account=1_000
    ).test_client()
    client.post("/api/v1/users", json={"username": "someone", "password": PASSWORD})

    def tried(name: str) -> tuple[float, int, bytes]:
        body = {"username": name, "password": "not the password"}
        # Of this thread alone: whatever else the machine does.
        began = time.thread_time()
        response = client.post("/api/v1/sessions", json=body)
        return time.thread_time() - began, response.status_code, response.data

    rounds = [(tried("someone"), tried("nobody")) for _ in range(15)]
    known, unknown = zip(*rounds, strict=True)
    assert {each[1:] for each in known} == {each[1:] for each in unknown}
    ratio = statistics.median(e[0] for e in unknown) / statistics.median(e[0] for e in known)
    assert 0.6 < ratio < 1.6


def test_a_hash_of_older_parameters_is_renewed_at_the_next_sign_in(
    start: Callable[..., Flask],
    sign_up: Callable[..., object],
    database: Database[dict[str, Any]],
) -> None:
    sign_up("someone")
    client = start(argon2_memory_kib=128).test_client()
    for _ in range(2):
        body = {"username": "someone", "password": PASSWORD}
        assert client.post("/api/v1/sessions", json=body).status_code == 201
    kept = database["users"].find_one({"_id": "someone"})
    assert kept is not None
    assert "m=128," in kept["hash"]
