"""Keys and tokens of a local run, made by the same commands as the chart's."""

import secrets
import subprocess
import sys
from pathlib import Path


def make_keys(folder: Path) -> None:
    """Put what the chart's Secrets hold into `folder`, unless it is there.

    A signing key, its public key set, and the first admin's name and password.
    """
    if not (folder / "key.json").exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _command("new-keys", str(folder))
    admin = folder / "admin"
    if not admin.exists():
        admin.mkdir(mode=0o700)
        (admin / "username").write_text("admin")
        (admin / "password").write_text(secrets.token_urlsafe(24))


def sign_token(folder: Path, subject: str, scope: str) -> str:
    """A token for `subject`, signed with the key in `folder`; valid for a day."""
    key = str(folder / "key.json")
    args = ["--key-file", key, "--sub", subject, "--scope", scope, "--ttl", "86400"]
    return _command("token", *args).strip()


def _command(*args: str) -> str:
    command = [sys.executable, "-m", "reddit_reco_mongodb", *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
