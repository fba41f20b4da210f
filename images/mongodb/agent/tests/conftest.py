"""Real mongods with keyFile on loopback, and the agents beside them: ports instead of pod names."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from reddit_reco_local.embedded import mongod_binary
from reddit_reco_local.kit.waiting import eventually

ROOT = {"username": "root", "password": "root-password"}


def free_ports(count: int) -> list[int]:
    """Held open together, so that they differ."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


class Cluster:
    """Up to three members that can be started and killed one by one."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        ports = free_ports(2 * size + 3)
        self.members = [f"127.0.0.1:{port}" for port in ports[:size]]
        self.agent_ports = ports[size : 2 * size]
        self.spare_ports = ports[2 * size :]
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        keyfile = folder / "keyfile"
        keyfile.write_text("c2VjcmV0" * 20)
        keyfile.chmod(0o400)
        for name, value in ROOT.items():
            (folder / name).write_text(value)

    def environ(self, ordinal: int = 0, members: list[str] | None = None) -> dict[str, str]:
        return {
            **os.environ,
            "POD_NAME": self.members[ordinal],
            "REPLICA_SET": "rs0",
            "MEMBERS": ",".join(members or self.members),
            "ROOT_USERNAME_FILE": str(self.folder / "username"),
            "ROOT_PASSWORD_FILE": str(self.folder / "password"),
            "AGENT_PORT": str(self.agent_ports[ordinal]),
        }

    def start_mongod(self, ordinal: int, *options: str) -> None:
        port = self.members[ordinal].rpartition(":")[2]
        data = self.folder / f"data-{ordinal}"
        data.mkdir(exist_ok=True)
        command = [str(mongod_binary()), "--dbpath", str(data), "--port", port, "--nounixsocket"]
        command += ["--replSet", "rs0", "--keyFile", str(self.folder / "keyfile")]
        command += ["--bind_ip", "127.0.0.1", "--oplogSize", "64", "--wiredTigerCacheSizeGB"]
        command += ["0.25", *options]
        self._start(f"mongod-{ordinal}", command, dict(os.environ))

    def start_agent(self, ordinal: int, members: list[str] | None = None) -> None:
        command = [sys.executable, "-m", "reddit_reco_mongodb", "agent"]
        self._start(f"agent-{ordinal}", command, self.environ(ordinal, members))

    def start_rival(self, port: int) -> None:
        """One more agent for the first member."""
        command = [sys.executable, "-m", "reddit_reco_mongodb", "agent"]
        self._start(f"rival-{port}", command, {**self.environ(0), "AGENT_PORT": str(port)})

    def start(self) -> None:
        """Start what does not run."""
        for ordinal in range(len(self.members)):
            if f"mongod-{ordinal}" not in self.processes:
                self.start_mongod(ordinal)
            self.start_agent(ordinal)

    def _start(self, name: str, command: list[str], environ: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, env=environ)

    def end(self, name: str, *, kill: bool = False) -> int:
        process = self.processes.pop(name)
        process.kill() if kill else process.terminate()
        return process.wait(timeout=60)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def client(
        self,
        ordinal: int | None = None,
        login: dict[str, str] | None = ROOT,
        patience: float = 60,
    ) -> "MongoClient[dict[str, Any]]":
        """A client of the whole set, or of one member alone, which may still be starting."""
        where = self.members if ordinal is None else self.members[ordinal]
        how = {"replicaSet": "rs0"} if ordinal is None else {"directConnection": True}
        wait = {"serverSelectionTimeoutMS": 1000 * patience}
        return MongoClient(where, w="majority", **wait, **how, **(login or {}))

    def states(self) -> dict[str, str]:
        """Member -> state, as the set sees it; empty while nobody can say."""
        for ordinal in range(len(self.members)):
            try:
                with self.client(ordinal, patience=2) as client:
                    status = client.admin.command("replSetGetStatus")
                return {member["name"]: member["stateStr"] for member in status["members"]}
            except Exception:
                continue
        return {}

    def await_settled(self, members: int | None = None, seconds: float = 90) -> None:
        wanted = ["PRIMARY"] + ["SECONDARY"] * ((members or len(self.members)) - 1)
        eventually(lambda: sorted(self.states().values()) == wanted, f"{wanted}", seconds)

    def primary(self) -> int:
        def find() -> list[str]:
            return [name for name, state in self.states().items() if state == "PRIMARY"]

        return self.members.index(eventually(find, "a primary")[0])

    def get(self, ordinal: int, path: str) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.agent_ports[ordinal]}{path}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.status, answer.read().decode().strip()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode().strip()
        except OSError as error:
            return 0, repr(error)

    def await_ready(self, ordinal: int, seconds: float = 90) -> None:
        eventually(lambda: self.get(ordinal, "/readyz")[0] == 200, f"{ordinal}", seconds)

    def close(self) -> None:
        for name in list(self.processes):
            self.end(name, kill=True)


@pytest.fixture
def make_cluster(tmp_path: Path) -> Iterator[Callable[[int], Cluster]]:
    made: list[Cluster] = []

    def make(size: int) -> Cluster:
        made.append(Cluster(tmp_path, size))
        return made[-1]

    yield make
    for cluster in made:
        cluster.close()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three members that the agents brought up; for tests that leave them working."""
    cluster = Cluster(tmp_path_factory.mktemp("running"), 3)
    cluster.start()
    try:
        cluster.await_settled()
        for ordinal in range(3):
            cluster.await_ready(ordinal)
        yield cluster
    finally:
        cluster.close()
