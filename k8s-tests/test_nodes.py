"""More nodes than one: pods speak across them, members are apart, and a node can be drained."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from harness import Release, Traffic, wait_until

pytestmark = pytest.mark.long

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
SECONDS_AROUND = 5
GET = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=10).status)"


@pytest.fixture(scope="module", autouse=True)
def nodes(release: Release) -> list[Any]:
    """The nodes of the cluster; at least two."""
    found: list[Any] = release.core.list_node().items
    if len(found) < 2:
        pytest.skip("the cluster has one node: make down, then NODES=3 make up")
    return found


def _node_of(release: Release, component: str) -> dict[str, str]:
    return {pod.metadata.name: pod.spec.node_name for pod in release.pods(component)}


def test_members_of_the_database_stand_on_nodes_of_their_own(
    release: Release, nodes: list[Any]
) -> None:
    where = _node_of(release, "mongodb")
    assert len(set(where.values())) == min(len(nodes), len(where)), where


def test_pods_on_different_nodes_talk_by_the_names_of_services(
    release: Release, say: Callable[[str], None]
) -> None:
    apart = list(_apart(release))
    assert apart, "every pair of pods stands on one node"
    for caller, callee, port in apart:
        url = f"http://{release.name}-{callee}:{port}/healthz"
        pod = release.running(caller)[0]
        assert release.kubectl("exec", pod, "--", "python3", "-c", GET, url).strip() == "200"
    say(", ".join(f"{caller} -> {callee}" for caller, callee, _ in apart))


def _apart(release: Release) -> Iterator[tuple[str, str, int]]:
    """Caller, callee and port, as the chart's table has them, where no two pods share a node."""
    table = release.verbs()
    nodes = {verb: set(_node_of(release, verb).values()) for verb in table}
    for callee, its in table.items():
        for caller in set(its.get("callers", [])) & table.keys():
            if not nodes[caller] & nodes[callee]:
                yield caller, callee, its["port"]


@pytest.fixture
def drained(release: Release, nodes: list[Any]) -> Iterator[str]:
    """A node with a member of the database, the primary if it may be; open again afterwards."""
    # The Ingress is bound to the control plane: kind maps this machine's port to it.
    open_to_all = {n.metadata.name for n in nodes if CONTROL_PLANE not in n.metadata.labels}
    where = {name: n for name, n in _node_of(release, "mongodb").items() if n in open_to_all}
    node = where.get(release.primary()) or next(iter(where.values()))
    yield node
    release.kubectl("uncordon", node)


def test_a_drained_node_costs_no_acknowledged_write(
    release: Release, drained: str, say: Callable[[str], None]
) -> None:
    with Traffic(release) as traffic:
        time.sleep(SECONDS_AROUND)
        release.kubectl(
            *("drain", drained, "--ignore-daemonsets", "--delete-emptydir-data"), "--timeout=300s"
        )
        # A local volume binds its member to the drained node; two of three go on.
        wait_until(lambda: release.unready() == ["reddit-reco-mongodb"], "the rest is Ready", 300)
        time.sleep(SECONDS_AROUND)
        release.kubectl("uncordon", drained)
        release.wait_ready()
    say(f"{drained} drained: gaps {traffic.gaps}, errors {traffic.errors}")
    assert traffic.acknowledged
    with release.database("posts") as database:
        assert set(traffic.acknowledged) <= set(database["posts"].distinct("_id"))
