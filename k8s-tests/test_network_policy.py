"""Pods speak only as the table says, where the cluster enforces NetworkPolicy."""

import json
import subprocess
import time
from collections.abc import Iterator

import pytest
import yaml
from harness import Release
from harness.release import CHART

DENY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "policy-probe", "labels": {"policy-probe": "yes"}},
    "spec": {"podSelector": {"matchLabels": {"policy-probe": "yes"}}, "policyTypes": ["Egress"]},
}
CONNECT = "import socket,sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)"
TABLE = yaml.safe_load((CHART / "values.yaml").read_text())["components"]
IDENTITIES = [*TABLE, "sync", "stranger"]
# A policy that is enforced needs a while to know a new pod.
SETTLE_SECONDS = 10


def _pod(release: Release, name: str, labels: dict[str, str]) -> str:
    """A pod of posts' image that does nothing, with these labels."""
    running = release.core.read_namespaced_pod(release.running("posts")[0], release.namespace)
    spec = running.spec
    container = {
        "name": "probe",
        "image": spec.containers[0].image,
        "command": ["python3", "-c", "import time; time.sleep(3600)"],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    security = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "securityContext": security,
            "containers": [container],
            "terminationGracePeriodSeconds": 0,
        },
    }
    release.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    release.kubectl("wait", f"pod/{name}", "--for=condition=Ready", "--timeout=60s")
    return name


def _reaches(release: Release, pod: str, host: str, port: int) -> bool:
    command = release.kubectl_command("exec", pod, "--", "python3", "-c", CONNECT, host, str(port))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" in done.stderr or done.returncode == 0, done.stderr
    return done.returncode == 0


def _address(release: Release, component: str) -> str:
    pod = release.core.read_namespaced_pod(release.running(component)[0], release.namespace)
    address: str = pod.status.pod_ip
    return address


@pytest.fixture(scope="module")
def enforced(release: Release) -> Iterator[None]:
    """A positive control: a pod reaches posts, and no longer once a policy forbids it."""
    pod = _pod(release, "policy-probe", {"policy-probe": "yes"})
    posts = _address(release, "web")
    try:
        reaches_before = _reaches(release, pod, posts, 9090)
        release.kubectl("apply", "-f", "-", stdin=json.dumps(DENY))
        deadline = time.monotonic() + 40
        while _reaches(release, pod, posts, 9090):
            if time.monotonic() > deadline:
                pytest.skip("NetworkPolicy is not enforced by this cluster")
            time.sleep(1)
        assert reaches_before, "the control reached nothing even before the policy"
        yield
    finally:
        release.kubectl("delete", "networkpolicy,pod", "-l", "policy-probe", "--now")


@pytest.fixture(scope="module")
def probes(release: Release, enforced: None) -> Iterator[dict[str, str]]:
    """A pod with the labels of each identity."""
    pods = {}
    try:
        for identity in IDENTITIES:
            labels = {
                "app.kubernetes.io/name": "reddit-reco",
                "app.kubernetes.io/instance": "reddit-reco",
                "reddit-reco/identity": identity,
                "policy-probe-of": identity,
            }
            pods[identity] = _pod(release, f"policy-{identity}", labels)
        time.sleep(SETTLE_SECONDS)
        yield pods
    finally:
        release.kubectl("delete", "pod", "-l", "policy-probe-of", "--now")


@pytest.mark.parametrize("identity", IDENTITIES)
def test_only_the_callers_of_the_table_reach_a_verb(
    release: Release, probes: dict[str, str], identity: str
) -> None:
    pod, table = probes[identity], release.verbs()
    for verb, entry in table.items():
        callers = set(entry.get("callers") or [])
        callers |= {name for name, its in table.items() if verb in (its.get("calls") or [])}
        reached = _reaches(release, pod, _address(release, verb), entry["port"])
        assert reached is (identity in callers), f"{identity} -> {verb}"
    has_database = identity == "sync" or (table.get(identity) or {}).get("database")
    reached = _reaches(release, pod, _address(release, "mongodb"), 27017)
    assert reached is bool(has_database), f"{identity} -> mongodb"
