import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from flask.testing import FlaskClient

from reddit_reco_chassis import Settings, auth
from reddit_reco_local.kit.waiting import eventually

MakeApp = Callable[..., Flask]


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    return make_app().test_client()


def status(client: FlaskClient, headers: dict[str, str]) -> int:
    response = client.get("/api/v1/me", headers=headers)
    if response.status_code == 401:
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.mimetype == "application/problem+json"
    return response.status_code


def test_a_good_token_says_who_asks(client: FlaskClient, keys: Any) -> None:
    response = client.get("/api/v1/me", headers=keys.bearer())
    assert response.get_json() == {"subject": "user:ann"}


def test_without_a_token_only_reading_is_open(client: FlaskClient) -> None:
    assert client.get("/api/v1/things").status_code == 200
    assert client.post("/api/v1/things", json={"name": "x"}).status_code == 401
    assert status(client, {}) == 401


def test_a_write_that_nobody_marked_needs_a_token(client: FlaskClient, keys: Any) -> None:
    assert client.post("/api/v1/unmarked").status_code == 401
    assert client.post("/api/v1/unmarked", headers=keys.bearer()).status_code == 200
    assert client.post("/api/v1/open").status_code == 200


def test_a_path_that_is_not_there_is_404_with_or_without_a_token(client: FlaskClient) -> None:
    assert client.post("/api/v1/nowhere").status_code == 404
    assert client.delete("/api/v1/things").status_code == 405


def test_reading_can_be_closed_and_health_stays_open(make_app: MakeApp, keys: Any) -> None:
    client = make_app(open_reading=False).test_client()
    assert client.get("/api/v1/things").status_code == 401
    assert client.get("/api/v1/things", headers=keys.bearer()).status_code == 200
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200


def test_reading_stays_closed_below_a_base_path(make_app: MakeApp) -> None:
    client = make_app(open_reading=False, base_path="/reco").test_client()
    assert client.get("/reco/api/v1/things").status_code == 401


def test_a_scope_is_needed_before_the_input_is_looked_at(client: FlaskClient, keys: Any) -> None:
    response = client.post("/api/v1/things", data=b"{", headers=keys.bearer("things:read"))
    assert response.status_code == 403
    assert response.get_json()["scope"] == "things:write"


@pytest.mark.parametrize("scope", ["things:write", "other things:write", "admin"])
def test_the_scope_or_admin_is_enough(client: FlaskClient, keys: Any, scope: str) -> None:
    response = client.post("/api/v1/things", json={"name": "x"}, headers=keys.bearer(scope))
    assert response.status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"exp": "never"},
        {"aud": "someone-else"},
        {"aud": None},
        {"iss": "someone-else"},
        {"iss": None},
        {"sub": None},
        {"sub": 5},
        {"nbf": int(time.time()) + 3600},
    ],
)
def test_a_token_with_wrong_claims_is_401(
    client: FlaskClient, keys: Any, claims: dict[str, Any]
) -> None:
    assert status(client, keys.bearer(**claims)) == 401


def test_a_token_of_another_key_is_401(client: FlaskClient, keys: Any) -> None:
    assert status(client, keys.bearer(key=Ed25519PrivateKey.generate())) == 401


def test_a_token_with_an_unknown_key_id_is_401(client: FlaskClient, keys: Any) -> None:
    assert status(client, keys.bearer(kid="two")) == 401


def test_a_tampered_token_is_401(client: FlaskClient, keys: Any) -> None:
    head, _, signature = keys.bearer("other")["Authorization"].split(".")
    payload = keys.bearer("admin")["Authorization"].split(".")[1]
    assert status(client, {"Authorization": f"{head}.{payload}.{signature}"}) == 401


def test_a_token_without_a_signature_or_signed_with_the_public_key_is_401(
    client: FlaskClient, keys: Any
) -> None:
    claims = {
        "iss": "reddit-reco",
        "aud": "reddit-reco",
        "sub": "admin",
        "exp": int(time.time()) + 60,
    }
    unsigned = jwt.encode(claims, None, "none", headers={"kid": "one"})
    public = keys.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    confused = jwt.encode(claims, public, "HS256", headers={"kid": "one"})
    for token in (unsigned, confused):
        assert status(client, {"Authorization": f"Bearer {token}"}) == 401


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer \xe9", "Basic YTpi", "x"]
)
def test_an_authorization_that_is_no_token_is_401_even_where_reading_is_open(
    client: FlaskClient, value: str
) -> None:
    assert status(client, {"Authorization": value}) == 401
    assert client.get("/api/v1/things", headers={"Authorization": value}).status_code == 401


def test_keys_are_rotated_by_changing_the_file(client: FlaskClient, keys: Any) -> None:
    new = Ed25519PrivateKey.generate()
    assert status(client, keys.bearer()) == 200
    rewrite(keys, one=keys.key, two=new)
    assert status(client, keys.bearer()) == status(client, keys.bearer(kid="two", key=new)) == 200
    rewrite(keys, two=new)
    assert status(client, keys.bearer()) == 401
    assert status(client, keys.bearer(kid="two", key=new)) == 200


def rewrite(keys: Any, **published: Ed25519PrivateKey) -> None:
    before = keys.key_set.stat().st_mtime_ns
    keys.publish(**published)
    # Two writes can fall into one tick of the file system's clock.
    os.utime(keys.key_set, ns=(before + 10**6, before + 10**6))


def test_a_token_that_is_known_ends_with_its_key(client: FlaskClient, keys: Any) -> None:
    headers = keys.bearer()
    assert status(client, headers) == status(client, headers) == 200
    rewrite(keys, one=Ed25519PrivateKey.generate())
    assert status(client, headers) == 401
    rewrite(keys, one=keys.key)
    assert status(client, headers) == 200


def test_a_token_that_is_being_checked_while_its_key_goes_is_refused_from_then_on(
    client: FlaskClient, keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    header, headers = jwt.get_unverified_header, keys.bearer()

    def while_the_key_goes(token: str) -> dict[str, Any]:
        monkeypatch.undo()
        rewrite(keys, two=keys.key)
        assert status(client, headers) == 401
        return header(token)

    monkeypatch.setattr(jwt, "get_unverified_header", while_the_key_goes)
    assert status(client, headers) == 200
    assert status(client, headers) == 401


def test_a_token_that_is_known_ends_when_it_expires(client: FlaskClient, keys: Any) -> None:
    def accepted() -> dict[str, str] | None:
        # Ended, but within what clocks may differ; if the machine stood still, another one.
        headers: dict[str, str] = keys.bearer(exp=int(time.time()) - 2)
        return headers if status(client, headers) == 200 else None

    good = eventually(accepted)
    assert good is not None
    eventually(lambda: status(client, good) == 401)


def test_a_token_is_checked_once_and_so_many_are_known_as_may_be(
    make_app: MakeApp, keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    header = jwt.get_unverified_header
    monkeypatch.setattr(
        jwt, "get_unverified_header", lambda token: checked.append(token) or header(token)
    )
    monkeypatch.setattr(auth, "_MOST_KNOWN", 3)
    verifier = auth.Verifier(Settings(jwks_file=str(keys.key_set)))
    tokens = [keys.bearer(sub=f"user:{n}")["Authorization"].split()[1] for n in range(5)]
    for token in tokens[:3] * 2:
        verifier.principal(token)
    assert checked == tokens[:3]
    for token in tokens * 2:
        assert verifier.principal(token).subject == f"user:{tokens.index(token)}"
    assert len(checked) > 5


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys": []}', '{"keys": [{"kty": "x"}]}'])
def test_a_broken_key_set_file_leaves_the_known_keys_good(
    client: FlaskClient, keys: Any, content: str
) -> None:
    assert status(client, keys.bearer()) == 200
    keys.key_set.write_text(content)
    os.utime(keys.key_set, ns=(0, 0))
    assert status(client, keys.bearer()) == 200


def test_without_a_key_set_every_token_is_refused(make_app: MakeApp, keys: Any) -> None:
    client = make_app(jwks_file="").test_client()
    assert status(client, keys.bearer()) == 401


def test_a_key_set_file_may_come_later(make_app: MakeApp, keys: Any) -> None:
    keys.key_set.unlink()
    client = make_app().test_client()
    assert status(client, keys.bearer()) == 401
    keys.publish(one=keys.key)
    assert status(client, keys.bearer()) == 200


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads that take turns as often as they can, so that races show."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("eager_threads")
@pytest.mark.parametrize("_again", range(10))
def test_first_requests_at_once_all_find_the_keys(
    make_app: MakeApp, keys: Any, _again: int
) -> None:
    app, headers, together = make_app(), keys.bearer(), Barrier(8)

    def ask(_: int) -> int:
        together.wait(timeout=30)
        return status(app.test_client(), headers)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [200] * 8
