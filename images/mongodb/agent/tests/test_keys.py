import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import jwt
import pytest

from reddit_reco_chassis import Problem, Settings
from reddit_reco_chassis.auth import Verifier


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    whole = [sys.executable, "-m", "reddit_reco_mongodb", *arguments]
    return subprocess.run(whole, capture_output=True, text=True, check=False)


def token(folder: Path, *arguments: str) -> str:
    done = command("token", "--key-file", str(folder / "key.json"), *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def verifier(folder: Path) -> Verifier:
    return Verifier(Settings(jwks_file=str(folder / "jwks.json")))


def test_token_of_new_keys_is_accepted_by_the_services(tmp_path: Path) -> None:
    assert command("new-keys", str(tmp_path)).returncode == 0
    made = token(tmp_path, "--sub", "admin", "--scope", "admin posts:write")
    principal = verifier(tmp_path).principal(made)
    assert principal.subject == "admin"
    assert principal.scopes == {"admin", "posts:write"}


def test_token_ends_when_its_time_is_over(tmp_path: Path) -> None:
    command("new-keys", str(tmp_path))
    made = token(tmp_path, "--sub", "admin", "--ttl", "3600")
    claims: dict[str, Any] = jwt.decode(made, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 3600


def test_token_signed_with_another_key_is_refused(tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    for folder in (mine, theirs):
        command("new-keys", str(folder))
    with pytest.raises(Problem):
        verifier(mine).principal(token(theirs, "--sub", "admin"))


def test_new_keys_keeps_a_key_that_is_there_and_hides_it_from_others(tmp_path: Path) -> None:
    command("new-keys", str(tmp_path))
    before = (tmp_path / "key.json").read_text()
    command("new-keys", str(tmp_path))
    assert (tmp_path / "key.json").read_text() == before
    assert stat.S_IMODE((tmp_path / "key.json").stat().st_mode) == 0o600


def test_key_set_has_no_private_part(tmp_path: Path) -> None:
    command("new-keys", str(tmp_path))
    (key,) = json.loads((tmp_path / "jwks.json").read_text())["keys"]
    assert key.keys() == {"alg", "crv", "kid", "kty", "use", "x"}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"kty": "oct", "k": "AAAA"}'])
def test_key_file_that_is_no_key_is_one_plain_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "key.json").write_text(content)
    done = command("token", "--key-file", str(tmp_path / "key.json"), "--sub", "admin")
    assert done.returncode == 1
    assert done.stderr.startswith("token: ")
    assert done.stderr.count("\n") == 1
