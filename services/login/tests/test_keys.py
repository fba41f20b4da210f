import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient

from reddit_reco_chassis import Problem, Settings
from reddit_reco_chassis.auth import Verifier
from reddit_reco_login.keys import NoKeys, SigningKeys

JWKS = "/.well-known/jwks.json"
Make = Callable[..., dict[str, Any]]
NewKey = Callable[..., dict[str, Any]]


def kid(token: str) -> str:
    found: str = jwt.get_unverified_header(token)["kid"]
    return found


def write(path: Path, *keys: dict[str, Any]) -> None:
    path.write_text(json.dumps({"keys": keys}))
    # A file system may keep the time of two writes in a row as one.
    now = time.time_ns()
    os.utime(path, ns=(now, now))


def test_what_login_signs_every_service_believes_by_the_key_set_it_serves(
    client: FlaskClient, sign_up: Make, sign_in: Make, tmp_path: Path
) -> None:
    subject = sign_up("someone")["id"]
    served = client.get(JWKS)
    file = tmp_path / "served.json"
    file.write_bytes(served.data)
    verifier = Verifier(Settings(jwks_file=str(file)))
    principal = verifier.principal(sign_in("someone")["access_token"])
    assert (principal.subject, principal.name, principal.scopes) == (
        subject,
        "someone",
        frozenset(),
    )


def test_the_key_set_is_public_and_may_be_cached_for_a_minute(client: FlaskClient) -> None:
    served = client.get(JWKS)
    assert served.headers["Cache-Control"] == "public, max-age=60"
    assert [key["kid"] for key in served.get_json()["keys"]] == ["first"]
    assert all("d" not in key for key in served.get_json()["keys"])
    again = client.get(JWKS, headers={"If-None-Match": served.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_new_key_is_published_at_once_and_signs_when_it_has_settled(  # noqa: PLR0917
    client: FlaskClient,
    sign_up: Make,
    sign_in: Make,
    key_file: Path,
    settings: Settings,
    new_key: NewKey,
) -> None:
    sign_up("someone")
    before = sign_in("someone")["access_token"]
    old = json.loads(key_file.read_text())
    new = new_key("second", iat=int(time.time()))
    write(key_file, new, old)
    assert [key["kid"] for key in client.get(JWKS).get_json()["keys"]] == ["second", "first"]
    assert kid(sign_in("someone")["access_token"]) == "first"
    write(key_file, {**new, "iat": int(time.time()) - 181}, old)
    after = sign_in("someone")["access_token"]
    assert kid(after) == "second"
    Path(settings.jwks_file).write_bytes(client.get(JWKS).data)
    verifier = Verifier(settings)
    assert verifier.principal(before) == verifier.principal(after)
    write(key_file, new)
    Path(settings.jwks_file).write_bytes(client.get(JWKS).data)
    with pytest.raises(Problem):
        Verifier(settings).principal(before)


def test_the_newest_settled_key_signs_or_else_the_oldest(tmp_path: Path, new_key: NewKey) -> None:
    file = tmp_path / "keys.json"
    write(file, new_key("c", iat=300), new_key("b", iat=200), new_key("a"))
    now = [0.0]
    keys = SigningKeys(file, 50, clock=lambda: now[0])
    found = []
    for now[0] in (0, 249, 250, 349, 350):
        found.append(kid(keys.sign({"sub": "x"})))
    assert found == ["a", "a", "b", "b", "c"]
    write(file, new_key("c", iat=300), new_key("b", iat=200))
    now[0] = 0
    assert kid(keys.sign({"sub": "x"})) == "b"


@pytest.mark.parametrize("broken", ["", "{", "[]", "{}", '{"keys": []}', '{"keys": 1}', "null"])
def test_half_a_file_leaves_the_keys_as_they_were(
    tmp_path: Path, new_key: NewKey, broken: str
) -> None:
    file = tmp_path / "keys.json"
    write(file, new_key("a"))
    keys = SigningKeys(file, 0)
    file.write_text(broken)
    os.utime(file, ns=(1, 1))
    assert kid(keys.sign({"sub": "x"})) == "a"
    with pytest.raises(NoKeys):
        SigningKeys(file, 0)


def test_a_public_or_foreign_key_is_refused_and_not_quoted(tmp_path: Path, new_key: NewKey) -> None:
    key = new_key("a")
    public = {name: value for name, value in key.items() if name != "d"}
    for wrong in (public, {**key, "crv": "P-256"}, {**key, "kid": 1}, {**key, "d": "AAAA"}):
        write(tmp_path / "keys.json", wrong)
        with pytest.raises(NoKeys) as refused:
            SigningKeys(tmp_path / "keys.json", 0)
        assert key["d"] not in str(refused.value)
