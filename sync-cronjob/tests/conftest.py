"""A source and a target in a real MongoDB, and runs as processes of their own."""

import json
import os
import random
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection

from reddit_reco_local.embedded import mongod_binary
from reddit_reco_sync.__main__ import connect, run_all
from reddit_reco_sync.settings import Settings

Document = dict[str, Any]
RUN_MAIN = "from reddit_reco_sync.__main__ import main; raise SystemExit(main())"


def post(number: int, text: str = "") -> Document:
    return {
        "_id": f"reddit:{number:06}",
        "source": "reddit",
        "title": f"Post {number}",
        "text": text,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "score": number,
        "tags": ["a", "b"],
        "attribution": None,
    }


class World:
    """One stream `posts` from a collection to another, and what happens to the first."""

    def __init__(self, uri: str, folder: Path) -> None:
        self.uri = uri
        self.folder = folder
        self.client: MongoClient[Document] = MongoClient(uri, tz_aware=True, w="majority")
        name = uuid.uuid4().hex[:8]
        self.source_db, self.target_db = f"source_{name}", f"target_{name}"
        self.random = random.Random(3)
        self.writes = 0
        self.write_plan([self.stream()])

    def stream(self, name: str = "posts", **places: str) -> Document:
        target = {"db": self.target_db, "collection": f"synced_{name}", **places}
        source = {"db": self.source_db, "collection": "posts"}
        return {"stream": name, "source": source, "target": target}

    def write_plan(self, streams: list[Document]) -> None:
        (self.folder / "plan.json").write_text(json.dumps({"streams": streams}))

    @property
    def source(self) -> Collection[Document]:
        return self.client[self.source_db].posts

    @property
    def target(self) -> Collection[Document]:
        return self.client[self.target_db].synced_posts

    def state(self) -> Document:
        return self.client[self.target_db].synced_state.find_one({"_id": "posts"}) or {}

    def fill(self, count: int, text: str = "") -> None:
        self.source.insert_many([post(number, text) for number in range(count)])

    def environ(self, **more: str) -> dict[str, str]:
        plan = str(self.folder / "plan.json")
        return {**os.environ, "MONGODB_URI": self.uri, "SYNC_PLAN_FILE": plan, **more}

    def start(self, *flags: str, code: str = "", **environ: str) -> "subprocess.Popen[str]":
        """A run in the background; `code` is run in its process first."""
        command = ["-m", "reddit_reco_sync"]
        if code:
            command = ["-c", f"{code}\n{RUN_MAIN}"]
        return subprocess.Popen(
            [sys.executable, *command, *flags],
            env=self.environ(**environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self, *flags: str, code: str = "", **environ: str
    ) -> "subprocess.CompletedProcess[str]":
        """A run that is waited for; one pass unless told otherwise.

        In this process, unless something is asked of the process itself.
        """
        if code or environ:
            return finish(self.start(*(flags or ["--once"]), code=code, **environ))
        settings = Settings.read(self.environ(), list(flags or ["--once"]))
        with connect(settings.uri) as client:
            outcomes = run_all(client, settings, threading.Event())
        status = max(outcome.status for outcome in outcomes)
        lines = "\n".join(outcome.line for outcome in outcomes)
        return subprocess.CompletedProcess([], status, lines, "")

    def mismatches(self) -> list[Any]:
        """Ids whose documents differ between the source and the target."""
        there = {document["_id"]: document for document in self.source.find()}
        here = {document["_id"]: document for document in self.target.find()}
        for document in here.values():
            document.pop("_gen")
        return [key for key in there.keys() | here.keys() if there.get(key) != here.get(key)]

    def disturb(self, ids: int) -> None:
        """One random write to the source: insert, change, replace, delete, or tombstone."""
        key = f"reddit:{self.random.randrange(ids):06}"
        match self.random.randrange(5):
            case 0:
                self.source.delete_one({"_id": key})
            case 1:
                gone = {"deleted": True, "deleted_at": datetime(2026, 2, 2, tzinfo=UTC)}
                self.source.replace_one({"_id": key}, gone, upsert=True)
            case 2:
                self.source.update_one({"_id": key}, {"$inc": {"score": 1}})
            case _:
                new = post(int(key[7:]), text=str(self.random.random()))
                self.source.replace_one({"_id": key}, new, upsert=True)
        self.writes += 1


def finish(process: "subprocess.Popen[str]") -> "subprocess.CompletedProcess[str]":
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


class Members:
    """A replica set of real mongods that can be killed one by one."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, host: str, *options: str) -> None:
        port = host.rpartition(":")[2]
        data = self.folder / port
        data.mkdir(exist_ok=True)
        command = [str(mongod_binary()), "--dbpath", str(data), "--port", port, "--nounixsocket"]
        command += ["--replSet", "rs0", "--bind_ip", "127.0.0.1", "--wiredTigerCacheSizeGB", "0.25"]
        log = self.stack.enter_context((data / "log").open("wb"))
        self.processes[host] = subprocess.Popen([*command, *options], stdout=log, stderr=log)

    def initiate(self) -> str:
        hosts = list(self.processes)
        members = [{"_id": n, "host": host} for n, host in enumerate(hosts)]
        settings = {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500}
        config = {"_id": "rs0", "members": members, "settings": settings}
        for host in hosts:
            with MongoClient[Any](host, directConnection=True) as client:
                client.admin.command("ping")  # a set is initiated only if all its members answer
        with MongoClient[Any](hosts[0], directConnection=True) as client:
            client.admin.command("replSetInitiate", config)
        uri = f"mongodb://{','.join(hosts)}/?replicaSet=rs0"
        with MongoClient[Any](uri) as client:
            client.admin.command("ping")  # waits for a primary
        return uri

    def kill(self, host: str) -> None:
        process = self.processes.pop(host)
        process.kill()
        process.wait()

    def close(self) -> None:
        for host in list(self.processes):
            self.kill(host)


@pytest.fixture
def members(tmp_path: Path) -> Iterator[Members]:
    with ExitStack() as stack:
        made = Members(tmp_path, stack)
        stack.callback(made.close)
        yield made


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[[str], World]]:
    made: list[World] = []

    def make(uri: str) -> World:
        made.append(World(uri, tmp_path))
        return made[-1]

    yield make
    for world in made:
        world.client.close()


@pytest.fixture
def world(mongodb_uri: str, make_world: Callable[[str], World]) -> Iterator[World]:
    world = make_world(mongodb_uri)
    yield world
    for name in (world.source_db, world.target_db):
        world.client.drop_database(name)
