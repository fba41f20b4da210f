"""`make logs`: logs as people read them, a line each: time, pod, message."""

import json
import queue
import re
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

_PREFIX = re.compile(r"\[pod/(?:reddit-reco-)?(?P<pod>[^/\]]+)/[^\]]+\] ?")
# What Kubernetes adds to a Deployment's or a Job's name, down to what tells two pods apart.
_GENERATED = re.compile(r"-(?:[0-9a-f]{8,10}|[0-9]{8})-(?P<own>[a-z0-9]{5})$")
_PLAIN_TIME = re.compile(r"(?P<time>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)\S* +(?P<rest>.*)")
_WIDTH = 18
_ORDINARY = ("info", "debug", "")
# mongod says what it does several times a second; of that, only what went wrong.
_MONGOD = {"W": "warning", "E": "error", "F": "fatal"}
# What is there already comes pod by pod, with pauses where the API server throttles the asker.
_QUIET_SECONDS = 1.5
_MOST_SECONDS = 8.0


@dataclass(frozen=True)
class Line:
    """What one line says, and when."""

    time: str
    pod: str
    said: str

    def __str__(self) -> str:
        clock = self.time[11:19]
        return f"{clock:8} {self.pod:{_WIDTH}} {self.said}" if clock or self.pod else self.said


def main() -> int:
    """Standard input to standard output, until it ends or somebody presses Ctrl-C."""
    with suppress(KeyboardInterrupt, BrokenPipeError):
        for line in in_order(sys.stdin):
            print(line, flush=True)  # noqa: T201
    return 0


def in_order(source: Iterable[str], quiet: float = _QUIET_SECONDS) -> Iterator[Line]:
    """The lines that are there already in the order of time, then each as it comes."""
    rows: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for row in source:
            rows.put(row)
        rows.put(None)

    threading.Thread(target=read, daemon=True).start()
    first, end = [], time.monotonic() + _MOST_SECONDS
    with suppress(queue.Empty):
        while time.monotonic() < end and (row := rows.get(timeout=quiet)) is not None:
            first.append(row)
        if row is None:
            rows.put(None)
    lines = readable(chain(first, iter(rows.get, None)))
    yield from sorted(islice(lines, sum(1 for _ in readable(first))), key=lambda line: line.time)
    yield from lines


def readable(source: Iterable[str]) -> Iterator[Line]:
    """The lines for people; one that is not understood goes through as it is.

    A line without a time has that of the line of its pod before it, and so stays behind it.
    """
    before: dict[str, str] = {}
    for row in source:
        prefix = _PREFIX.match(row)
        pod = _GENERATED.sub(r"/\g<own>", prefix["pod"]) if prefix else ""
        line = _line(row[prefix.end() if prefix else 0 :].rstrip("\n"), pod, before.get(pod, ""))
        if line is not None:
            before[pod] = line.time
            yield line


def _line(text: str, pod: str, before: str) -> Line | None:
    with suppress(ValueError):
        if isinstance(entry := json.loads(text), dict):
            return _of_mongod(entry, pod) if "msg" in entry and "c" in entry else _of(entry, pod)
    if timed := _PLAIN_TIME.match(text):
        return Line(timed["time"].replace(" ", "T"), pod, timed["rest"])
    return Line(before, pod, text)


def _of(entry: dict[str, Any], pod: str) -> Line:
    level = str(entry.get("level", ""))
    marked = "" if level in _ORDINARY else f"{level.upper()}: "
    traceback = str(entry.get("traceback") or "")
    said = f"{marked}{entry.get('message', '')}\n{traceback}".rstrip()
    return Line(str(entry.get("time", "")), pod or str(entry.get("service", "")), said)


def _of_mongod(entry: dict[str, Any], pod: str) -> Line | None:
    if entry.get("s") not in _MONGOD:
        return None
    level, attributes = _MONGOD[entry["s"]].upper(), json.dumps(entry.get("attr", {}))[:300]
    at = str(entry.get("t", {}).get("$date", ""))
    return Line(at, pod or "mongod", f"{level}: {entry['msg']} {attributes}")


if __name__ == "__main__":
    sys.exit(main())
