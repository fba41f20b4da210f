"""The services as real processes on an embedded MongoDB, filled through ingest and sync."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from reddit_reco_local.embedded import free_port
from reddit_reco_local.stack import Stack, running

_DOCUMENTS = re.compile(r"^reddit_reco_search_index_documents ([0-9.e+]+)$", re.MULTILINE)
_PATIENCE = 900.0


class Services:
    """posts, ingest and search, running."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._addresses = {"search": stack.url("search")}

    def address(self, name: str) -> str:
        """Where a service answers."""
        return self._addresses[name]

    def filled(self, dump: Path, format_name: str, posts: int) -> float:
        """Import a dump, sync it once, and wait until it is in the index; seconds of it all."""
        started = time.monotonic()
        self._import(dump, format_name)
        imported = time.monotonic()
        self._sync()
        synced = time.monotonic()
        self._wait_indexed(posts)
        indexed = time.monotonic()
        _say(
            f"import {imported - started:.1f} s, sync {synced - imported:.1f} s, "
            f"searchable {indexed - synced:.1f} s later"
        )
        return indexed - started

    def start_baseline(self) -> None:
        """Start search once more, with MongoDB's text index as its engine."""
        port = free_port()
        env = {
            **self._stack.environments["search"],
            "PORT": str(port),
            "METRICS_PORT": "0",
            "SEARCH_ENGINE": "mongodb",
        }
        address = f"http://127.0.0.1:{port}"
        self._addresses["search-mongodb"] = address
        self._stack.processes.start("search-mongodb", "reddit_reco_search", env=env)
        self._stack.processes.wait_ready("search-mongodb", f"{address}/readyz", _PATIENCE)

    def rss_mb(self, name: str) -> float:
        """Resident memory of a service's process and its children, in MB (10^6 bytes)."""
        return round(sum(_resident_kib(one) for one in self._pids(name)) * 1.024 / 1000, 1)

    def on_one_core(self, name: str) -> None:
        """Leave a service and its children one core, as a pod with one has it."""
        for pid in self._pids(name):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {0})

    def cpu_seconds(self, name: str) -> float:
        """Processor time that a service and its children have taken."""
        return sum(_ticks(one) for one in self._pids(name)) / os.sysconf("SC_CLK_TCK")

    def _pids(self, name: str) -> list[int]:
        pid = self._stack.processes.pid(name)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def _import(self, dump: Path, format_name: str) -> None:
        command = [sys.executable, "-m", "reddit_reco_ingest", str(dump), "--format", format_name]
        token = self._stack.home / "keys" / "ingest.token"
        command += ["--url", self._stack.url("posts"), "--token-file", str(token)]
        subprocess.run(command, check=True, stdout=sys.stderr)

    def _sync(self) -> None:
        command = [sys.executable, "-m", "reddit_reco_sync", "--once"]
        env = self._stack.environments["sync"]
        subprocess.run(command, check=True, stdout=sys.stderr, env={**os.environ, **env})

    def _wait_indexed(self, posts: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while (there := self._indexed()) != posts:
            self._stack.processes.check()
            if time.monotonic() > deadline:
                raise RuntimeError(f"{there} posts are in the index, not {posts}")
            time.sleep(0.2)

    def _indexed(self) -> int:
        port = self._stack.metrics_ports["search"]
        metrics = httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
        found = _DOCUMENTS.search(metrics)
        return int(float(found.group(1))) if found else 0


@contextmanager
def started(home: Path) -> Iterator[Services]:
    """Run the services until the block ends."""
    with running(home, ("posts", "ingest", "search"), follow=False) as stack:
        yield Services(stack)


def _resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(found.group(1)) if found else 0


def _ticks(pid: int) -> int:
    """utime and stime, fields 14 and 15 of proc_pid_stat(5)."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return int(after_name[11]) + int(after_name[12])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
