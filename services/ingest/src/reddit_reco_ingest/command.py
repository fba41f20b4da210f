"""The command: imports one file and shows how far it is."""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import orjson

from .allocator import give_back_freed_memory
from .domain import (
    Batch,
    Counts,
    Outcome,
    Refused,
    Rejected,
    Unreadable,
    counts_of,
    rejected_of,
)
from .formats import FORMATS, Options
from .pipeline import Stopped, run
from .progress import Progress
from .reading import Counted, Limits
from .sending import Away, Receivers, SendError

DONE, FAILED, USAGE = 0, 1, 2
_PATIENCE_SECONDS = 60.0
_PROGRAM = "reddit_reco_ingest"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Wrong arguments: one line, not the whole usage."""
        self.exit(USAGE, f"{_PROGRAM}: {message} (--help tells more)\n")


def main(arguments: list[str]) -> int:
    """Import the file that the arguments name; gives the exit code."""
    give_back_freed_memory()
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.url and not given.url.startswith(("http://", "https://")):
        parser.error(f"argument --url: {given.url} is no address of a service")
    try:
        return Command(given).run()
    except Refused as error:
        option = f"--{error.field}: " if error.field else ""
        return _say(f"{option}{str(error).removeprefix(f'{error.field}: ')}", USAGE)
    except (Unreadable, SendError, Away) as error:
        return _say(str(error), FAILED)
    except OSError as error:
        return _say(f"{error.filename or given.file}: {error.strerror or error}", FAILED)
    except Exception as error:
        return _say(f"a bug: {error!r}", FAILED)


def _say(line: str, code: int) -> int:
    sys.stderr.write(f"{_PROGRAM}: {line}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"python -m {_PROGRAM}",
        description="Import a file through the services that keep it. Without arguments: serve.",
        epilog="Exit codes: 0 done (records may have been rejected), 1 failed, 2 wrong arguments.",
    )
    add = parser.add_argument
    add("file", metavar="FILE", help="plain, .zst or .gz; - is standard input")
    add("--format", required=True, choices=sorted(FORMATS), help="the file's format")
    add(
        "--url",
        help="where the services are, or the release that they are behind "
        "(POSTS_URL, LIKE_URL, TAG_URL ..., or http://localhost:8080)",
    )
    add(
        "--token-file",
        default=os.environ.get("SERVICE_TOKEN_FILE", ""),
        help="file with a token that may write posts, or feedback (SERVICE_TOKEN_FILE)",
    )
    add("--subreddit", help="for posts that do not say it themselves")
    add("--site", help="Stack Exchange site, as in bicycles.meta, if the file's name does not tell")
    add("--user", default="", help="whose reddit-export it is: the subject of their tokens")
    add("--rejected", metavar="FILE", help="write rejected records there, one JSON object a line")
    add("--start", type=int, default=0, metavar="N", help="go on behind record N")
    add(
        "--zstd-window",
        type=int,
        default=2**31,
        metavar="BYTES",
        help="largest .zst window, which is the memory it takes (default: %(default)s)",
    )
    return parser


class Command:
    """One import from the command line."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._given = given
        self._counts = Counts()
        self._position = given.start
        self._interrupted = threading.Event()
        self._last_answer = time.monotonic()

    def run(self) -> int:
        """Import; gives the exit code."""
        given = self._given
        name = "" if given.file == "-" else given.file
        user = given.user if ":" in given.user or not given.user else f"user:{given.user}"
        options = Options(path=name, subreddit=given.subreddit, site=given.site, user=user)
        form = FORMATS[given.format]
        form.check(options)
        signal.signal(signal.SIGINT, lambda *_: self._interrupted.set())
        signal.signal(signal.SIGTERM, lambda *_: self._interrupted.set())
        with (
            Receivers(_urls(given, form.verbs), given.token_file, self._wait) as client,
            _opened(given.file) as source,
            _writer(given.rejected) as write,
        ):
            limits = Limits(window=given.zstd_window)
            items = form.items(source, limits, options, given.start)
            progress = Progress(_size(given.file))
            try:
                run(
                    items,
                    send=client.send,
                    commit=lambda batch, outcome: self._commit(batch, outcome, progress, write),
                    offset=lambda: source.offset,
                    stopped=self._interrupted.is_set,
                )
            except Stopped:
                return self._stopped(progress)
            except (Unreadable, SendError, Away):
                progress.close()
                self._summarize("failed", sys.stderr)
                raise
            progress.close()
        self._summarize("done", sys.stdout)
        return DONE

    def _commit(self, batch: Batch, outcome: Outcome, progress: Progress, write: Any) -> None:
        self._last_answer = time.monotonic()
        self._counts.add(counts_of(batch, outcome))
        self._position = batch.position
        for number, rejected in rejected_of(batch, outcome):
            write(number, rejected)
        progress.show(batch.offset, self._counts)

    def _stopped(self, progress: Progress) -> int:
        progress.close()
        self._summarize("stopped", sys.stderr)
        return _say(f"stopped; --start {self._position} goes on from there", FAILED)

    def _summarize(self, state: str, stream: Any) -> None:
        counts = self._counts
        stream.write(f"{state}: {counts}\n")
        if counts.rejected and counts.rejected == counts.read:
            _say(f"every record was rejected: is the format {self._given.format}?", FAILED)

    def _wait(self, seconds: float) -> bool:
        if self._interrupted.wait(seconds):
            return True
        return time.monotonic() - self._last_answer > _PATIENCE_SECONDS


def _urls(given: argparse.Namespace, verbs: Iterable[str]) -> dict[str, str]:
    """Where each service is: --url if it is given, else what the environment says."""
    known = {verb: given.url or os.environ.get(f"{verb.upper()}_URL") for verb in verbs}
    return {verb: url or "http://localhost:8080" for verb, url in known.items()}


def _size(file: str) -> int | None:
    return None if file == "-" else Path(file).stat().st_size


@contextmanager
def _opened(file: str) -> Iterator[Counted]:
    if file == "-":
        yield Counted(sys.stdin.buffer)
        return
    with Path(file).open("rb", buffering=0) as raw:
        yield Counted(raw)


@contextmanager
def _writer(file: str | None) -> Iterator[Any]:
    """Writes rejected records to `file`; without one, the first few go to standard error."""
    if file is None:
        yield _Few()
        return
    with Path(file).open("wb") as stream:

        def write(number: int, rejected: Rejected) -> None:
            entry = {"line": number, "reason": rejected.reason, "field": rejected.field}
            stream.write(orjson.dumps({**entry, "excerpt": rejected.excerpt}) + b"\n")

        yield write


class _Few:
    def __init__(self) -> None:
        self._left = 5

    def __call__(self, number: int, rejected: Rejected) -> None:
        if self._left > 0:
            _say(f"record {number} rejected: {rejected.reason}", DONE)
        elif self._left == 0:
            _say("more records were rejected; --rejected FILE keeps them all", DONE)
        self._left -= 1
