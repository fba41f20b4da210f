"""Recommendation quality and speed of the engine that the service runs.

    make bench-recommend DATA=folder

The folder is in the form of citeulike-t. Every user's held-out saves are looked for in a ranking
of all posts but those that they saved. Prints one JSON line last. `without_tags` is the same engine
on posts without tags: people's tags say much of what is looked for.
"""

import argparse
import json
import os
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from . import runs
from .data import Data, read
from .measures import bootstrap


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench_recommend", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder")
    given = parser.parse_args()
    if not (given.data / "train.jsonl").is_file():
        parser.error(f"{given.data}: no train.jsonl in it")
    print(json.dumps(measure(read(given.data))))
    return 0


def measure(data: Data) -> dict[str, Any]:
    """All figures."""
    _say(f"{len(data.posts)} posts, {len(data.train)} users")
    view = runs.view_of(data)
    started = time.perf_counter()
    engine = runs.fitted(view, data.train)
    fit_s = time.perf_counter() - started
    _say("ranking for all users ...")
    timed = runs.over_users(runs.personal(engine), data, data.train)
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024 / 1000
    ordered = sorted(timed.seconds)
    return {
        **timed.tally.summary(),
        "ci95": bootstrap(timed.tally.ndcg),
        "cold_item_ndcg@10": _told("cold items", lambda: runs.cold_items(data, view)),
        "cold_user": _told("cold users", lambda: runs.cold_users(data, view)),
        "fit_s": round(fit_s, 1),
        "p50_ms": round(1000 * ordered[len(ordered) // 2], 2),
        "p95_ms": round(1000 * ordered[int(len(ordered) * 0.95)], 2),
        "rss_mb": round(rss_mb, 1),
        "users": len(timed.seconds),
        "posts": len(data.posts),
        "baselines": _told("baselines", lambda: _baselines(data, engine)),
        "without_tags": _told("without tags", lambda: _without_tags(data)),
    }


def _baselines(data: Data, engine: Any) -> dict[str, Any]:
    found = {}
    for name, blend in runs.BASELINES.items():
        rank = runs.part(replace(engine, blend=blend)) if blend else runs.popularity(engine)
        found[name] = runs.over_users(rank, data, data.train).tally.summary()
    return found


def _without_tags(data: Data) -> dict[str, Any]:
    bare = Data([{**post, "tags": []} for post in data.posts], data.train, data.test)
    engine = runs.fitted(runs.view_of(bare), bare.train)
    found = runs.over_users(runs.personal(engine), bare, bare.train).tally.summary()
    return {**found, "baselines": _baselines(bare, engine)}


def _told(what: str, work: Any) -> Any:
    _say(f"{what} ...")
    return work()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
