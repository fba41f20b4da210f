import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from reddit_reco_local.kit.waiting import eventually

Make = Callable[[int], Any]


def has_root(cluster: Any) -> bool:
    try:
        with cluster.client(patience=2) as client:
            return len(client.admin.command("usersInfo")["users"]) == 1
    except Exception:
        return False


def await_root(cluster: Any) -> None:
    eventually(lambda: has_root(cluster), "the root user")


def test_from_nothing_to_a_primary_with_login_and_majority_writes(running: Any) -> None:
    with running.client() as client:
        client.test.things.insert_one({"_id": 1})
        assert [user["user"] for user in client.admin.command("usersInfo")["users"]] == ["root"]
        assert client.admin.command("getDefaultRWConcern")["defaultWriteConcern"]["w"] == "majority"
    with running.client(login=None) as stranger, pytest.raises(OperationFailure, match="requires"):
        stranger.test.things.find_one()


def test_config_names_the_members_in_ordinal_order_with_equal_priorities(running: Any) -> None:
    with running.client() as client:
        members = client.admin.command("replSetGetConfig")["config"]["members"]
    assert [member["host"] for member in members] == running.members
    assert {member["priority"] for member in members} == {1}
    assert not any(member["arbiterOnly"] for member in members)


@pytest.mark.long
def test_nobody_initiates_until_every_member_answers(make_cluster: Make) -> None:
    cluster = make_cluster(3)
    for ordinal in (0, 1):
        cluster.start_mongod(ordinal)
        cluster.start_agent(ordinal)
    line = f"waiting for {cluster.members[2]} to answer"
    eventually(lambda: line in cluster.log("agent-0"), line)
    time.sleep(2)
    with cluster.client(0, login=None) as client:
        assert "setName" not in client.admin.command("hello")
    assert cluster.get(0, "/readyz") == (503, "not initiated")
    cluster.start_mongod(2)
    cluster.start_agent(2)
    await_root(cluster)


def test_agent_killed_over_and_over_goes_on_from_each_half_state(make_cluster: Make) -> None:
    cluster = make_cluster(1)
    cluster.start_mongod(0)
    for tenths in (3, 5, 6, 7, 8, 10):
        cluster.start_agent(0)
        time.sleep(tenths / 10)
        cluster.end("agent-0", kill=True)
    cluster.start_agent(0)
    await_root(cluster)
    cluster.await_ready(0)


@pytest.mark.parametrize("half", ["initiated", "with root user"])
def test_set_made_by_an_agent_that_died_half_way_is_completed(
    make_cluster: Make, half: str
) -> None:
    cluster = make_cluster(1)
    cluster.start_mongod(0)
    with cluster.client(0, login=None) as client:
        members = [{"_id": 0, "host": cluster.members[0]}]
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
        while not client.admin.command("hello")["isWritablePrimary"]:
            time.sleep(0.1)
        if half == "with root user":
            password = {"pwd": "root-password", "roles": ["root"]}
            client.admin.command("createUser", "root", **password)
    cluster.start_agent(0)
    await_root(cluster)
    with cluster.client() as client:
        ask = partial(client.admin.command, "getDefaultRWConcern")
        eventually(lambda: ask().get("defaultWriteConcernSource") == "global")
        assert ask()["defaultWriteConcern"]["w"] == "majority"


def test_agents_that_race_make_one_set_and_one_root_user(make_cluster: Make) -> None:
    cluster = make_cluster(1)
    cluster.start_mongod(0)
    cluster.start_agent(0)
    for port in cluster.spare_ports:
        cluster.start_rival(port)
    await_root(cluster)
    cluster.await_settled()
    racers = ["agent-0", *(f"rival-{port}" for port in cluster.spare_ports)]
    made = "created the root user"
    # Whoever makes it says so a moment after it is there.
    eventually(lambda: any(made in cluster.log(racer) for racer in racers), made)
    cluster.await_ready(0)
    assert sum(cluster.log(racer).count(made) for racer in racers) == 1


def test_root_password_that_does_not_fit_is_said_and_changes_nothing(make_cluster: Make) -> None:
    cluster = make_cluster(1)
    cluster.start_mongod(0)
    cluster.start_agent(0)
    await_root(cluster)
    cluster.end("agent-0")
    (cluster.folder / "password").write_text("another")
    cluster.start_agent(0)
    line = "the root password of the Secret is not the database's"
    eventually(lambda: line in cluster.log("agent-0"), line)
    assert has_root(cluster)


def test_set_grows_from_one_member_to_three_and_keeps_its_data(make_cluster: Make) -> None:
    cluster = make_cluster(3)
    cluster.start_mongod(0)
    cluster.start_agent(0, members=cluster.members[:1])
    await_root(cluster)
    with cluster.client() as client:
        client.test.things.insert_many([{"_id": n} for n in range(1000)])
    cluster.end("agent-0")
    cluster.start()
    cluster.await_settled(3)
    with cluster.client() as client:
        hosts = [m["host"] for m in client.admin.command("replSetGetConfig")["config"]["members"]]
    assert sorted(hosts) == sorted(cluster.members)
    with cluster.client(2) as client:
        assert client.test.things.count_documents({}) == 1000


def test_new_members_get_in_while_the_primarys_agent_knows_only_itself(
    make_cluster: Make,
) -> None:
    """A StatefulSet tells its first pod last, and only when the others are Ready."""
    cluster = make_cluster(3)
    cluster.start_mongod(0)
    cluster.start_agent(0, members=cluster.members[:1])
    await_root(cluster)
    with cluster.client() as client:
        client.test.things.insert_one({"_id": 1})
    for ordinal in (1, 2):
        cluster.start_mongod(ordinal)
        cluster.start_agent(ordinal)
    cluster.await_settled(3)
    for ordinal in (1, 2):
        cluster.await_ready(ordinal)
    with cluster.client() as client:
        config = client.admin.command("replSetGetConfig")["config"]
        assert client.test.things.count_documents({}) == 1
    assert sorted(member["host"] for member in config["members"]) == sorted(cluster.members)


@pytest.mark.long
def test_member_with_a_new_disk_is_taken_back_and_no_second_set_is_made(
    make_cluster: Make,
) -> None:
    cluster = make_cluster(3)
    cluster.start()
    await_root(cluster)
    cluster.await_settled()
    with cluster.client() as client:
        client.test.things.insert_one({"_id": 1})
    cluster.end("agent-0", kill=True)
    cluster.end("mongod-0", kill=True)
    (cluster.folder / "data-0").rename(cluster.folder / "lost")
    cluster.start_mongod(0)
    cluster.start_agent(0)
    cluster.await_ready(0)
    cluster.await_settled()
    assert has_root(cluster)
    with cluster.client() as client:
        assert client.test.things.count_documents({}) == 1
