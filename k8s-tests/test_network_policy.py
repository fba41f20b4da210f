"""Pods speak only as the table says, where the cluster enforces NetworkPolicy."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from harness import Release, wait_until
from harness.neighbour import PORTS, Neighbour, neighbour
from harness.release import CHART

OUTSIDE = "policy-probe"
DENY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "policy-probe", "labels": {"policy-probe": "yes"}},
    "spec": {"podSelector": {"matchLabels": {"policy-probe": "yes"}}, "policyTypes": ["Egress"]},
}
# Prints those of the addresses that take a connection.
CONNECT = """
import socket, sys
from concurrent.futures import ThreadPoolExecutor

def reaches(address):
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 3).close()
    except OSError:
        return False
    return True

with ThreadPoolExecutor(len(sys.argv)) as threads:
    print(*(a for a, there in zip(sys.argv[1:], threads.map(reaches, sys.argv[1:])) if there))
"""
RESOLVE = "import socket, sys; print(socket.gethostbyname(sys.argv[1]))"
TABLE = yaml.safe_load((CHART / "values.yaml").read_text())["components"]
IDENTITIES = [*TABLE, "mongodb", "mongodb-users", "secrets", "sync", "test", "stranger"]
# An agent that enforces policies learns of pods and policies in a moment, of namespaces later.
SETTLE_SECONDS = 180
Targets = dict[str, str]
# Names of targets: pods that are not the release's, and whatever else is not.
OTHERS = {"dns", "elsewhere"}
NOT_OF_THE_RELEASE = {*OTHERS, "api", "beside", "public", "public, another port"}


def _pod(release: Release, name: str, labels: dict[str, str]) -> dict[str, Any]:
    """A pod of posts' image that does nothing, with these labels."""
    running = release.core.read_namespaced_pod(release.running("posts")[0], release.namespace)
    container = {
        "name": "probe",
        "image": running.spec.containers[0].image,
        "command": ["python3", "-c", "import time; time.sleep(3600)"],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    security = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"policy-probe-pod": "yes"} | labels},
        "spec": {
            "securityContext": security,
            "containers": [container],
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
        },
    }


def _start(release: Release, *pods: dict[str, Any], namespace: str = "") -> None:
    """Start the pods, and wait until all are Ready."""
    where = ("-n", namespace or release.namespace)
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": pods})
    release.kubectl("apply", *where, "-f", "-", stdin=manifest)
    names = [f"pod/{pod['metadata']['name']}" for pod in pods]
    release.kubectl("wait", *where, *names, "--for=condition=Ready", "--timeout=180s")


def _reached(release: Release, pod: str, targets: Targets, namespace: str = "") -> set[str]:
    """Names of the targets that a pod can connect to."""
    command = ("python3", "-c", CONNECT, *targets.values())
    where = ("-n", namespace or release.namespace)
    reached = release.kubectl("exec", *where, pod, "--", *command).split()
    return {name for name, address in targets.items() if address in reached}


def _reaches_only(
    release: Release, pod: str, targets: Targets, allowed: set[str], namespace: str = ""
) -> None:
    def reached() -> set[str]:
        found = _reached(release, pod, targets, namespace)
        assert not (lacking := allowed - found), lacking
        return found

    assert wait_until(reached, f"{pod} reaches {sorted(allowed)}", SETTLE_SECONDS) == allowed


def _agents(release: Release) -> set[str]:
    """What runs on every node, but is not there for the addresses of Services alone."""
    sets = release.apps.list_daemon_set_for_all_namespaces().items
    return {each.metadata.name for each in sets} - {"kube-proxy"}


@pytest.fixture(scope="module")
def enforced(release: Release) -> Iterator[None]:
    """A positive control: a pod reaches web, and no longer once a policy forbids it."""
    # NetworkPolicy is enforced on each node, by an agent: the network plugin alone only links pods.
    if not (agents := _agents(release)):
        pytest.skip("NetworkPolicy is not enforced by this cluster: try CNI=cilium make up")
    web = {"web": f"{_address(release, 'web')}:9090"}
    try:
        _start(release, _pod(release, "policy-probe", {"policy-probe": "yes"}))
        wait_until(
            lambda: _reached(release, "policy-probe", web),
            "the control reaches web",
            SETTLE_SECONDS,
        )
        release.kubectl("apply", "-f", "-", stdin=json.dumps(DENY))
        wait_until(
            lambda: not _reached(release, "policy-probe", web),
            f"{', '.join(agents)} enforces a policy",
            SETTLE_SECONDS,
        )
        yield
    finally:
        release.kubectl("delete", "networkpolicy,pod", "-l", "policy-probe", "--now")


def _address(release: Release, component: str) -> str:
    pod = release.core.read_namespaced_pod(release.running(component)[0], release.namespace)
    address: str = pod.status.pod_ip
    return address


@pytest.fixture(scope="module")
def beside(release: Release, enforced: None) -> Iterator[Neighbour]:
    with neighbour(release) as machine:
        yield machine


@pytest.fixture(scope="module")
def targets(release: Release, beside: Neighbour) -> Targets:
    """Every verb, the database, and what is outside the release."""
    api = release.core.read_namespaced_service("kubernetes", "default").spec.cluster_ip
    names = release.core.list_namespaced_pod("kube-system", label_selector="k8s-app=kube-dns")
    dns = names.items[0].status.pod_ip
    return {
        **{
            verb: f"{_address(release, verb)}:{its['port']}"
            for verb, its in release.verbs().items()
        },
        "mongodb": f"{_address(release, 'mongodb')}:27017",
        "agent": f"{_address(release, 'mongodb')}:9216",
        "metrics": f"{_address(release, 'web')}:9090",
        "api": f"{api}:443",
        "dns": f"{dns}:53",
        "elsewhere": f"{dns}:8080",
        "beside": f"{beside.address}:{PORTS[0]}",
        "public": f"{beside.public}:{PORTS[0]}",
        "public, another port": f"{beside.public}:{PORTS[1]}",
    }


@pytest.fixture(scope="module")
def probes(release: Release, enforced: None) -> Iterator[dict[str, str]]:
    """A pod with the labels of each identity."""
    of_release = {
        "app.kubernetes.io/name": "reddit-reco",
        "app.kubernetes.io/instance": "reddit-reco",
    }
    try:
        _start(
            release,
            *(
                _pod(release, f"policy-{each}", of_release | {"reddit-reco/identity": each})
                for each in IDENTITIES
            ),
        )
        yield {each: f"policy-{each}" for each in IDENTITIES}
    finally:
        release.kubectl("delete", "pod", "-l", "policy-probe-pod", "--now")


@pytest.fixture(scope="module")
def outside(release: Release, enforced: None) -> Iterator[str]:
    """A namespace of somebody else's, with a pod `outside`."""
    try:
        release.kubectl("create", "namespace", OUTSIDE)
        _start(release, _pod(release, "outside", {}), namespace=OUTSIDE)
        yield OUTSIDE
    finally:
        release.kubectl("delete", "namespace", OUTSIDE, "--wait=true")


def _callers(table: dict[str, Any], verb: str) -> set[str]:
    """Who calls a verb, by either end's entry, and `helm test`."""
    callers = set(table[verb].get("callers") or [])
    callers |= {name for name, its in table.items() if verb in (its.get("calls") or [])}
    return callers | {"test"}


@pytest.mark.parametrize("identity", IDENTITIES)
def test_only_the_callers_of_the_table_reach_a_verb(
    release: Release, probes: dict[str, str], targets: Targets, identity: str
) -> None:
    table = release.verbs()
    allowed = {verb for verb in table if identity in _callers(table, verb)} | {"dns"}
    databases = {verb for verb, its in table.items() if its.get("database")}
    if identity in databases | {"mongodb", "mongodb-users", "sync"}:
        allowed.add("mongodb")
    if identity == "secrets":
        allowed |= NOT_OF_THE_RELEASE | {"metrics"}
    if identity == "image" and identity in table:
        allowed.add("public")
    _reaches_only(release, probes[identity], targets, allowed)


def test_the_world_outside_reaches_what_the_ingress_may_and_metrics(
    release: Release, outside: str, targets: Targets
) -> None:
    table = release.verbs()
    allowed = {verb for verb in table if "ingress" in _callers(table, verb)}
    allowed |= NOT_OF_THE_RELEASE | {"metrics"}
    _reaches_only(release, "outside", targets, allowed, outside)


def test_a_machine_beside_the_cluster_reaches_no_pod_of_the_release(
    release: Release, beside: Neighbour, targets: Targets
) -> None:
    pods = {name: targets[name] for name in targets.keys() - (NOT_OF_THE_RELEASE - OTHERS)}
    reached = beside.reached(list(pods.values()))
    assert {name for name, address in pods.items() if address in reached} == OTHERS


def test_every_pod_of_the_release_may_look_names_up(
    release: Release, probes: dict[str, str]
) -> None:
    for name in ("reddit-reco-posts", "kubernetes.default.svc.cluster.local"):
        address = release.kubectl("exec", probes["stranger"], "--", "python3", "-c", RESOLVE, name)
        assert address.strip()


def test_no_pod_is_out_of_the_agents_sight(release: Release, enforced: None) -> None:
    if "cilium" not in _agents(release):
        pytest.skip("another agent than Cilium enforces the policies")

    def none_is() -> bool:
        assert not (unseen := _pods(release) - _endpoints(release)), unseen
        return True

    wait_until(none_is, "every pod has a CiliumEndpoint", SETTLE_SECONDS)


def _pods(release: Release) -> set[str]:
    """Pods that run, without those that are on their node's own network."""
    return {
        f"{pod.metadata.namespace}/{pod.metadata.name}"
        for pod in release.core.list_pod_for_all_namespaces().items
        if pod.status.phase == "Running" and not pod.spec.host_network
    }


def _endpoints(release: Release) -> set[str]:
    found = release.custom.list_cluster_custom_object("cilium.io", "v2", "ciliumendpoints")
    return {
        f"{each['metadata']['namespace']}/{each['metadata']['name']}" for each in found["items"]
    }
