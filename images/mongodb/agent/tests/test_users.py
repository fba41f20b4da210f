"""Users and roles on a real replica set with login."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

DATABASES = ["posts", "ingest", "search"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def own(name: str) -> dict[str, Any]:
    privilege = {"db": name, "collections": "*", "actions": "readWrite"}
    return {"username": name, "privileges": [privilege]}


SYNC: dict[str, Any] = {
    "username": "sync",
    "privileges": [
        {"db": "posts", "collections": "*", "actions": "read"},
        {
            "db": "search",
            "collections": ["synced_posts", "synced_state"],
            "actions": "readWrite",
        },
    ],
}
ALL = [*map(own, DATABASES), SYNC]


@pytest.fixture
def run(running: Any, tmp_path: Path) -> Iterator[Run]:
    def reconcile(
        users: list[dict[str, Any]], **environ: str
    ) -> "subprocess.CompletedProcess[str]":
        for user in users:
            password = tmp_path / user["username"]
            password.write_text(user.get("password", "password-of-" + user["username"]))
            user["password_file"] = str(password)
        listed = [{k: v for k, v in user.items() if k != "password"} for user in users]
        (tmp_path / "users.json").write_text(json.dumps({"users": listed}))
        given = {**running.environ(), "USERS_FILE": str(tmp_path / "users.json"), **environ}
        command = [sys.executable, "-m", "reddit_reco_mongodb", "users"]
        return subprocess.run(command, env=given, capture_output=True, text=True, check=False)

    yield reconcile
    assert reconcile([]).returncode == 0


def login(running: Any, name: str, password: str = "") -> "MongoClient[dict[str, Any]]":
    who = {"username": name, "password": password or f"password-of-{name}"}
    client: MongoClient[dict[str, Any]] = running.client(login=who)
    return client


def test_every_user_is_refused_on_every_other_database(running: Any, run: Run) -> None:
    assert run(ALL).returncode == 0
    for user, database in itertools.product(DATABASES, [*DATABASES, "other", "admin"]):
        with login(running, user) as client:
            things = client[database].things
            if user == database:
                things.insert_one({})
                assert things.find_one() is not None
                continue
            for refused in (
                things.find_one,
                lambda things=things: things.insert_one({}),
                lambda things=things: things.delete_one({}),
                things.database.list_collection_names,
            ):
                with pytest.raises(OperationFailure, match="not authorized"):
                    refused()


def test_sync_reads_its_source_and_writes_only_its_own_collections(running: Any, run: Run) -> None:
    assert run(ALL).returncode == 0
    with login(running, "sync") as client:
        client.posts.posts.find_one()
        with client.posts.watch(max_await_time_ms=100) as stream:
            assert stream.try_next() is None
        with client.start_session() as session, session.start_transaction():
            client.search.synced_posts.replace_one({"_id": 1}, {}, upsert=True, session=session)
            client.search.synced_state.update_one(
                {"_id": "posts"}, {"$set": {"rev": 1}}, upsert=True, session=session
            )
        client.search.synced_posts.create_index("created_at")
        client.search.synced_posts.delete_many({})
        for refused in (
            lambda: client.posts.posts.insert_one({}),
            lambda: client.search.things.insert_one({}),
            client.search.things.find_one,
            client.search.synced_posts.drop,
            client.ingest.imports.find_one,
        ):
            with pytest.raises(OperationFailure, match="not authorized"):
                refused()


def test_sync_may_end_the_session_of_a_run_that_was_killed(running: Any, run: Run) -> None:
    assert run(ALL).returncode == 0
    with login(running, "sync") as dead, login(running, "sync") as heir:
        states = heir.search.synced_state
        states.insert_one({"_id": "x", "rev": 0})
        session = dead.start_session()
        session.start_transaction()
        dead.search.synced_state.update_one({"_id": "x"}, {"$inc": {"rev": 1}}, session=session)
        heir.admin.command("killSessions", [{"id": session.session_id["id"]}])
        with heir.start_session() as mine, mine.start_transaction():
            states.update_one({"_id": "x"}, {"$inc": {"rev": 5}}, session=mine)
        assert states.find_one({"_id": "x"})["rev"] == 5


def test_second_run_changes_nothing(running: Any, run: Run) -> None:
    assert "created the user sync" in run(ALL).stdout
    with running.client() as client:
        before = list(client.admin["system.users"].find())
    second = run(ALL)
    assert second.returncode == 0
    assert second.stdout == ""
    with running.client() as client:
        assert list(client.admin["system.users"].find()) == before


def test_role_follows_the_file(running: Any, run: Run) -> None:
    run([own("posts")])
    reader = own("posts")
    reader["privileges"][0]["actions"] = "read"
    assert "changed the role" in run([reader]).stdout
    with login(running, "posts") as client:
        client.posts.things.find_one()
        with pytest.raises(OperationFailure, match="not authorized"):
            client.posts.things.insert_one({})


def test_password_follows_its_file(running: Any, run: Run) -> None:
    run([own("posts")])
    assert "changed the pwd" in run([{**own("posts"), "password": "new-one"}]).stdout
    with login(running, "posts", "new-one") as client:
        client.posts.things.find_one()
    with login(running, "posts") as client, pytest.raises(OperationFailure, match="Authentication"):
        client.posts.things.find_one()


def test_user_that_left_the_file_is_dropped_and_others_are_not(running: Any, run: Run) -> None:
    with running.client() as client:
        client.admin.command("createUser", "guest", pwd="guest", roles=[])
        run([own("posts"), own("search")])
        assert "dropped the user search" in run([own("posts")]).stdout
        users = client.admin.command("usersInfo")["users"]
        roles = client.admin.command("rolesInfo")["roles"]
        client.admin.command("dropUser", "guest")
    assert {user["user"] for user in users} == {"root", "guest", "posts"}
    assert {role["role"] for role in roles} == {"reddit-reco-posts"}


def test_user_of_somebody_else_is_not_taken_over(running: Any, run: Run) -> None:
    done = run([own("root")])
    assert done.returncode == 1
    assert "users: there is a user root that was not made here" in done.stderr
    with running.client() as client:
        assert client.admin.command("usersInfo", "root")["users"][0]["roles"][0]["role"] == "root"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"privileges": [{"db": "x", "collections": "*", "actions": "all"}]}, "user posts: 'all'"),
        ({"privileges": [{"collections": "*", "actions": "read"}]}, "user posts: 'db'"),
        ({"password": " "}, "is empty"),
    ],
)
def test_wrong_file_is_one_plain_line(run: Run, change: dict[str, Any], words: str) -> None:
    done = run([{**own("posts"), **change}])
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_no_primary_ends_with_a_line_after_the_deadline(run: Run) -> None:
    done = run([], MEMBERS="127.0.0.1:9", WAIT_SECONDS="1")
    assert done.returncode == 1
    assert "waiting for a primary" in done.stdout
    assert "users: no primary that takes the root user after 1 s" in done.stderr
    assert os.linesep.join(done.stderr.splitlines()[1:]) == ""
