"""How fast posts takes batches, beside what MongoDB takes from pymongo directly.

Runs everything itself: an embedded mongod (a replica set of one) and the service as it runs in a
pod (gunicorn, one process). Both sides write the same posts, w=majority, over the same number of
connections, in turns, each round into an empty collection. Prints every measurement, and the
median share of the raw rate that the service reaches.

    .venv/bin/python benchmarks/bench_posts_batch.py [--posts 20000] [--connections 3] [--rounds 3]
"""

import argparse
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm
from pymongo import MongoClient, ReplaceOne
from pymongo.collection import Collection

from reddit_reco_local.embedded import free_port, mongod

LINES = 1_000
_WORDS = [f"word{number}" for number in range(20_000)]
_START = datetime(2012, 1, 1, tzinfo=UTC)
Post = dict[str, Any]


def main() -> None:
    """Measure and print."""
    options = arguments()
    posts = [make_post(random.Random(number), number) for number in range(options.posts)]
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}; {options.posts} posts, {LINES} a batch, "
        f"{options.connections} connections, w=majority; mongod, service, client on one machine"
    )
    with mongod() as uri:
        turns = range(options.rounds)
        rounds = [measure(uri, f"round{turn}", posts, options.connections) for turn in turns]
    for name in ("new", "changed"):
        share = statistics.median(each[f"http, {name}"] / each[f"raw, {name}"] for each in rounds)
        print(f"batch over HTTP, {name}: {share:.0%} of the raw rate (goal for new: at least 40%)")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def measure(uri: str, database: str, posts: list[Post], connections: int) -> dict[str, float]:
    """One round, in a database of its own: what was written -> posts a second."""
    changed = [{**post, "score": post["score"] + 1} for post in posts]
    with (
        service(uri, database) as (url, token),
        httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as http,
        MongoClient[Post](uri, w="majority") as mongo,
    ):
        raw = upsert(mongo[database]["raw"])
        work: list[tuple[str, Callable[[Any], None], list[Any]]] = [
            ("raw, new", raw, batches(posts)),
            ("http, new", send(http, 201), bodies(posts)),
            ("http, unchanged", send(http, 200), bodies(posts)),
            ("raw, changed", raw, batches(changed)),
            ("http, changed", send(http, 200), bodies(changed)),
        ]
        rates = {name: rate(name, write, parts, connections) for name, write, parts in work}
        mongo.drop_database(database)
    return rates


def make_post(chance: random.Random, number: int) -> Post:
    """A post about as large as real ones: a title of 10 words, and text in one of four."""
    words = " ".join(chance.choices(_WORDS, k=10))
    text = " ".join(chance.choices(_WORDS, k=150)) if number % 4 == 0 else ""
    ups, downs = chance.randrange(5_000), chance.randrange(1_000)
    moment = _START + timedelta(seconds=chance.randrange(50_000_000))
    return {
        "id": f"reddit:{number:x}",
        "title": words,
        "text": text,
        "url": f"http://example.com/{number}",
        "permalink": f"http://www.reddit.com/r/sub{number % 400}/comments/{number:x}/",
        "subreddit": f"sub{number % 400}",
        "author": f"author{chance.randrange(5_000)}",
        "created_at": moment.isoformat().replace("+00:00", "Z"),
        "score": ups - downs,
        "ups": ups,
        "downs": downs,
        "num_comments": chance.randrange(500),
        "tags": [],
    }


def upsert(collection: Collection[Post]) -> Callable[[list[Post]], None]:
    """What writes one batch with pymongo."""

    def write(documents: list[Post]) -> None:
        operations = [
            ReplaceOne({"_id": each["id"]}, {"_id": each["id"], **each}, upsert=True)
            for each in documents
        ]
        collection.bulk_write(operations, ordered=False)

    return write


def send(client: httpx2.Client, status: int) -> Callable[[bytes], None]:
    """What sends one batch and checks every line of the answer."""

    def write(body: bytes) -> None:
        response = client.post("/api/v1/posts/batch", content=body, timeout=60)
        response.raise_for_status()
        answers = [orjson.loads(line) for line in response.content.splitlines()]
        bad = [answer for answer in answers if answer["status"] != status]
        if bad or len(answers) != body.count(b"\n"):
            raise RuntimeError(f"not all lines answered {status}: {bad[:1]}")

    return write


def batches(posts: list[Post]) -> list[list[Post]]:
    """The posts in groups of a batch's size."""
    return [posts[start : start + LINES] for start in range(0, len(posts), LINES)]


def bodies(posts: list[Post]) -> list[bytes]:
    """The posts as bodies of batches."""
    return [
        b"".join(json.dumps(post).encode() + b"\n" for post in batch) for batch in batches(posts)
    ]


def rate(name: str, write: Callable[[Any], None], work: list[Any], connections: int) -> float:
    """Do the work over so many connections; print and give posts a second."""
    size = sum(each.count(b"\n") if isinstance(each, bytes) else len(each) for each in work)
    with ThreadPoolExecutor(connections) as pool:
        started = time.perf_counter()
        for done in pool.map(write, work):
            assert done is None
        seconds = time.perf_counter() - started
    print(f"{name:16} {size / seconds:8.0f} posts/s", flush=True)
    return size / seconds


@contextmanager
def service(uri: str, database: str) -> Iterator[tuple[str, str]]:
    """The service as a process of its own; gives its URL and a writer's token."""
    with tempfile.TemporaryDirectory() as folder:
        key_set = Path(folder) / "jwks.json"
        token = make_token(key_set)
        port = free_port()
        environ = {
            **os.environ,
            "PORT": str(port),
            "METRICS_PORT": "0",
            "HOST": "127.0.0.1",
            "MONGODB_URI": uri,
            "MONGODB_DATABASE": database,
            "JWKS_FILE": str(key_set),
            "LOG_LEVEL": "error",
        }
        process = subprocess.Popen([sys.executable, "-m", "reddit_reco_posts"], env=environ)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(url)
            yield url, token
        finally:
            process.terminate()
            process.wait(timeout=60)


def make_token(key_set: Path) -> str:
    """A token that may write posts, and the key set to check it with."""
    key = Ed25519PrivateKey.generate()
    public = json.loads(OKPAlgorithm.to_jwk(key.public_key())) | {"kid": "bench"}
    key_set.write_text(json.dumps({"keys": [public]}))
    claims = {
        "iss": "reddit-reco",
        "aud": "reddit-reco",
        "sub": "service:bench",
        "scope": "posts:write",
        "exp": int(time.time()) + 3600,
    }
    return jwt.encode(claims, key, "EdDSA", headers={"kid": "bench"})


def wait_until_ready(url: str) -> None:
    """Wait for `/readyz`, a minute at most."""
    for _ in range(600):
        try:
            if httpx2.get(f"{url}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the service did not become ready")


if __name__ == "__main__":
    main()
