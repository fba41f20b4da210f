"""Search quality and speed: the whole way from a dump to the answers, over HTTP.

    make bench-search POSTS=posts.ndjson.zst QRELS=qrels.jsonl [MODE=lexical|hybrid] [LIMIT=50000]

Starts posts, ingest and search on an embedded MongoDB, imports the posts (but for those whose
title is a query), syncs once, waits until all are in the index, and asks every query, one after
the other; then four at once of search on one core, for its rate and a query's processor time.
Prints two JSON lines: first MongoDB's own text index behind the same server (without counting
totals and facets, which would cost it as much again), last the engine of the service.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import measures
from .asking import Run, ask_all, saturated_qps
from .judgements import Query, answerable, read_queries, without_queries
from .services import Services, started


def main() -> int:
    """Measure and print; 1 if there is nothing to measure with."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="bench-search-") as folder:
        home = Path(folder)
        queries = read_queries(given.qrels)
        dump = home / "posts.ndjson"
        ids = without_queries(given.posts, dump, {query.id for query in queries}, given.limit)
        queries = answerable(queries, ids) if given.limit else queries
        if not queries:
            _say("no query has all its relevant posts among the first posts: raise LIMIT")
            return 1
        with started(home / "run") as services:
            baseline, engine = _measured(services, dump, given, queries, len(ids))
    print(json.dumps(baseline))
    print(json.dumps(engine))
    return 0


def _measured(
    services: Services, dump: Path, given: argparse.Namespace, queries: list[Query], posts: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    import_s = services.filled(dump, given.format, posts)
    _say(f"asking {len(queries)} queries ...")
    address = services.address("search")
    engine = ask_all(address, queries, {"mode": given.mode})
    rss = services.rss_mb("search")
    _say("asking them again, four at once, of search on one core ...")
    services.on_one_core("search")
    before = services.cpu_seconds("search")
    one_core = {
        "one_core_qps": round(saturated_qps(address, queries, {"mode": given.mode}), 1),
        "cpu_ms": round(1000 * (services.cpu_seconds("search") - before) / len(queries), 2),
    }
    _say("making MongoDB's text index ...")
    services.start_baseline()
    _say(f"asking {len(queries)} queries of MongoDB's text index ...")
    baseline = ask_all(services.address("search-mongodb"), queries, {"counts": "false"})
    baseline_rss = services.rss_mb("search-mongodb")
    return (
        _line(baseline, posts, baseline_rss, import_s),
        {**_line(engine, posts, rss, import_s), **one_core},
    )


def _line(run: Run, posts: int, rss_mb: float, import_s: float) -> dict[str, Any]:
    return {
        "engine": run.engine,
        **measures.quality(run),
        "posts": posts,
        **measures.speed(run),
        "rss_mb": rss_mb,
        "import_s": round(import_s, 1),
        # The share of posts that had a text vector when the queries ran: there are none yet.
        "vector_coverage": 0.0,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench_search", description=__doc__)
    parser.add_argument("--posts", type=Path, required=True, help="the dump, plain or .zst")
    parser.add_argument("--qrels", type=Path, required=True, help="the queries and what they want")
    parser.add_argument("--mode", choices=("lexical", "hybrid"), default="lexical")
    parser.add_argument("--format", default="reddit-top-csv", help="the dump's import format")
    parser.add_argument(
        "--limit",
        type=int,
        default=int(os.environ.get("LIMIT") or 0),
        help="take only so many posts, and the queries that these can answer (0: all)",
    )
    given = parser.parse_args()
    for file in (given.posts, given.qrels):
        if not file.is_file():
            parser.error(f"{file}: no such file")
    return given


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
