"""`make up` leaves a release that is whole, small, and passes its own test."""

import json
from collections.abc import Callable

from harness import Release, wait_until

MIB = 1024 * 1024
UNITS = {"Ki": 1024, "Mi": MIB, "Gi": 1024 * MIB}


def test_everything_is_ready_and_nothing_ever_crashed(release: Release) -> None:
    assert release.unready() == []
    crashed = {
        f"{pod.metadata.name}/{status.name}": status.last_state.terminated.reason
        for pod in release.pods()
        for status in pod.status.container_statuses or []
        # 255 is what a container has that went down with its node.
        if status.last_state.terminated and status.last_state.terminated.exit_code != 255
    }
    assert crashed == {}


def test_every_verb_of_the_table_has_a_deployment(release: Release) -> None:
    found = release.apps.list_namespaced_deployment(release.namespace).items
    components = {item.metadata.labels["app.kubernetes.io/component"] for item in found}
    assert components == set(release.verbs())


def test_every_verb_runs_its_own_service(release: Release) -> None:
    for verb, its in release.verbs().items():
        path = f"services/{release.name}-{verb}:{its['port']}/proxy/openapi.json"
        assert json.loads(release.proxied(path))["info"]["title"] == verb


def test_the_jobs_of_the_install_have_done_their_work(release: Release) -> None:
    jobs = release.batch.list_namespaced_job(release.namespace).items
    done = {
        job.metadata.labels["app.kubernetes.io/component"]
        for job in jobs
        if job.status.succeeded and "sync" not in job.metadata.name
    }
    assert {"mongodb-users", "starter-posts"} <= done


def test_the_replica_set_has_one_primary_and_no_stranger(release: Release) -> None:
    sets = release.apps.read_namespaced_stateful_set("reddit-reco-mongodb", release.namespace)
    with release.mongo() as mongo:
        members = mongo.admin.command("replSetGetStatus")["members"]
        default = mongo.admin.command("getDefaultRWConcern")["defaultWriteConcern"]
    states = sorted(member["stateStr"] for member in members)
    assert states == ["PRIMARY"] + ["SECONDARY"] * (sets.spec.replicas - 1)
    assert default["w"] == "majority"


def test_helm_test_passes(release: Release) -> None:
    assert "Phase:          Succeeded" in release.helm("test", release.name)


def test_the_openapi_document_of_every_verb_is_served(release: Release) -> None:
    for verb in release.verbs():
        document = json.loads(
            release.proxied(f"services/reddit-reco-{verb}:8080/proxy/openapi.json")
        )
        assert document["openapi"].startswith("3."), verb


def test_the_idle_release_fits_into_two_gib(
    release: Release, imported: int, say: Callable[[str], None]
) -> None:
    used = wait_until(lambda: _used(release), "every pod is measured", 300)
    lines = [f"  {size / MIB:6.0f} MiB  {name}" for name, size in sorted(used.items())]
    total = f"  {sum(used.values()) / MIB:6.0f} MiB in all"
    say("\n".join([f"memory with {imported} posts:", *lines, total]))
    assert sum(used.values()) <= 2048 * MIB


def _used(release: Release) -> dict[str, int]:
    """Bytes of memory of each pod, once all are known."""
    usage = release.custom.list_namespaced_custom_object(
        "metrics.k8s.io", "v1beta1", release.namespace, "pods"
    )
    used = {
        pod["metadata"]["name"]: sum(_bytes(c["usage"]["memory"]) for c in pod["containers"])
        for pod in usage["items"]
    }
    for component in [*release.verbs(), "mongodb"]:
        assert not (unknown := set(release.running(component)) - used.keys()), unknown
    return used


def _bytes(quantity: str) -> int:
    number, unit = quantity.rstrip("KMGi"), quantity.lstrip("0123456789")
    return int(number) * UNITS.get(unit, 1)
