"""How fast a dump goes through ingest into posts, beside what MongoDB takes from pymongo directly.

Runs everything itself: an embedded mongod (a replica set of one), posts and ingest as they run in a
pod (gunicorn, one process each). Raw: bulk upserts of the same posts with pymongo, w=majority, over
two connections, before and after, since machines have moods. Prints one JSON line last.

    LIMIT=50000 .venv/bin/python benchmarks/bench_ingest.py [DUMP] [--format reddit-top-csv]
"""

import argparse
import json
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import orjson
from pymongo import MongoClient, ReplaceOne

from reddit_reco_ingest.domain import batches
from reddit_reco_ingest.formats import FORMATS, Options
from reddit_reco_ingest.reading import Chunks, Counted, Limits, expand
from reddit_reco_local.stack import Stack, running

REAL = Path(__file__).parents[2] / "shared" / "data" / "reddit-top.ndjson.zst"
MADE_UP = 100_000
CONNECTIONS = 2
Post = dict[str, Any]


def main() -> None:
    """Measure and print."""
    given = arguments()
    limit = int(os.environ.get("LIMIT", "0"))
    with tempfile.TemporaryDirectory() as folder:
        dump = given.dump or made_up(Path(folder) / "posts.ndjson", limit or MADE_UP)
        if limit and given.dump:
            dump = shortened(dump, Path(folder) / f"first-{dump.name}", limit)
        with running(Path(folder) / "run", ("posts", "ingest"), follow=False) as stack:
            before = raw_rate(stack.mongodb_uri, dump, given.format)
            imported = through_ingest(stack, dump, given.format)
            after = raw_rate(stack.mongodb_uri, dump, given.format)
    raw = (before + after) / 2
    share = {"share_of_raw": round(imported["posts_per_s"] / raw, 3), "goal": 0.4}
    rates = {"raw_per_s": round(raw), "raw_before": round(before), "raw_after": round(after)}
    print(json.dumps({**imported, **rates, **share, **conditions(dump)}))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("dump", type=Path, nargs="?", default=REAL if REAL.exists() else None)
    parser.add_argument("--format", default="reddit-top-csv", choices=sorted(FORMATS))
    return parser.parse_args()


def made_up(file: Path, number: int) -> Path:
    """Posts of our own, where there is no dump."""
    with file.open("wb") as stream:
        for one in range(number):
            post = {"id": f"{one:x}", "title": f"Post {one}", "created_utc": 1.3e9 + one}
            more = {"subreddit": f"sub{one % 400}", "selftext": "words and more " * (one % 40)}
            stream.write(orjson.dumps({**post, **more, "score": one % 5000}) + b"\n")
    return file


def shortened(dump: Path, to: Path, limit: int) -> Path:
    """The first lines of a dump, not compressed."""
    with dump.open("rb", buffering=0) as raw, to.open("wb") as stream:
        chunks, written = Chunks(expand(Counted(raw), Limits())), 0
        while written < limit and (chunk := chunks.read()):
            lines = chunk.splitlines(keepends=True)[: limit - written]
            written += sum(line.endswith(b"\n") for line in lines)
            stream.writelines(lines)
    return to


def raw_rate(uri: str, dump: Path, format_name: str) -> float:
    """Posts a second that pymongo writes; reading the dump is not counted."""
    with MongoClient[Post](uri, w="majority") as client, ThreadPoolExecutor(CONNECTIONS) as pool:
        collection, posts, seconds = client["raw"]["posts"], 0, 0.0

        def write(documents: list[Post]) -> None:
            collection.bulk_write(
                [ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in documents],
                ordered=False,
            )

        for group in documents_of(dump, format_name):
            started = time.perf_counter()
            list(pool.map(write, group))
            seconds += time.perf_counter() - started
            posts += sum(len(documents) for documents in group)
        client.drop_database("raw")
    print(f"raw bulk upsert {posts / seconds:8.0f} posts/s", flush=True)
    return posts / seconds


def documents_of(dump: Path, format_name: str) -> Iterator[list[list[Post]]]:
    """The dump's posts as documents: groups of batches, so that memory stays small."""
    with dump.open("rb", buffering=0) as raw:
        read = FORMATS[format_name].read
        items = read(Chunks(expand(Counted(raw), Limits())), Options(path=str(dump)), 0)
        group: list[list[Post]] = []
        for batch in batches(items):
            posts = [orjson.loads(line) for line in batch.lines]
            group.append([{"_id": post.pop("id"), **post} for post in posts])
            if len(group) == 20:
                yield group
                group = []
        if group:
            yield group


def through_ingest(stack: Stack, dump: Path, format_name: str) -> dict[str, Any]:
    """Upload the dump to the service and wait until it is imported; upload included."""
    headers = {"Authorization": f"Bearer {stack.token()}"}
    pids = {verb: stack.processes.pid(verb) for verb in ("ingest", "posts")}
    before = {verb: cpu_seconds(pid) for verb, pid in pids.items()}
    with httpx2.Client(base_url=stack.url("ingest"), headers=headers, timeout=600) as client:
        started = time.perf_counter()
        with dump.open("rb") as stream:
            files = {"file": (dump.name, stream)}
            response = client.post("/api/v1/imports", params={"format": format_name}, files=files)
        uploaded = time.perf_counter() - started
        assert response.status_code == 202, response.text
        result = followed(client, response.headers["Location"])
        seconds = time.perf_counter() - started
        show_rejected(client, response.headers["Location"])
    counts = result["counts"]
    print(f"through ingest  {counts['read'] / seconds:8.0f} posts/s", flush=True)
    return {
        "posts_per_s": round(counts["read"] / seconds),
        "import_s": round(seconds, 1),
        "upload_s": round(uploaded, 1),
        "counts": counts,
        "peak_mib": {verb: peak_mib(pid) for verb, pid in pids.items()},
        # What a busy machine does not change much.
        "cpu_us_per_post": {
            verb: round((cpu_seconds(pid) - before[verb]) * 1e6 / counts["read"], 1)
            for verb, pid in pids.items()
        },
    }


def followed(client: httpx2.Client, location: str) -> Any:
    """The import's result."""
    while True:
        answer = client.get(location)
        if answer.status_code == 303:
            return client.get(answer.headers["Location"]).json()
        assert answer.json()["state"] in ("queued", "running"), answer.text
        time.sleep(0.2)


def show_rejected(client: httpx2.Client, location: str) -> None:
    """The first rejected records, if there are any."""
    for record in client.get(f"{location}/rejected", params={"limit": 10}).json()["items"]:
        print(f"rejected: line {record['line']}: {record['reason']}: {record['excerpt'][:80]}")


def peak_mib(pid: int) -> int:
    """The largest resident memory of a process and its children so far."""
    peaks = [0]
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(
                line.split(":", 1) for line in status.read_text().splitlines() if ":" in line
            )
        except OSError:
            continue
        if str(pid) in (lines["Pid"].strip(), lines["PPid"].strip()):
            peaks.append(int(lines["VmHWM"].split()[0]) // 1024)
    return max(peaks)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and its children so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if str(pid) in (stat.parent.name, fields[1]):
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def conditions(dump: Path) -> dict[str, Any]:
    """Where these numbers come from."""
    git = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "dump": dump.name,
        "cores": os.cpu_count(),
        "load": [round(one, 1) for one in os.getloadavg()],
        "python": platform.python_version(),
        "write_concern": "majority, replica set of one, all on one machine",
        "commit": commit,
    }


if __name__ == "__main__":
    main()
