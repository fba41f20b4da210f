"""One real process of the service on a MongoDB of its own, and what it takes of the machine."""

import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
from pymongo import MongoClient
from pymongo.database import Database

from reddit_reco_local.embedded import free_port, mongod
from reddit_reco_local.keys import make_keys
from reddit_reco_local.processes import Processes

Document = dict[str, Any]
_BATCH = 10_000
_PATIENCE = 1_800.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Served:
    """The service, running."""

    def __init__(self, database: Database[Document], keys: Path) -> None:
        self.database = database
        self.keys = keys
        self.port, self._metrics_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._pid = 0

    def write(self, collection: str, documents: Iterable[Document]) -> int:
        """Write as sync does; how many."""
        rest, number = iter(documents), 0
        while batch := list(islice(rest, _BATCH)):
            self.database[collection].insert_many(batch, ordered=False)
            number += len(batch)
        return number

    def start(self, processes: Processes, uri: str) -> float:
        """Start, and wait until it is ready; the seconds of that."""
        started = time.monotonic()
        env = {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "METRICS_PORT": str(self._metrics_port),
            "MONGODB_URI": uri,
            "MONGODB_DATABASE": self.database.name,
            "JWKS_FILE": str(self.keys / "jwks.json"),
        }
        processes.start("recommend", "reddit_reco_recommend", env=env)
        processes.wait_ready("recommend", f"{self.url}/readyz", _PATIENCE)
        self._pid = processes.pid("recommend")
        return time.monotonic() - started

    def metric(self, name: str) -> float:
        """A metric of the service; 0 while it is not there."""
        text = httpx2.get(f"http://127.0.0.1:{self._metrics_port}/metrics", timeout=60).text
        found = re.search(rf"^{name} ([0-9.e+-]+)$", text, re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    def wait_fitted(self) -> float:
        """Wait until a model of the signals is there; the seconds that its fit took."""
        deadline = time.monotonic() + _PATIENCE
        while not self.metric("reddit_reco_recommend_model_items"):
            if time.monotonic() > deadline:
                raise RuntimeError("no model was fitted")
            time.sleep(0.5)
        return self.metric("reddit_reco_recommend_fit_seconds")

    def memory_mb(self, field: str = "VmRSS") -> float:
        """Resident memory of the processes, in MB (10^6 bytes); `VmHWM` for the most so far."""
        return round(sum(_kib(pid, field) for pid in self._pids()) * 1.024 / 1000, 1)

    def cpu_seconds(self) -> float:
        """CPU time that the processes took so far."""
        return sum(_ticks(pid) for pid in self._pids()) / _TICKS

    def database_work(self) -> tuple[float, int]:
        """CPU time of MongoDB so far, and how much it was asked: reads, writes and commands."""
        status = self.database.command("serverStatus")
        asked = sum(status["opcounters"][kind] for kind in ("query", "insert", "update", "command"))
        return _ticks(str(int(status["pid"]))) / _TICKS, asked

    def _pids(self) -> list[str]:
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
        return [str(self._pid), *children]


@contextmanager
def house() -> Iterator[tuple[Served, Processes, str]]:
    """A MongoDB, keys, and a place for processes, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="bench-recommend-") as folder, mongod() as uri:
        keys = Path(folder) / "keys"
        make_keys(keys)
        with MongoClient[Document](uri, tz_aware=True) as client:
            served = Served(client["recommend"], keys)
            with Processes(Path(folder) / "logs") as processes:
                yield served, processes, uri


def _kib(pid: str, field: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found.group(1)) if found else 0


def _ticks(pid: str) -> int:
    # The name, in brackets, may hold blanks.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
