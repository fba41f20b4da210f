"""`python -m reddit_reco_sync [--once] [--force]`: follow all streams of the plan, then end."""

import logging
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConfigurationError, InvalidURI

from . import logs, metrics
from .outcome import Outcome, follow
from .settings import Settings, SettingsError, Stream

WRONG_SETTINGS = 2
SELECTION_MS = 10_000


def main() -> int:
    """Run; gives the exit status: 0, 1 = a stream failed, 2 = wrong settings, 3 = needs --force."""
    try:
        settings = Settings.read(os.environ, sys.argv[1:])
        client = connect(settings.uri)
    except (SettingsError, ConfigurationError, InvalidURI) as error:
        print(f"sync: {error}", file=sys.stderr)
        return WRONG_SETTINGS
    logs.configure(settings.log_level)
    logging.getLogger("pymongo").setLevel(logging.WARNING)
    metrics.serve(settings.metrics_port)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with client:
        outcomes = run_all(client, settings, stopping)
    # What concerns all streams alike is one line.
    for line in dict.fromkeys(outcome.line for outcome in outcomes):
        print(line, flush=True)
    return max((outcome.status for outcome in outcomes), default=0)


def connect(uri: str) -> "MongoClient[dict[str, Any]]":
    """A client for all streams; every call of it ends some time."""
    return MongoClient(
        uri,
        w="majority",
        tz_aware=True,
        serverSelectionTimeoutMS=SELECTION_MS,
        connectTimeoutMS=5_000,
        socketTimeoutMS=90_000,
        appname="reddit-reco-sync",
    )


def run_all(
    client: "MongoClient[dict[str, Any]]", settings: Settings, stopping: threading.Event
) -> list[Outcome]:
    """Run the streams at the same time; one that fails does not stop the others."""
    once = settings.follow_seconds == 0
    deadline = None if once else time.monotonic() + settings.follow_seconds

    def one(stream: Stream) -> Outcome:
        threading.current_thread().name = stream.name
        return follow(client, stream, settings, deadline, stopping)

    with ThreadPoolExecutor(max(1, len(settings.streams))) as pool:
        runs = [pool.submit(one, stream) for stream in settings.streams]
        # Not one long wait: a signal that comes just before it would be seen only after it.
        while wait(runs, timeout=0.5).not_done:
            pass
        return [run.result() for run in runs]


if __name__ == "__main__":
    sys.exit(main())
