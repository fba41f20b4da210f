"""Ask every query over HTTP on one connection, and note what came back and how long that took."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from tqdm import tqdm

from .judgements import Query

DEPTH = 10
_WARM_UP = 30


@dataclass
class Run:
    """The answers to all queries, in order."""

    queries: list[Query]
    rankings: list[list[str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    engine: str = ""
    refused: int = 0
    total_seconds: float = 0.0


def ask_all(address: str, queries: list[Query], params: dict[str, str]) -> Run:
    """Ask all queries, one after the other. Refused ones count as found nothing."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    run = Run(queries)
    for query in queries[:_WARM_UP]:
        _ask(connection, query.text, params)
    began = time.perf_counter()
    for query in tqdm(queries, desc="queries", unit="q", leave=False):
        started = time.perf_counter()
        status, body = _ask(connection, query.text, params)
        run.seconds.append(time.perf_counter() - started)
        _note(run, status, body)
    run.total_seconds = time.perf_counter() - began
    connection.close()
    return run


def saturated_qps(
    address: str, queries: list[Query], params: dict[str, str], clients: int = 4
) -> float:
    """Queries a second that several clients get answered together, each asking all it can."""
    parts = [queries[start::clients] for start in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        began = time.perf_counter()
        list(pool.map(lambda part: _ask_in_turn(address, part, params), parts))
        return len(queries) / (time.perf_counter() - began)


def _ask_in_turn(address: str, queries: list[Query], params: dict[str, str]) -> None:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    for query in queries:
        _ask(connection, query.text, params)
    connection.close()


def _ask(
    connection: http.client.HTTPConnection, text: str, params: dict[str, str]
) -> tuple[int, bytes]:
    connection.request("GET", f"/api/v1/search?{urlencode({'q': text, 'limit': DEPTH, **params})}")
    answer = connection.getresponse()
    return answer.status, answer.read()


def _note(run: Run, status: int, body: bytes) -> None:
    if status != http.client.OK:
        if status != http.client.BAD_REQUEST:
            raise RuntimeError(f"search answered {status}: {body[:300].decode(errors='replace')}")
        run.refused += 1
        run.rankings.append([])
        return
    answer: dict[str, Any] = json.loads(body)
    run.engine = answer["engine"]
    run.rankings.append([item["id"].rpartition(":")[2] for item in answer["items"]])
