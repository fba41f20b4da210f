"""`make logs`: logs as people read them, a line each: time, pod, message."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

_PREFIX = re.compile(r"\[pod/(?:reddit-reco-)?(?P<pod>[^/\]]+)/[^\]]+\] ?")
# What Kubernetes adds to a Deployment's or a Job's name, down to what tells two pods apart.
_GENERATED = re.compile(r"-(?:[0-9a-f]{8,10}|[0-9]{8})-(?P<own>[a-z0-9]{5})$")
_WIDTH = 18
_ORDINARY = ("info", "debug", "")
# mongod says what it does several times a second; of that, only what went wrong.
_MONGOD = {"W": "warning", "E": "error", "F": "fatal"}


def main() -> int:
    """Standard input to standard output, until it ends or somebody presses Ctrl-C."""
    with suppress(KeyboardInterrupt, BrokenPipeError):
        for line in readable(sys.stdin):
            print(line, flush=True)  # noqa: T201
    return 0


def readable(lines: Iterable[str]) -> Iterator[str]:
    """The lines for people; one that is not understood goes through as it is."""
    for line in lines:
        prefix = _PREFIX.match(line)
        pod = _GENERATED.sub(r"/\g<own>", prefix["pod"]) if prefix else ""
        rest = line[prefix.end() if prefix else 0 :].rstrip("\n")
        entry = _entry(rest)
        if entry is None:
            yield f"{'':8} {pod:{_WIDTH}} {rest}" if pod else rest
        elif shown := _shown(entry, pod):
            yield shown


def _entry(line: str) -> dict[str, Any] | None:
    with suppress(ValueError):
        if isinstance(entry := json.loads(line), dict):
            return entry
    return None


def _shown(entry: dict[str, Any], pod: str) -> str:
    if "msg" in entry and "c" in entry:
        return _of_mongod(entry, pod)
    level = str(entry.get("level", ""))
    marked = "" if level in _ORDINARY else f"{level.upper()}: "
    said = f"{marked}{entry.get('message', '')}"
    traceback = str(entry.get("traceback") or "")
    place = pod or str(entry.get("service", ""))
    return "\n".join(
        [f"{_clock(entry.get('time'))} {place:{_WIDTH}} {said}", *traceback.split("\n")]
    ).rstrip()


def _of_mongod(entry: dict[str, Any], pod: str) -> str:
    if entry.get("s") not in _MONGOD:
        return ""
    level = _MONGOD[entry["s"]].upper()
    attributes = json.dumps(entry.get("attr", {}))[:300]
    time = _clock(entry.get("t", {}).get("$date"))
    return f"{time} {pod or 'mongod':{_WIDTH}} {level}: {entry['msg']} {attributes}"


def _clock(time: object) -> str:
    """`17:05:59` of a time in RFC 3339; blank for anything else."""
    found = re.search(r"T(\d\d:\d\d:\d\d)", str(time))
    return found[1] if found else " " * 8


if __name__ == "__main__":
    sys.exit(main())
