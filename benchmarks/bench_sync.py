"""How fast sync copies and follows, beside MongoDB's own rate of bulk upserts in the same run.

Runs everything itself: an embedded mongod (a replica set of one) and `python -m reddit_reco_sync`
as a process, its start included. All writes are `w=majority`, a thousand documents a batch, over
one connection; the rounds take turns. The last line is JSON: documents a second, and the lag of
single writes in milliseconds.

    .venv/bin/python benchmarks/bench_sync.py [--posts posts.ndjson.zst] [--limit 100000]
"""

import argparse
import io
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import zstandard
from pymongo import MongoClient, ReplaceOne
from pymongo.collection import Collection

from reddit_reco_local.embedded import mongod

Post = dict[str, Any]
BATCH = 1_000


def main() -> None:
    """Measure, print, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--posts", type=Path, help="NDJSON of reddit posts; written ones if none")
    parser.add_argument("--limit", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with mongod() as uri, MongoClient[Post](uri, w="majority") as client:
        count = fill(client.posts.posts, posts(options.posts, options.limit))
        print(
            f"{count} posts; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
            f"Python {platform.python_version()}",
            flush=True,
        )
        rounds = [measure(client, uri, count, turn) for turn in range(options.rounds)]
        lags = lag(client, uri)
    result: dict[str, Any] = {"posts": count, "cores": os.cpu_count()}
    result |= {name: round(statistics.median(it[name] for it in rounds)) for name in rounds[0]}
    for name in ("copy", "tail_new"):
        result[f"{name}_share"] = round(result[f"{name}_per_s"] / result["raw_upsert_per_s"], 2)
    result |= {"lag_p50_ms": round(lags[len(lags) // 2]), "lag_max_ms": round(lags[-1])}
    print(json.dumps(result))


def measure(client: "MongoClient[Post]", uri: str, count: int, turn: int) -> dict[str, float]:
    """One round: raw upserts into an empty source, the tail over them, a copy, and changes."""
    source, early, late = f"source{turn}", f"early{turn}", f"late{turn}"
    sync_once(uri, source, early)
    raw = timed(lambda: fill(client[source].posts, client.posts.posts.find(batch_size=BATCH)))
    tail, tail_mb = sync_once(uri, source, early)
    copy, copy_mb = sync_once(uri, source, late)
    client[source].posts.update_many({}, {"$inc": {"score": 1}})
    change, change_mb = sync_once(uri, source, late)
    assert client[early].synced_posts.count_documents({"_gen": 1}) == count
    assert client[late].synced_posts.count_documents({"_gen": 1}) == count
    seconds = {"raw_upsert": raw, "copy": copy, "tail_new": tail, "tail_changed": change}
    rates = {f"{name}_per_s": count / taken for name, taken in seconds.items()}
    rates["rss_mb"] = max(tail_mb, copy_mb, change_mb)
    for database in (source, early, late):
        client.drop_database(database)
    print("; ".join(f"{name} {value:.0f}" for name, value in rates.items()), flush=True)
    return rates


def lag(client: "MongoClient[Post]", uri: str) -> list[float]:
    """Milliseconds from an acknowledged write until the target has it, sorted; a run follows."""
    found, lags = client.live.synced_posts, []
    with sync(uri, "posts", "live", SYNC_FOLLOW_SECONDS="600") as process:
        while (client.live.synced_state.find_one() or {}).get("phase") != "tail":
            time.sleep(0.1)
        for number in range(100):
            client.posts.posts.insert_one({"_id": f"new {number}"})
            started = time.perf_counter()
            while not found.find_one({"_id": f"new {number}"}):
                time.sleep(0.001)
            lags.append(1000 * (time.perf_counter() - started))
            time.sleep(random.random() / 20)
        process.terminate()
        process.wait(timeout=60)
    return sorted(lags)


def sync_once(uri: str, source: str, target: str) -> tuple[float, float]:
    """Seconds and the most memory (MB) of one pass."""
    started = time.perf_counter()
    with sync(uri, source, target, SYNC_FOLLOW_SECONDS="0") as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.perf_counter() - started, usage.ru_maxrss / 1024


@contextmanager
def sync(uri: str, source: str, target: str, **environ: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A run of sync between two databases."""
    stream = {
        "stream": "posts",
        "source": {"db": source, "collection": "posts"},
        "target": {"db": target, "collection": "synced_posts"},
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as plan:
        json.dump({"streams": [stream]}, plan)
        plan.flush()
        given = {**os.environ, "MONGODB_URI": uri, "SYNC_PLAN_FILE": plan.name, **environ}
        command = [sys.executable, "-m", "reddit_reco_sync"]
        yield subprocess.Popen(command, env=given, stdout=subprocess.DEVNULL)


def timed(work: Callable[[], object]) -> float:
    """Seconds that the work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def fill(collection: Collection[Post], documents: Iterator[Post]) -> int:
    """Upsert all documents in bulk; gives their number."""
    count = 0
    while batch := list(islice(documents, BATCH)):
        operations = [ReplaceOne({"_id": it["_id"]}, it, upsert=True) for it in batch]
        collection.bulk_write(operations, ordered=False)
        count += len(batch)
    return count


def posts(path: Path | None, limit: int) -> Iterator[Post]:
    """Posts in the form of the master data: real ones, or as many written ones."""
    if path is None:
        return (written(number) for number in range(limit))
    return islice(real(path), limit)


def real(path: Path) -> Iterator[Post]:
    """The posts of a file in the form of `reddit-top` NDJSON, plain or .zst."""
    with path.open("rb") as file:
        plain = zstandard.ZstdDecompressor().stream_reader(file) if path.suffix == ".zst" else file
        for line in io.TextIOWrapper(plain, encoding="utf-8"):
            yield master(json.loads(line))


def written(number: int) -> Post:
    """About as large as a real one: a title of 10 words, and text in one of four."""
    chance = random.Random(number)
    words = [f"word{chance.randrange(20_000)}" for _ in range(160)]
    text = " ".join(words[10:]) if number % 4 == 0 else ""
    given = {"id": f"{number:x}", "title": " ".join(words[:10]), "selftext": text, "score": number}
    return master({**given, "created_utc": 1.3e9 + number, "subreddit": f"sub{number % 400}"})


def master(given: Post) -> Post:
    """A post as the posts service keeps it."""
    return {
        "_id": f"reddit:{given['id']}",
        "source": "reddit",
        "title": given.get("title") or "",
        "text": given.get("selftext") or "",
        "url": given.get("url"),
        "permalink": given.get("permalink"),
        "subreddit": given.get("subreddit"),
        "author": given.get("author"),
        "created_at": datetime.fromtimestamp(float(given["created_utc"]), UTC),
        "score": int(given["score"]),
        "ups": None,
        "downs": None,
        "num_comments": int(given.get("num_comments") or 0),
        "over_18": False,
        "tags": [],
        "attribution": None,
        "etag": f"{hash(given['id']):032x}",
    }


if __name__ == "__main__":
    main()
