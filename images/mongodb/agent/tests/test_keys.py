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
    assert key.keys() == {"alg", "crv", "iat", "kid", "kty", "use", "x"}


def kids(folder: Path) -> list[str]:
    return [key["kid"] for key in json.loads((folder / "jwks.json").read_text())["keys"]]


def made_an_hour_ago(folder: Path) -> None:
    file = folder / "key.json"
    document = json.loads(file.read_text())
    for key in document.get("keys", [document]):
        key["iat"] -= 3600
    file.write_text(json.dumps(document))


def test_a_new_key_is_published_at_once_and_signs_when_all_have_read_it(tmp_path: Path) -> None:
    command("new-keys", str(tmp_path))
    made_an_hour_ago(tmp_path)
    (old,) = kids(tmp_path)
    assert command("rotate-key", str(tmp_path)).returncode == 0
    new, kept = kids(tmp_path)
    assert kept == old
    assert jwt.get_unverified_header(token(tmp_path, "--sub", "admin"))["kid"] == old
    made_an_hour_ago(tmp_path)
    later = token(tmp_path, "--sub", "admin")
    assert jwt.get_unverified_header(later)["kid"] == new
    assert verifier(tmp_path).principal(later).subject == "admin"


def test_the_key_before_the_last_goes_with_the_next_rotation(tmp_path: Path) -> None:
    command("new-keys", str(tmp_path))
    seen = []
    for _ in range(3):
        made_an_hour_ago(tmp_path)
        command("rotate-key", str(tmp_path))
        seen.append(kids(tmp_path))
    assert [len(each) for each in seen] == [2, 2, 2]
    assert seen[0][0] == seen[1][1]
    assert seen[1][0] == seen[2][1]
    assert stat.S_IMODE((tmp_path / "key.json").stat().st_mode) == 0o600


def test_a_key_that_was_stolen_is_dropped(tmp_path: Path) -> None:
    command("new-keys", str(tmp_path))
    stolen = token(tmp_path, "--sub", "admin")
    assert command("rotate-key", "--drop-old", str(tmp_path)).returncode == 0
    with pytest.raises(Problem):
        verifier(tmp_path).principal(stolen)
    assert verifier(tmp_path).principal(token(tmp_path, "--sub", "admin")).subject == "admin"


@pytest.mark.parametrize(
    "content", ["", '{"keys": []}', '{"keys": [1]}', "{", "[]", "{}", '{"kty": "oct", "k": "AAAA"}']
)
def test_key_file_that_is_no_key_is_one_plain_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "key.json").write_text(content)
    done = command("token", "--key-file", str(tmp_path / "key.json"), "--sub", "admin")
    assert done.returncode == 1
    assert done.stderr.startswith("token: ")
    assert done.stderr.count("\n") == 1
