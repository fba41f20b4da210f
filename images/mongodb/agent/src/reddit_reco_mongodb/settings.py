"""Settings are environment variables and files; a wrong one ends the command with one line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

Environ = Mapping[str, str]


class Stop(Exception):
    """Ends the command: the message is one plain line that says what to do."""


@dataclass(frozen=True)
class Credentials:
    """A user of MongoDB; its `authSource` is `admin`."""

    username: str
    password: str

    @classmethod
    def of_root(cls, environ: Environ) -> Self:
        """The root user, from the files that ROOT_USERNAME_FILE and ROOT_PASSWORD_FILE name."""
        username, password = (
            read_text(required(environ, f"ROOT_{part}_FILE")) for part in ("USERNAME", "PASSWORD")
        )
        return cls(username, password)


@dataclass(frozen=True)
class ReplicaSet:
    """The replica set as the chart wants it: name, and `host:port` of each member in order."""

    name: str
    members: tuple[str, ...]

    @classmethod
    def from_env(cls, environ: Environ) -> Self:
        """Read REPLICA_SET and MEMBERS."""
        members = tuple(part.strip() for part in required(environ, "MEMBERS").split(","))
        if not all(":" in member for member in members) or len(set(members)) != len(members):
            raise Stop(f"MEMBERS must be different host:port, separated by commas: {members}")
        return cls(environ.get("REPLICA_SET") or "rs0", members)

    def ordinal_of(self, pod: str) -> int:
        """Which member runs in `pod`: the one whose host name begins with the pod's name."""
        for ordinal, member in enumerate(self.members):
            if member == pod or member.startswith(pod + "."):
                return ordinal
        raise Stop(f"POD_NAME {pod} is not among MEMBERS {', '.join(self.members)}")


def required(environ: Environ, name: str) -> str:
    """The variable's value.

    Raises:
        Stop: it is missing or empty.
    """
    value = environ.get(name, "")
    if not value:
        raise Stop(f"{name} is not set")
    return value


def number(environ: Environ, name: str, default: int) -> int:
    """The variable's value as a positive whole number."""
    value = environ.get(name) or str(default)
    if not value.isascii() or not value.isdigit() or int(value) == 0:
        raise Stop(f"{name} must be a positive whole number (it is {value!r})")
    return int(value)


def read_text(path: str | Path) -> str:
    """A file's text without surrounding white space.

    Raises:
        Stop: it cannot be read, or is empty.
    """
    try:
        text = Path(path).read_text().strip()
    except (OSError, UnicodeError) as error:
        raise Stop(f"cannot read {path}: {error}") from None
    if not text:
        raise Stop(f"{path} is empty")
    return text


def read_json(path: str | Path) -> dict[str, Any]:
    """A file's JSON object.

    Raises:
        Stop: it cannot be read, or is something else.
    """
    try:
        value = json.loads(read_text(path))
    except ValueError as error:
        raise Stop(f"{path} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Stop(f"{path} must be a JSON object")
    return value
