import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reddit_reco_local.kit.waiting import eventually
from reddit_reco_mongodb.health import reason_not_ready

Make = Callable[[int], Any]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def hello(seconds_behind: float = 0, **more: Any) -> dict[str, Any]:
    written = NOW - timedelta(seconds=seconds_behind)
    return {"setName": "rs0", "lastWrite": {"lastWriteDate": written}, **more}


def test_secondary_is_ready_only_while_it_keeps_up() -> None:
    def ask(_: str) -> dict[str, Any]:
        return hello()

    near = hello(3, secondary=True, primary="m0:1")
    far = hello(60, secondary=True, primary="m0:1")
    assert reason_not_ready(near, ask) is None
    assert reason_not_ready(far, ask) == "SECONDARY, 60 s behind"


def test_secondary_without_a_primary_is_not_ready() -> None:
    alone = hello(secondary=True)
    assert reason_not_ready(alone, lambda _: None) == (
        "SECONDARY without a primary to compare with"
    )


def test_member_in_initial_sync_or_recovering_is_not_ready() -> None:
    assert reason_not_ready(hello(secondary=False), lambda _: None) == "RECOVERING"


def test_primary_and_secondaries_of_a_real_set_are_ready(running: Any) -> None:
    assert [running.get(n, "/readyz") for n in range(3)] == [(200, "ok")] * 3
    assert running.get(0, "/healthz") == (200, "ok")
    assert running.get(0, "/other")[0] == 404


def test_member_in_maintenance_is_alive_but_not_ready(running: Any) -> None:
    secondary = (running.primary() + 1) % 3
    with running.client(secondary) as client:
        client.admin.command("replSetMaintenance", 1)
        assert running.get(secondary, "/readyz") == (503, "RECOVERING")
        assert running.get(secondary, "/healthz")[0] == 200
        client.admin.command("replSetMaintenance", 0)
    running.await_ready(secondary)


@pytest.mark.long
def test_member_in_initial_sync_is_not_ready_until_it_has_the_data(make_cluster: Make) -> None:
    cluster = make_cluster(2)
    cluster.start_mongod(0)
    cluster.start_agent(0, members=cluster.members[:1])
    cluster.await_ready(0)
    cluster.end("agent-0")
    # Initial sync stops after the data is cloned, until told to go on.
    pause = "failpoint.initialSyncHangBeforeFinish={mode: 'alwaysOn'}"
    cluster.start_mongod(1, "--setParameter", pause, "--setParameter", "enableTestCommands=1")
    for ordinal in (0, 1):
        cluster.start_agent(ordinal)
    eventually(lambda: cluster.states().get(cluster.members[1]) == "STARTUP2")
    assert cluster.get(1, "/readyz") == (503, "RECOVERING")
    assert cluster.get(0, "/readyz") == (200, "ok")
    cluster.end("agent-1")
    cluster.end("mongod-1", kill=True)
    cluster.start_mongod(1)
    cluster.start_agent(1)
    cluster.await_ready(1)


def test_step_down_hands_over_at_once_and_says_to_whom(running: Any) -> None:
    primary = running.primary()
    started = time.monotonic()
    status, line = running.get(primary, "/stepdown")
    assert status == 200
    assert line.startswith("handed over to ")
    assert time.monotonic() - started < 60
    assert running.primary() != primary


def test_step_down_of_a_secondary_or_a_lone_member_does_nothing(
    running: Any, make_cluster: Make
) -> None:
    secondary = (running.primary() + 1) % 3
    assert running.get(secondary, "/stepdown") == (200, "nothing to hand over")
    alone = make_cluster(1)
    alone.start()
    alone.await_ready(0)
    alone.await_settled()
    assert alone.get(0, "/stepdown") == (200, "nothing to hand over")
    assert alone.primary() == 0


def test_probes_answer_while_mongod_is_away(make_cluster: Make) -> None:
    cluster = make_cluster(1)
    cluster.start_agent(0)
    eventually(lambda: cluster.get(0, "/healthz")[0] == 200)
    assert cluster.get(0, "/readyz") == (503, "mongod does not answer")
    assert cluster.get(0, "/stepdown")[0] == 200
    assert cluster.end("agent-0") == 0
