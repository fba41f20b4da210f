"""All data are written as of one moment, and put back, on a real replica set with login."""

import io
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bson
import pytest
from gridfs import GridFS

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
POSTS = 2_500


@pytest.fixture
def run(running: Any) -> Run:
    def command(*arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        environ = {**running.environ(), "MONGOD": running.members[(running.primary() + 1) % 3]}
        whole = [sys.executable, "-m", "reddit_reco_mongodb", *arguments]
        return subprocess.run(whole, env=environ, input=given, capture_output=True, check=False)

    return command


@pytest.fixture
def client(running: Any) -> Iterator[Any]:
    with running.client() as client:
        yield client
        drop_all(client)


def drop_all(client: Any) -> None:
    for name in set(client.list_database_names()) - {"admin", "config", "local"}:
        client.drop_database(name)


def fill(client: Any) -> None:
    client.posts.posts.insert_many({"_id": f"reddit:{n}", "n": n} for n in range(POSTS))
    client.posts.posts.create_index([("n", -1)], name="by_n", unique=True)
    client.search.synced_posts.insert_one({"_id": "reddit:1"})
    client.search.synced_state.insert_one({"_id": "posts", "token": "of another place"})
    client.like.inbox.insert_one({"_id": "user:1"})
    client.like.likes.insert_one({"_id": 1, "user": "user:1"})
    client.like.create_collection("empty")
    GridFS(client.ingest).put(os.urandom(3_000_000), _id="file")


def contents(client: Any) -> dict[str, Any]:
    names = set(client.list_database_names()) - {"admin", "config", "local"}
    return {
        f"{name}.{collection}": list(client[name][collection].find().sort("_id"))
        for name in names
        for collection in client[name].list_collection_names()
    }


def backup(run: Run) -> bytes:
    done = run("backup")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_was_backed_up_is_there_again_and_nothing_else(client: Any, run: Run) -> None:
    fill(client)
    before = contents(client)
    saved = backup(run)
    client.posts.posts.delete_many({"n": {"$gt": 10}})
    client.like.likes.insert_one({"_id": 2})
    client.later.things.insert_one({})
    done = run("restore", "--replace", given=saved)
    assert done.returncode == 0, done.stderr
    derived = {"search.synced_posts", "search.synced_state", "like.inbox"}
    assert contents(client) == {k: v for k, v in before.items() if k not in derived}
    assert client.posts.posts.index_information()["by_n"]["unique"]
    assert GridFS(client.ingest).get("file").length == 3_000_000


def test_backup_is_of_one_moment_while_writes_go_on(client: Any, run: Run) -> None:
    fill(client)
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with client.start_session() as session, session.start_transaction():
                client.a.left.insert_one({"_id": number}, session=session)
                client.z.right.insert_one({"_id": number}, session=session)

    client.a.left.insert_one({"_id": 0})
    client.z.right.insert_one({"_id": 0})
    writer = threading.Thread(target=write)
    writer.start()
    try:
        saved = [backup(run) for _ in range(3)]
    finally:
        stop.set()
        writer.join()
    for each in saved:
        assert documents(each, "a/left.bson") == documents(each, "z/right.bson")
    assert len(documents(saved[0], "a/left.bson")) > 1


def documents(saved: bytes, name: str) -> list[Any]:
    with tarfile.open(fileobj=io.BytesIO(saved)) as tar:
        content = tar.extractfile(name)
        assert content
        return bson.decode_all(content.read())


def test_last_member_of_a_backup_says_that_it_is_whole(client: Any, run: Run) -> None:
    fill(client)
    with tarfile.open(fileobj=io.BytesIO(backup(run))) as tar:
        names = tar.getnames()
    assert names[-1] == "complete"
    assert "posts/posts.bson" in names
    assert [name for name in names if "synced_" in name or "inbox" in name] == []


@pytest.mark.parametrize("part", [0.3, 0.7, 0.99])
def test_backup_that_is_cut_short_changes_nothing(client: Any, run: Run, part: float) -> None:
    fill(client)
    saved = backup(run)
    client.like.likes.insert_one({"_id": 2})
    before = contents(client)
    end = saved.rindex(b"complete\0")
    done = run("restore", "--replace", given=saved[: int(end * part)])
    assert done.returncode == 1
    assert b"cut short, nothing was changed" in done.stderr
    assert b"Traceback" not in done.stderr
    assert contents(client) == before


@pytest.mark.parametrize("given", [b"", b"no tar file at all" * 100])
def test_what_is_no_backup_changes_nothing(client: Any, run: Run, given: bytes) -> None:
    fill(client)
    before = contents(client)
    done = run("restore", "--replace", given=given)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert contents(client) == before


def test_restore_that_was_killed_leaves_nothing_behind_for_the_next(client: Any, run: Run) -> None:
    fill(client)
    saved = backup(run)
    client.posts.restoring_posts.insert_one({"_id": "half"})
    client.gone.restoring_things.insert_one({"_id": "half"})
    assert backup(run) == saved
    done = run("restore", "--replace", given=saved)
    assert done.returncode == 0, done.stderr
    assert "restoring" not in str(contents(client).keys())
    assert client.posts.posts.count_documents({}) == POSTS


def test_restore_wants_to_be_told_that_everything_goes(client: Any, run: Run) -> None:
    fill(client)
    before = contents(client)
    assert run("restore", given=backup(run)).returncode == 2
    assert contents(client) == before


def test_orders_to_erase_stay_through_a_restore(client: Any, run: Run) -> None:
    fill(client)
    client.login.erasures.insert_one({"_id": "user:1"})
    saved = backup(run)
    client.login.erasures.insert_one({"_id": "user:2"})
    done = run("restore", "--replace", "--keep", "login.erasures", given=saved)
    assert done.returncode == 0, done.stderr
    assert client.login.erasures.distinct("_id") == ["user:1", "user:2"]


def test_server_keeps_history_as_before_afterwards(running: Any, client: Any, run: Run) -> None:
    fill(client)
    backup(run)
    for ordinal in range(3):
        with running.client(ordinal) as member:
            name = "minSnapshotHistoryWindowInSeconds"
            assert member.admin.command({"getParameter": 1, name: 1})[name] == 300


def test_wrong_password_is_one_line(running: Any, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("wrong")
    environ = {**running.environ(), "ROOT_PASSWORD_FILE": str(tmp_path / "password")}
    environ["MONGOD"] = running.members[0]
    command = [sys.executable, "-m", "reddit_reco_mongodb", "backup"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Authentication failed" in done.stderr
    assert "Traceback" not in done.stderr
