"""How one stream's run ended, and its patience with a MongoDB that fails over or begins."""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from .run import Blocked, Run
from .settings import Settings, Stream
from .state import Fenced

log = logging.getLogger(__name__)
FAILED, NEEDS_FORCE = 1, 3
_PAUSE_SECONDS = 0.5
_KNOCK_SECONDS = 2.0
_AUTHENTICATION_FAILED = 18


class Refused(Exception):
    """MongoDB is there, but has not let sync's user in for as long as an install may take."""


@dataclass(frozen=True)
class Outcome:
    """The line to print, and the exit status that it asks for."""

    line: str
    status: int = 0


def follow(
    client: "MongoClient[dict[str, Any]]",
    stream: Stream,
    settings: Settings,
    deadline: float | None,
    stopping: threading.Event,
) -> Outcome:
    """Run a stream to its end, through failovers; never raises."""
    run = Run(client, stream, settings, deadline, stopping)
    try:
        failure = _insist(run, settings, stopping)
    except Fenced:
        return Outcome(_line(stream, run, "another run has taken over"))
    except Blocked as blocked:
        log.error("%s: %s", stream.name, blocked)
        return Outcome(_line(stream, run, f"BLOCKED: {blocked}"), NEEDS_FORCE)
    except Exception as error:
        log.exception("%s: unexpected error", stream.name)
        failure = error
    finally:
        run.close()
    if isinstance(failure, Refused):
        # All streams have the same user: without a name in it, this line is said once.
        return Outcome(f"FAILED: MongoDB refuses the user in MONGODB_URI: {failure}", FAILED)
    if failure and not run.claimed and (_refused(failure) or _away(failure)):
        return Outcome(_line(stream, run, f"not let in yet: {_first_line(failure)}"))
    if failure:
        return Outcome(_line(stream, run, f"FAILED: {_first_line(failure)}"), FAILED)
    return Outcome(_line(stream, run, "ok"))


def _insist(run: Run, settings: Settings, stopping: threading.Event) -> Exception | None:
    """Go on through failures, while the patience lasts; gives the last one.

    Rights are waited for as well, for as long as the run would follow: an install or upgrade gives
    them while runs are under way.
    """
    knocking = max(settings.patience_seconds, settings.follow_seconds)
    refused: PyMongoError | None = None
    said = ""
    while True:
        try:
            run.go()
        except PyMongoError as error:
            if run.claimed or not (_refused(error) or _away(error)):
                refused = None
            elif _refused(error) and not refused:
                # MongoDB is there now: from here on its user is waited for.
                refused, run.counts.progress = error, time.monotonic()
            waited = time.monotonic() - run.counts.progress
            if waited > (settings.patience_seconds if run.claimed else knocking):
                return Refused(_first_line(refused)) if refused else error
            if stopping.is_set():
                return error
            if said != (said := _first_line(error)):
                log.warning("going on after: %s", said)
            stopping.wait(_PAUSE_SECONDS if run.claimed else _KNOCK_SECONDS)
        else:
            return None


def _refused(error: Exception) -> bool:
    """Whether MongoDB does not know the user, or another password."""
    return isinstance(error, OperationFailure) and error.code == _AUTHENTICATION_FAILED


def _away(error: Exception) -> bool:
    """Whether MongoDB is not there, as while a fresh install goes on.

    The run is no failure then. If it stays so, the services say how old their copies are.
    """
    return isinstance(error, ConnectionFailure)


def _line(stream: Stream, run: Run, how: str) -> str:
    state, counts = run.fence.state, run.counts
    done = f"{counts.copied} copied, {counts.changed} changed, {counts.removed} removed"
    parts = [f"{stream.target.db}.{stream.name}: {how}", state.get("phase", "unknown"), done]
    if source_time := state.get("source_time"):
        behind = (datetime.now(UTC) - source_time.replace(tzinfo=UTC)).total_seconds()
        parts.append(f"{max(0.0, behind):.0f} s behind")
    return "; ".join(parts)


def _first_line(error: Exception) -> str:
    return str(error).split(", full error")[0].split(", Timeout:")[0].splitlines()[0][:300]
