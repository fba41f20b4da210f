"""Keys and tokens of a local run, made by the same commands as the chart's."""

import subprocess
import sys
from pathlib import Path


def make_keys(folder: Path) -> None:
    """Put a signing key and its public key set into `folder`, unless they are there."""
    if not (folder / "key.json").exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _command("new-keys", str(folder))


def sign_token(folder: Path, subject: str, scope: str) -> str:
    """A token for `subject`, signed with the key in `folder`; valid for a day."""
    key = str(folder / "key.json")
    args = ["--key-file", key, "--sub", subject, "--scope", scope, "--ttl", "86400"]
    return _command("token", *args).strip()


def _command(*args: str) -> str:
    command = [sys.executable, "-m", "reddit_reco_mongodb", *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
