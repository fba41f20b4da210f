"""Open-loop load through the Ingress: what a reader waits for at fixed rates, and where it breaks.

    make bench-load [RATES=20,50,100] [SECONDS=10] [MIX=people|home]

Requests start when they are due, whether or not earlier ones were answered, and latency counts
from the moment a request was due: a slow server cannot hide behind a client that waits for it. The
mix is what people do: most of it searching and reading posts, some pages; `home` is the home page
alone, of visitors, or with `--token-file` of a reader who is signed in. `lacking` counts pages
without what some service did not answer in time. Prints a row a rate, then doubles the last rate
until p95 is over the bound or requests fail (the knee), and one JSON line last. Only addresses of
this machine are accepted, and each rate is bounded in time and count.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

LOOPBACK = ("localhost", "127.0.0.1", "::1")
# What web writes in the place of the answer of a service.
LACKING = b"does not answer right now"
LONGEST_SECONDS, MOST_REQUESTS = 60, 20_000
KNEE_P95_MS, KNEE_TRIES = 500.0, 5
WORDS = [
    "python",
    "docker",
    "bread",
    "garden",
    "telescope",
    "bicycle",
    "music",
    "history",
    "camera",
    "river",
]
MIXES = {
    "people": {"search": 50, "post": 20, "list": 15, "suggest": 10, "page": 5},
    "home": {"page": 1},
}


class Traffic:
    """Requests as people make them, in a fixed random order.

    Args:
        ids: posts to read.
        mix: kinds of requests, each with its share.
    """

    def __init__(self, ids: list[str], mix: dict[str, int]) -> None:
        self._random = random.Random(42)
        self._ids = ids
        self._mix = mix

    def path(self) -> tuple[str, str]:
        """A kind of request, and the path of one."""
        kind = self._random.choices(list(self._mix), list(self._mix.values()))[0]
        word = self._random.choice(WORDS)
        paths = {
            "search": f"/api/v1/search?q={word}",
            "post": f"/api/v1/posts/{self._random.choice(self._ids)}",
            "list": f"/api/v1/posts?sort={self._random.choice(('hot', 'new', 'top'))}",
            "suggest": f"/api/v1/search/suggest?q={word[:4]}",
            "page": "/",
        }
        return kind, paths[kind]


async def at_rate(
    client: httpx2.AsyncClient, traffic: Traffic, rate: float, seconds: float
) -> dict[str, float]:
    """Send `rate` requests a second for `seconds`; latencies in ms from the time each was due."""
    count = min(int(rate * seconds), MOST_REQUESTS)
    start = time.perf_counter() + 0.1
    done = await asyncio.gather(
        *(_send(client, traffic.path()[1], start + number / rate) for number in range(count))
    )
    latencies = sorted(1000 * latency for latency, _, _ in done)
    return {
        "rate": rate,
        "requests": count,
        "errors": sum(not ok for _, ok, _ in done),
        "lacking": sum(lacking for _, _, lacking in done),
        **{f"p{q}_ms": round(_quantile(latencies, q / 100), 1) for q in (50, 95, 99)},
        "max_ms": round(latencies[-1], 1),
    }


async def _send(client: httpx2.AsyncClient, path: str, due: float) -> tuple[float, bool, bool]:
    """Seconds until the answer was there, whether it was one, and whether it lacks something."""
    await asyncio.sleep(max(0.0, due - time.perf_counter()))
    try:
        answer = await client.get(path)
    except httpx2.TransportError:
        return time.perf_counter() - due, False, False
    taken = time.perf_counter() - due
    return taken, answer.status_code == httpx2.codes.OK, LACKING in answer.content


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def measure(
    url: str, rates: list[float], seconds: float, mix: str, token: str
) -> dict[str, object]:
    """All rates, one after the other, then the knee; with a token as the reader whose it is."""
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx2.AsyncClient(
        base_url=url, timeout=10, limits=limits, trust_env=False, cookies=_cookies(token)
    ) as client:
        items = (await client.get("/api/v1/posts?limit=100")).raise_for_status().json()["items"]
        if not items:
            raise SystemExit("bench-load: the release has no posts")
        traffic = Traffic([item["id"] for item in items], MIXES[mix])
        await at_rate(client, traffic, 20, 2)  # warm
        rows = [_say(await at_rate(client, traffic, rate, seconds)) for rate in rates]
        knee = await _knee(client, traffic, rates[-1], seconds)
    return {"rows": rows, "knee_rate": knee}


def _cookies(token: str) -> dict[str, str]:
    return {"reddit_reco_access": token} if token else {}


async def _knee(
    client: httpx2.AsyncClient, traffic: Traffic, rate: float, seconds: float
) -> float | None:
    for _ in range(KNEE_TRIES):
        rate *= 2
        row = _say(await at_rate(client, traffic, rate, seconds))
        if row["errors"] or row["p95_ms"] > KNEE_P95_MS:
            return rate
    return None


def _say(row: dict[str, float]) -> dict[str, float]:
    print("  ".join(f"{name} {value:g}" for name, value in row.items()), file=sys.stderr)
    return row


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make bench-load", description=__doc__.split("\n\n")[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--rates", default="20,50,100", help="requests a second, commas between")
    parser.add_argument("--seconds", type=float, default=10, help="for each rate, at most 60")
    parser.add_argument("--mix", default="people", choices=MIXES, help="what is asked for")
    parser.add_argument("--token-file", type=Path, help="a reader's token, for pages as they see")
    args = parser.parse_args()
    if urlsplit(args.url).hostname not in LOOPBACK:
        parser.error("only a release on this machine is loaded")
    try:
        rates = [float(rate) for rate in args.rates.split(",")]
    except ValueError:
        parser.error(f"--rates: not numbers: {args.rates}")
    seconds = min(args.seconds, LONGEST_SECONDS)
    token = args.token_file.read_text().strip() if args.token_file else ""
    result = asyncio.run(measure(args.url, rates, seconds, args.mix, token))
    conditions = {
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "machine": platform.machine(),
    }
    print(json.dumps({**result, "mix": MIXES[args.mix], **conditions}))


if __name__ == "__main__":
    main()
