"""394k real posts: imported, synced and searchable, with the memory of every pod bounded."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from backports import zstd
from harness import Release, import_file, wait_until
from harness.memory import MIB, most_memory
from harness.release import REPO

# MongoDB's limit is 1,024. What its allocator keeps of freed memory (370 MiB) is in it.
LIMITS_MIB = {"ingest": 256, "posts": 192, "search": 768, "sync": 256, "mongodb": 960}
DUMP = Path(os.environ.get("REDDIT_TOP", REPO.parent / "shared" / "data" / "reddit-top.ndjson.zst"))

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not DUMP.exists(), reason=f"{DUMP.name} is not here: REDDIT_TOP= names it"),
]


def _lines() -> int:
    with zstd.open(DUMP) as file:
        return sum(1 for _ in file)


def test_a_dump_of_any_size_goes_through_in_bounded_memory(
    release: Release, http: httpx2.Client, say: Callable[[str], None]
) -> None:
    expected, restarts = _lines(), _restarts(release)
    with release.database("search") as database:
        before = database["synced_posts"].estimated_document_count()
    # Of deleted posts the store keeps a mark, the index nothing.
    indexed = _indexed(release)
    started = time.monotonic()
    with most_memory(release) as most:
        counts = import_file(http, DUMP, "reddit-top-csv", seconds=1800)
        imported = time.monotonic()

        def synced() -> bool:
            with release.database("search") as database:
                return int(database["synced_posts"].estimated_document_count()) >= before + new

        new = int(counts["created"])
        wait_until(synced, "all posts are in search's store", 1800, pause=5)
        copied = time.monotonic()
        total = wait_until(lambda: _indexed(release) >= indexed + new, "indexed", 600, pause=2)
    say(
        f"{counts}; import {imported - started:.0f} s ({expected / (imported - started):.0f}/s), "
        f"sync {copied - imported:.0f} s more; memory at most, MiB: "
        + ", ".join(f"{pod} {used}" for pod, used in sorted(most.items()))
    )
    assert total
    assert counts["read"] == expected
    assert counts["rejected"] == 0
    assert _restarts(release) == restarts
    for verb, limit in LIMITS_MIB.items():
        own = [used.own for pod, used in most.items() if f"-{verb}-" in pod]
        assert max(own) <= limit * MIB, verb


def _restarts(release: Release) -> dict[str, int]:
    return {
        pod.metadata.name: status.restart_count
        for pod in release.pods()
        for status in pod.status.container_statuses or []
        if status.restart_count
    }


def _indexed(release: Release) -> int:
    """How many posts the search index of the (first) search pod has."""
    pod = release.running("search")[0]
    text = release.proxied(f"pods/{pod}:9090/proxy/metrics")
    rows = [
        line.split()
        for line in text.splitlines()
        if line.startswith("reddit_reco_search_index_documents")
    ]
    return int(float(rows[0][-1]))
