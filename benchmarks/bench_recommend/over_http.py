"""Speed and memory of one real recommend process, asked over HTTP at a fixed rate.

    python -m benchmarks.bench_recommend.over_http [--posts 100000] [--users 100000] [--rate 200]
    python -m benchmarks.bench_recommend.over_http --dump posts.ndjson.zst --users 0

Requests start when they are due, answered or not, and latency counts from then: a slow server
cannot hide behind a client that waits. Each kind is asked alone, `hello` (a route without work) as
the ruler for what the machine lets through; then a mix, with memory after every part of it. Of each
comes, on top of latency, what a request takes: CPU of the service (`cpu_ms`) and of its MongoDB
(`db_cpu_ms`), and how often that is asked (`db_asked`; a written list counts as one): a shared
machine changes these less. Time and number are bounded; only this process's own server is asked.
One JSON line comes last.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from reddit_reco_mongodb.keys import token

from . import made
from .serving import Served, house

MOST_SECONDS, MOST_REQUESTS = 120, 20_000
PARTS = 5
Request = tuple[str, dict[str, str]]
Make = Callable[[], Request]


@dataclass(frozen=True)
class Given:
    """What is measured."""

    posts: int
    users: int
    likes: int
    rate: float
    seconds: float
    requests: int
    askers: int
    dump: Path | None


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench_recommend.over_http", description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--users", type=int, default=100_000, help="users with signals")
    parser.add_argument("--likes", type=int, default=10, help="likes of each user")
    parser.add_argument("--rate", type=float, default=200, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10, help="for each kind, at most 120")
    parser.add_argument("--requests", type=int, default=10_000, help="of the mix, at most 20,000")
    parser.add_argument("--askers", type=int, default=2_000, help="users who ask, one in turn")
    parser.add_argument("--dump", type=Path, help="real posts instead of made ones")
    given = Given(**vars(parser.parse_args()))
    with house() as (served, processes, uri):
        filled = _fill(served, given)
        ready_s = served.start(processes, uri)
        found = {**filled, "ready_s": round(ready_s, 1), **_measure(served, given)}
    print(json.dumps(found))
    return 0


def _fill(served: Served, given: Given) -> dict[str, Any]:
    source = (
        made.dumped_posts(given.dump, given.posts) if given.dump else made.made_posts(given.posts)
    )
    posts = served.write("synced_posts", source)
    likes = served.write("synced_likes", made.made_likes(given.users, given.likes, posts))
    _say(f"{posts} posts, {given.users} users, {likes} likes are written")
    return {"posts": posts, "users": given.users, "likes": likes}


def _measure(served: Served, given: Given) -> dict[str, Any]:
    before_fit = served.memory_mb()
    fit_s = served.wait_fitted() if given.users else 0.0
    found: dict[str, Any] = {
        "fit_s": round(fit_s, 1),
        "memory_mb": {"ready": before_fit, "fitted": served.memory_mb()},
        "cores": os.cpu_count(),
        "rate": given.rate,
        "load_before": round(os.getloadavg()[0], 1),
    }
    _say(f"fitted in {fit_s:.1f} s, {served.memory_mb()} MB")
    kinds = _kinds(served, given)
    rows = {name: _at_rate(served, make, given, name) for name, make in kinds.items()}
    found["kinds"] = rows
    found["mix"], found["memory_mb"]["mix"] = _mixed(served, kinds, given)
    found["memory_mb"]["most"] = served.memory_mb("VmHWM")
    found["load"] = [round(each, 1) for each in os.getloadavg()]
    return found


def _kinds(served: Served, given: Given) -> dict[str, Make]:
    rng = random.Random(7)
    some = served.database["synced_posts"].aggregate(
        [{"$sample": {"size": 2_000}}, {"$project": {"subreddit": 1}}]
    )
    posts = list(some)
    api = "/api/v1/recommend"
    kinds: dict[str, Make] = {
        "hello": lambda: ("/healthz", {}),
        "popular": lambda: (api, {}),
        "topics": lambda: (f"{api}?topics={_topics(rng, posts)}", {}),
        "similar": lambda: (f"{api}/similar/{rng.choice(posts)['_id']}", {}),
    }
    if given.users:
        askers = [made.subject(rng.randrange(given.users)) for _ in range(given.askers)]
        key = served.keys / "key.json"
        headers = [{"Authorization": f"Bearer {token(key, who, '', 3600)}"} for who in askers]
        kinds["personal"] = lambda: (api, rng.choice(headers))
    return kinds


def _topics(rng: random.Random, posts: list[dict[str, Any]]) -> str:
    return ",".join(sorted({str(rng.choice(posts)["subreddit"]) for _ in range(5)}))


def _mixed(
    served: Served, kinds: dict[str, Make], given: Given
) -> tuple[dict[str, Any], list[float]]:
    """Mostly personal lists where there are users; new likes and posts come in between."""
    rng = random.Random(8)
    shares = {"personal": 6, "popular": 2, "topics": 1, "similar": 3}
    names = [name for name in shares if name in kinds]

    def make() -> Request:
        return kinds[rng.choices(names, [shares[name] for name in names])[0]]()

    memory, rows = [], []
    total = min(given.requests, MOST_REQUESTS)
    for part in range(PARTS):
        rows.append(_sent(served, make, given.rate, total // PARTS, f"mix {part + 1}"))
        memory.append(served.memory_mb())
        _some_news(served, given, part)
    return max(rows, key=lambda row: row["p95_ms"]), memory


def _some_news(served: Served, given: Given, part: int) -> None:
    now = datetime.now(UTC)
    fresh = [{**post, "_id": f"{post['_id']}-new{part}"} for post in made.made_posts(50)]
    served.write("synced_posts", fresh)
    users = range(part * 100, min(given.users, part * 100 + 100))
    served.write("synced_likes", [made.like(user, f"0-new{part}", now) for user in users])


def _at_rate(served: Served, make: Make, given: Given, name: str) -> dict[str, Any]:
    seconds = min(given.seconds, MOST_SECONDS)
    return _sent(served, make, given.rate, min(int(given.rate * seconds), MOST_REQUESTS), name)


def _sent(served: Served, make: Make, rate: float, count: int, name: str) -> dict[str, Any]:
    requests = [make() for _ in range(count)]
    before, (database, asked) = served.cpu_seconds(), served.database_work()
    done, seconds = asyncio.run(_send_all(served.url, requests, rate))
    after, (database_after, asked_after) = served.cpu_seconds(), served.database_work()
    times = sorted(1000 * latency for latency, _ in done)
    quantiles = {f"p{q}_ms": round(times[int(q / 100 * (count - 1))], 1) for q in (50, 95, 99)}
    failed = sum(not good for _, good in done)
    row = {
        "requests": count,
        "failed": failed,
        "rate": round(count / seconds, 1),
        **quantiles,
        "cpu_ms": round(1000 * (after - before) / max(1, count), 2),
        "db_cpu_ms": round(1000 * (database_after - database) / max(1, count), 2),
        "db_asked": round((asked_after - asked) / max(1, count), 2),
        "load": round(os.getloadavg()[0], 1),
    }
    _say(f"{name}: {row}")
    return row


async def _send_all(
    url: str, requests: list[Request], rate: float
) -> tuple[list[tuple[float, bool]], float]:
    limits = httpx2.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx2.AsyncClient(base_url=url, timeout=60, limits=limits, trust_env=False) as http:
        start = time.perf_counter() + 0.1
        sending = (_send(http, one, start + at / rate) for at, one in enumerate(requests))
        return await asyncio.gather(*sending), time.perf_counter() - start


async def _send(http: httpx2.AsyncClient, request: Request, due: float) -> tuple[float, bool]:
    await asyncio.sleep(max(0.0, due - time.perf_counter()))
    path, headers = request
    try:
        good = (await http.get(path, headers=headers)).status_code == httpx2.codes.OK
    except httpx2.TransportError:
        good = False
    return time.perf_counter() - due, good


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
