"""What a run is told: environment variables, two flags, and the plan of streams."""

import argparse
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

OWNED = ("synced_", "inbox")


class SettingsError(Exception):
    """A setting is missing or wrong; the message is one line that names it."""


@dataclass(frozen=True)
class Place:
    """A collection."""

    db: str
    collection: str

    @classmethod
    def read(cls, value: Any, where: str) -> Self:
        """Read `{"db": ..., "collection": ...}`."""
        if not isinstance(value, dict) or value.keys() != {"db", "collection"}:
            raise SettingsError(f"{where} must have db and collection, and nothing else")
        for name, text in value.items():
            if not isinstance(text, str) or not text or set(text) & set('/\\ "$\0'):
                raise SettingsError(f"{where}.{name} is not a name: {text!r}")
        return cls(**value)


@dataclass(frozen=True)
class Stream:
    """One flow of documents: from a collection of a source to one that sync owns in a target."""

    name: str
    source: Place
    target: Place

    @classmethod
    def read(cls, value: Any, where: str) -> Self:
        """Read one entry of the plan."""
        if not isinstance(value, dict) or value.keys() != {"stream", "source", "target"}:
            raise SettingsError(f"{where} must have stream, source and target, and nothing else")
        name = value["stream"]
        if not isinstance(name, str) or not name:
            raise SettingsError(f"{where}.stream is not a name: {name!r}")
        target = Place.read(value["target"], f"{where}.target")
        if not target.collection.startswith(OWNED):
            raise SettingsError(f"{where}.target.collection must begin with synced_ or be inbox")
        return cls(name, Place.read(value["source"], f"{where}.source"), target)


@dataclass(frozen=True)
class Settings:
    """Everything that a run is told."""

    uri: str
    streams: tuple[Stream, ...]
    follow_seconds: float = 90.0
    patience_seconds: float = 60.0
    force: bool = False
    metrics_port: int = 0
    log_level: str = "INFO"

    @classmethod
    def read(cls, environ: Mapping[str, str], arguments: list[str]) -> Self:
        """Read the environment and the command line.

        Raises:
            SettingsError: something is missing or wrong.
        """
        flags = _parser().parse_args(arguments)
        uri, plan = environ.get("MONGODB_URI", ""), environ.get("SYNC_PLAN_FILE", "")
        if not uri or not plan:
            raise SettingsError("MONGODB_URI and SYNC_PLAN_FILE must be set")
        if not uri.startswith(("mongodb://", "mongodb+srv://")):
            raise SettingsError("MONGODB_URI must begin with mongodb:// or mongodb+srv://")
        level = environ.get("LOG_LEVEL", "info").upper()
        if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise SettingsError(f"LOG_LEVEL must be debug, info, warning or error, not {level!r}")
        return cls(
            uri=uri,
            streams=read_plan(Path(plan)),
            follow_seconds=0 if flags.once else _number(environ, "SYNC_FOLLOW_SECONDS", 90),
            patience_seconds=_number(environ, "SYNC_PATIENCE_SECONDS", 60),
            force=flags.force or _flag(environ, "SYNC_FORCE"),
            metrics_port=int(_number(environ, "METRICS_PORT", 0)),
            log_level=level,
        )


def read_plan(path: Path) -> tuple[Stream, ...]:
    """The streams of a plan file: `{"streams": [{"stream", "source", "target"}, ...]}`.

    Raises:
        SettingsError: it is not there, or not such a file.
    """
    try:
        plan = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(f"SYNC_PLAN_FILE {path}: {error}") from None
    if not isinstance(plan, dict) or not isinstance(plan.get("streams"), list):
        raise SettingsError(f'SYNC_PLAN_FILE {path} must hold {{"streams": [...]}}')
    streams = tuple(Stream.read(it, f"streams[{n}]") for n, it in enumerate(plan["streams"]))
    names = Counter((stream.target.db, stream.name) for stream in streams)
    places = Counter(stream.target for stream in streams)
    for twice in (item for counter in (names, places) for item, n in counter.items() if n > 1):
        raise SettingsError(f"SYNC_PLAN_FILE {path} has two streams for {twice}")
    return streams


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="reddit_reco_sync", description=__doc__)
    parser.add_argument("--once", action="store_true", help="one pass, then end")
    parser.add_argument(
        "--force", action="store_true", help="remove even more than a fifth of a target"
    )
    return parser


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name) or str(default)
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1e9:
        raise SettingsError(f"{name} must be a number from 0 to 1e9, not {text!r}")
    return value


def _flag(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "").lower()
    if text not in ("", "0", "false", "1", "true"):
        raise SettingsError(f"{name} must be true or false, not {text!r}")
    return text in ("1", "true")
