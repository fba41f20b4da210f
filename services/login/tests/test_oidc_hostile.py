"""A provider, or what stands in its place, that answers what it should not."""

import base64
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask, Response, jsonify, request
from flask.testing import FlaskClient
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from pymongo.database import Database
from werkzeug.serving import make_server

from reddit_reco_login.asking import ProviderAway
from reddit_reco_login.provider import AnswerRefused, Client, Proof, Provider

Start = Callable[..., Flask]
Bearer = Callable[[dict[str, Any]], dict[str, str]]
START, FINISH = "/api/v1/sessions/oidc", "/api/v1/sessions/oidc/callback"
CLIENT_ID, SECRET = "a client: 1", "a+secret/with: %41 signs"
REDIRECT = "http://site.example/sign-in/oidc/callback"


@cache
def _rsa(_: str) -> rsa.RSAPrivateKey:
    """A key for each name; making one takes long."""
    return rsa.generate_private_key(65537, 2048)


def _public(key: Any, algorithms: Any, **more: str) -> dict[str, Any]:
    found: dict[str, Any] = algorithms.to_jwk(key.public_key(), as_dict=True)
    return {**found, **more}


class Hostile:
    """A provider that says what a test wants; left alone, it is a good one."""

    def __init__(self) -> None:
        self.key = _rsa("its own")
        self.keys = [_public(self.key, RSAAlgorithm, kid="one", use="sig")]
        self.metadata: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.answer: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.header: dict[str, Any] = {"kid": "one"}
        self.algorithm, self.signing_key = "RS256", self.key
        self.token: str | None = None
        self.views: dict[str, Callable[[], Any]] = {}
        self.nonce = ""
        self.url = ""
        self.asked: list[str] = []
        self.form: dict[str, str] = {}
        self.credentials: tuple[str, str] = ("", "")
        self.app = Flask("hostile")
        self.app.add_url_rule("/<path:path>", view_func=self.serve, methods=["GET", "POST"])

    def serve(self, path: str) -> Any:
        self.asked.append(path)
        if path in self.views:
            return self.views[path]()
        if path == "token":
            return self._token()
        answers = {
            ".well-known/openid-configuration": self._described,
            "keys": lambda: {"keys": self.keys},
            "userinfo": lambda: {"sub": "somebody", **self.userinfo},
        }
        return jsonify(answers[path]())

    def _described(self) -> dict[str, Any]:
        described = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "code_challenge_methods_supported": ["S256"],
        }
        return {**described, **self.metadata}

    def _token(self) -> Response:
        self.form = request.form.to_dict()
        if given := request.authorization:
            self.credentials = (
                unquote_plus(given.username or ""),
                unquote_plus(given.password or ""),
            )
        return jsonify({"access_token": "opaque", "id_token": self.signed(), **self.answer})

    def signed(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "sub": "somebody",
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            "preferred_username": "somebody",
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return self.token or jwt.encode(claims, self.signing_key, self.algorithm, self.header)


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    found = Hostile()
    server = make_server("127.0.0.1", 0, found.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def provider(hostile: Hostile, tmp_path: Path) -> Provider:
    """Login's side of it, without the rest of login."""
    (tmp_path / "client-secret").write_text(SECRET + "\n")
    return Provider(Client(hostile.url, CLIENT_ID, REDIRECT, tmp_path, 30))


def prove(provider: Provider, hostile: Hostile, issuer: str | None = None) -> Proof:
    """Go there and come back."""
    hostile.nonce = "the nonce that was sent"
    provider.authorization_url("state", hostile.nonce, "v" * 43)
    return provider.prove("code", "v" * 43, hostile.nonce, issuer)


@pytest.fixture
def client(start: Start, hostile: Hostile, tmp_path: Path) -> FlaskClient:
    (tmp_path / "client-secret").write_text(SECRET + "\n")
    return start(
        oidc_issuer=hostile.url,
        oidc_client_id=CLIENT_ID,
        oidc_secret_folder=str(tmp_path),
        oidc_redirect_url=REDIRECT,
        oidc_leeway_seconds=30,
    ).test_client()


def sign_in(client: FlaskClient, hostile: Hostile, **brought: str) -> tuple[int, dict[str, Any]]:
    """Begin, and come back with a code; gives the answer."""
    started = client.post(START)
    if started.status_code != 201:
        return started.status_code, started.get_json()
    asked = parse_qs(urlsplit(started.get_json()["authorization_url"]).query)
    hostile.nonce = asked["nonce"][0]
    answer = {"flow": started.get_json()["flow"], "state": asked["state"][0], "code": "c"}
    response = client.post(FINISH, json={**answer, **brought})
    return response.status_code, response.get_json()


def unsigned(hostile: Hostile) -> str:
    hostile.signing_key, hostile.algorithm = None, "none"  # type: ignore[assignment]
    return hostile.signed()


def signed_with_the_public_key(hostile: Hostile) -> str:
    """The public key taken as a shared secret, which libraries once fell for."""
    pem = hostile.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header, claims, _ = hostile.signed().split(".")
    parts = {**json.loads(base64.urlsafe_b64decode(header + "==")), "alg": "HS256"}
    head = base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()
    mark = hmac.digest(pem, f"{head}.{claims}".encode(), "sha256")
    return f"{head}.{claims}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def signed_with_the_client_secret(hostile: Hostile) -> str:
    hostile.signing_key, hostile.algorithm = SECRET * 2, "HS256"  # type: ignore[assignment]
    return hostile.signed()


def of_another_key(hostile: Hostile) -> str:
    hostile.signing_key = _rsa("another")
    return hostile.signed()


def of_a_key_that_it_brings_along(hostile: Hostile) -> str:
    hostile.signing_key = _rsa("another")
    hostile.header = {"kid": "one", "jwk": _public(hostile.signing_key, RSAAlgorithm)}
    return hostile.signed()


def of_an_unknown_key(hostile: Hostile) -> str:
    hostile.header = {"kid": "two"}
    return hostile.signed()


def of_a_key_for_encryption(hostile: Hostile) -> str:
    hostile.keys[0]["use"] = "enc"
    return hostile.signed()


def with_an_unknown_critical_header(hostile: Hostile) -> str:
    hostile.header = {"kid": "one", "crit": ["later"], "later": True}
    return hostile.signed()


def cut_short(hostile: Hostile) -> str:
    return hostile.signed()[:-10]


def changed(hostile: Hostile) -> str:
    header, _, mark = hostile.signed().split(".")
    claims = {"iss": hostile.url, "aud": CLIENT_ID, "sub": "another", "exp": 9_999_999_999}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{header}.{body}.{mark}"


def test_a_good_answer_signs_in_and_the_client_says_who_it_is(
    client: FlaskClient, hostile: Hostile, bearer: Bearer
) -> None:
    status, tokens = sign_in(client, hostile)
    assert status == 201, tokens
    me = client.get("/api/v1/me", headers=bearer(tokens)).get_json()
    assert me["username"] == "somebody"
    assert hostile.credentials == (CLIENT_ID, SECRET)
    assert hostile.form["grant_type"] == "authorization_code"
    assert hostile.form["redirect_uri"] == REDIRECT
    assert len(hostile.form["code_verifier"]) >= 43
    assert SECRET not in str(hostile.form)
    assert "userinfo" not in hostile.asked


def test_a_client_that_must_send_its_secret_in_the_body_does(
    client: FlaskClient, hostile: Hostile
) -> None:
    hostile.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    assert sign_in(client, hostile)[0] == 201
    assert hostile.form["client_secret"] == SECRET
    assert hostile.credentials == ("", "")


@pytest.mark.parametrize(
    "claims",
    [
        # Times are seconds from now.
        {"iss": "http://another.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": []},
        {"aud": None},
        {"aud": [CLIENT_ID, "another client"]},
        {"aud": [CLIENT_ID, "another client"], "azp": "another client"},
        {"azp": "another client"},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ["x"]},
        {"exp": -60},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 3600},
        {"iat": None},
        {"nbf": 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
    ],
    ids=str,
)
def test_a_token_that_was_made_for_something_else_is_refused(
    provider: Provider, hostile: Hostile, claims: dict[str, Any]
) -> None:
    assert prove(provider, hostile).subject == "somebody"
    hostile.claims = {
        name: int(time.time()) + value if value in (-60, 3600) else value
        for name, value in claims.items()
    }
    with pytest.raises(AnswerRefused):
        prove(provider, hostile)


def test_who_is_refused_gets_no_account(
    client: FlaskClient, hostile: Hostile, database: Database[dict[str, Any]]
) -> None:
    hostile.claims = {"nonce": "another"}
    status, problem = sign_in(client, hostile)
    assert status == 401
    assert problem["type"].endswith(":oidc-refused")
    assert database["users"].count_documents({}) == 0


@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        signed_with_the_public_key,
        signed_with_the_client_secret,
        of_another_key,
        of_a_key_that_it_brings_along,
        of_an_unknown_key,
        of_a_key_for_encryption,
        with_an_unknown_critical_header,
        cut_short,
        changed,
    ],
)
def test_a_token_that_the_provider_did_not_sign_is_refused(
    provider: Provider, hostile: Hostile, forge: Callable[[Hostile], str]
) -> None:
    make = hostile.signed
    hostile.signed = lambda: _made(hostile, make, forge)  # type: ignore[method-assign]
    with pytest.raises(AnswerRefused):
        prove(provider, hostile)


def _made(hostile: Hostile, make: Callable[[], str], forge: Callable[[Hostile], str]) -> str:
    hostile.signed = make  # type: ignore[method-assign]
    return forge(hostile)


@pytest.mark.parametrize("answer", [{"id_token": None}, {"id_token": 7}, {"id_token": "a.b.c"}])
def test_an_answer_without_a_token_is_refused(
    provider: Provider, hostile: Hostile, answer: dict[str, Any]
) -> None:
    hostile.answer = answer
    with pytest.raises(AnswerRefused):
        prove(provider, hostile)


def test_clocks_may_differ_a_little(provider: Provider, hostile: Hostile) -> None:
    hostile.claims = {"exp": int(time.time()) - 10, "iat": int(time.time()) + 10}
    assert prove(provider, hostile).subject == "somebody"


def test_a_key_of_elliptic_curves_and_no_kid_is_taken(provider: Provider, hostile: Hostile) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    hostile.keys.append(_public(key, ECAlgorithm))
    hostile.signing_key, hostile.algorithm, hostile.header = key, "ES256", {}  # type: ignore[assignment]
    assert prove(provider, hostile).subject == "somebody"


def test_a_new_key_of_the_provider_is_learned_but_not_asked_for_without_end(
    hostile: Hostile, tmp_path: Path
) -> None:
    now = [0.0]
    (tmp_path / "client-secret").write_text(SECRET)
    client = Client(hostile.url, CLIENT_ID, REDIRECT, tmp_path, 30)
    provider = Provider(client, lambda: now[0])
    hostile.nonce = "n"
    assert provider.prove("c", "v" * 43, "n", None).subject == "somebody"
    hostile.header = {"kid": "two"}
    for _ in range(5):
        with pytest.raises(AnswerRefused):
            provider.prove("c", "v" * 43, "n", None)
    assert hostile.asked.count("keys") == 1
    hostile.keys[0]["kid"] = "two"
    now[0] += 11
    assert provider.prove("c", "v" * 43, "n", None).subject == "somebody"
    assert hostile.asked.count("keys") == 2


def test_nobody_is_sent_to_a_provider_that_went_away(hostile: Hostile, tmp_path: Path) -> None:
    now = [0.0]
    (tmp_path / "client-secret").write_text(SECRET)
    client = Client(hostile.url, CLIENT_ID, REDIRECT, tmp_path, 30)
    provider = Provider(client, lambda: now[0])
    for _ in range(5):
        assert provider.authorization_url("s", "n", "v" * 43).startswith(hostile.url)
    assert hostile.asked == [".well-known/openid-configuration"]
    hostile.views[".well-known/openid-configuration"] = lambda: ("away", 503)
    now[0] += 11
    with pytest.raises(ProviderAway):
        provider.authorization_url("s", "n", "v" * 43)
    # Who is there already comes back all the same.
    hostile.nonce = "n"
    assert provider.prove("c", "v" * 43, "n", None).subject == "somebody"


@pytest.mark.parametrize(
    ("says", "brought", "good"),
    [
        (None, "itself", True),
        (None, "http://another.example", False),
        (None, "", False),
        (True, "itself", True),
        (True, None, False),
        (True, "http://another.example", False),
    ],
)
def test_the_answer_of_another_issuer_is_refused(
    provider: Provider, hostile: Hostile, says: bool | None, brought: str | None, good: bool
) -> None:
    hostile.metadata["authorization_response_iss_parameter_supported"] = says
    issuer = hostile.url if brought == "itself" else brought
    if good:
        assert prove(provider, hostile, issuer).subject == "somebody"
        return
    with pytest.raises(AnswerRefused):
        prove(provider, hostile, issuer)
    assert "token" not in hostile.asked


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "http://another.example"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": 7},
        {"jwks_uri": "file:///etc/passwd"},
        {"userinfo_endpoint": "ftp://x"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"code_challenge_methods_supported": ["plain"]},
        {"code_challenge_methods_supported": []},
        {"code_challenge_methods_supported": 7},
    ],
    ids=str,
)
def test_what_describes_itself_as_something_else_is_no_provider(
    provider: Provider, hostile: Hostile, metadata: dict[str, Any]
) -> None:
    hostile.metadata = metadata
    with pytest.raises(ProviderAway):
        prove(provider, hostile)
    assert hostile.asked == [".well-known/openid-configuration"]


def test_a_provider_that_says_nothing_of_pkce_is_sent_it_all_the_same(
    provider: Provider, hostile: Hostile
) -> None:
    hostile.metadata["code_challenge_methods_supported"] = None
    assert prove(provider, hostile).subject == "somebody"
    assert hostile.form["code_verifier"]


def _elsewhere() -> Response:
    return Response("", 302, {"Location": "http://169.254.169.254/"})


def _endless() -> Response:
    return Response((b" " * 65_536 for _ in range(10_000)), 200)


def _slow() -> Response:
    def drops() -> Iterator[bytes]:
        for _ in range(1_000):
            yield b" "
            time.sleep(0.2)

    return Response(drops(), 200)


@pytest.mark.parametrize(
    ("path", "view"),
    [
        *product(
            [".well-known/openid-configuration", "keys", "token"],
            [_elsewhere, _endless, lambda: ("[]", 200), lambda: "{"],
        ),
        ("token", _slow),
    ],
)
def test_odd_answers_sign_nobody_in_and_end_soon(
    client: FlaskClient, hostile: Hostile, path: str, view: Callable[[], Any]
) -> None:
    hostile.views[path] = view
    started = time.monotonic()
    status, _ = sign_in(client, hostile)
    assert status in (401, 503)
    assert time.monotonic() - started < 60
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, "invalid_grant", 401),
        (401, "invalid_client", 503),
        (400, "invalid_client", 503),
        (500, "server_error", 503),
    ],
)
def test_a_refused_code_is_the_visitors_fault_and_a_refused_client_is_ours(
    client: FlaskClient, hostile: Hostile, status: int, error: str, expected: int
) -> None:
    hostile.views["token"] = lambda: ({"error": error}, status)
    assert sign_in(client, hostile)[0] == expected


@pytest.mark.parametrize(
    ("userinfo", "name"),
    [
        ({"preferred_username": "ada"}, "ada"),
        ({"nickname": "ada"}, "ada"),
        ({"sub": "another", "preferred_username": "ada"}, "user-"),
        ({"preferred_username": ["ada"]}, "user-"),
        ({"preferred_username": "<script>alert(1)</script>"}, "script-alert-1"),
        ({"preferred_username": "\x00\u202e" + "a" * 5_000}, "a" * 32),
        ({}, "user-"),
    ],
    ids=str,
)
def test_a_name_is_asked_for_and_is_no_more_than_a_name(
    client: FlaskClient, hostile: Hostile, bearer: Bearer, userinfo: dict[str, Any], name: str
) -> None:
    hostile.claims = {"preferred_username": None}
    hostile.userinfo = userinfo
    status, tokens = sign_in(client, hostile)
    assert status == 201
    found = client.get("/api/v1/me", headers=bearer(tokens)).get_json()["username"]
    assert found.startswith(name)


def test_a_provider_that_hides_the_name_signs_in_all_the_same(
    client: FlaskClient, hostile: Hostile
) -> None:
    hostile.claims = {"preferred_username": None}
    hostile.views["userinfo"] = lambda: ("no", 500)
    assert sign_in(client, hostile)[0] == 201


def test_the_same_subject_of_another_issuer_is_somebody_else(
    client: FlaskClient, hostile: Hostile, database: Database[dict[str, Any]]
) -> None:
    sign_in(client, hostile)
    database["users"].update_one({}, {"$set": {"identity": "http://before.example somebody"}})
    sign_in(client, hostile)
    assert database["users"].count_documents({}) == 2


def test_first_sign_ins_at_once_make_one_account(
    client: FlaskClient, hostile: Hostile, database: Database[dict[str, Any]]
) -> None:
    answers = []
    for _ in range(8):
        started = client.post(START).get_json()
        asked = parse_qs(urlsplit(started["authorization_url"]).query)
        answers.append((asked["nonce"][0], started["flow"], asked["state"][0]))
    hostile.views["token"] = lambda: _token_of_code(hostile)
    app = client.application

    def finish(answer: tuple[str, str, str]) -> int:
        nonce, flow, state = answer
        body = {"flow": flow, "state": state, "code": nonce}
        return app.test_client().post(FINISH, json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(finish, answers)) == [201] * 8
    assert database["users"].count_documents({}) == 1


def _token_of_code(hostile: Hostile) -> dict[str, str]:
    """A token for the nonce that the code is."""
    now = int(time.time())
    claims = {"iss": hostile.url, "aud": CLIENT_ID, "sub": "s", "iat": now, "exp": now + 60}
    claims["nonce"] = request.form["code"]
    return {"id_token": jwt.encode(claims, hostile.key, "RS256", {"kid": "one"})}
