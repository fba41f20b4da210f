"""The queries with their relevant posts, and the dump without the posts that are queries."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson
import zstandard

# Dumps are often made with a window that decoders refuse unless told (zstd --long=31).
_WINDOW = 2**31


@dataclass(frozen=True)
class Query:
    """A query and the bare native ids of the posts that answer it."""

    id: str
    text: str
    relevant: frozenset[str]


def read_queries(file: Path) -> list[Query]:
    """The judgements: `{"query_id", "query", "relevant"}`, one a line."""
    lines = [orjson.loads(line) for line in file.read_bytes().splitlines() if line.strip()]
    return [
        Query(str(line["query_id"]), line["query"], frozenset(map(str, line["relevant"])))
        for line in lines
    ]


def without_queries(dump: Path, to: Path, query_ids: set[str], limit: int) -> set[str]:
    """Write the posts that are no query to a plain file; their ids.

    A post whose title is a query would be found by it, and lead to the answer by its own link.
    """
    ids: set[str] = set()
    with _opened(dump) as lines, to.open("wb") as target:
        for line in lines:
            native_id = str(orjson.loads(line)["id"]) if line.strip() else ""
            if not native_id or native_id in query_ids:
                continue
            ids.add(native_id)
            target.write(line)
            if limit and len(ids) >= limit:
                break
    return ids


def answerable(queries: list[Query], ids: set[str]) -> list[Query]:
    """The queries whose relevant posts are all there."""
    return [query for query in queries if query.relevant <= ids]


@contextmanager
def _opened(dump: Path) -> Iterator[Iterator[bytes]]:
    with dump.open("rb") as raw:
        if dump.suffix != ".zst":
            yield iter(raw)
            return
        reader: BinaryIO = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(raw)
        yield iter(io.BufferedReader(reader, 1 << 20))  # type: ignore[type-var]
