"""The highly available scenario, installed: pods and members can go, one at a time, unnoticed."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from harness import Reads, Release, kill, wait_until

pytestmark = pytest.mark.long

SECONDS_AROUND = 2
READERS = 3


@pytest.fixture(scope="module")
def ha(release: Release) -> Iterator[Release]:
    """The release with the values of `ci/ha-values.yaml`; afterwards it is what it was."""
    # The scenario asks for servers; the machine under test may be a laptop. Volumes cannot change.
    claim = release.core.list_namespaced_persistent_volume_claim(release.namespace).items[0]
    size = claim.spec.resources.requests["storage"]
    smaller = {
        "mongodb.persistence.size": size,
        "mongodb.resources.requests.cpu": "50m",
        "mongodb.resources.requests.memory": "192Mi",
    }
    given = ",".join(f"{key}={value}" for key, value in smaller.items())
    release.upgrade("-f", str(release.chart / "ci" / "ha-values.yaml"), "--set", given)
    release.wait_ready()
    yield release
    release.upgrade()
    release.wait_ready()
    wait_until(lambda: _counts(release) == {1}, "each verb has one pod again", 300)


def _deployments(release: Release) -> list[Any]:
    found: list[Any] = release.apps.list_namespaced_deployment(release.namespace).items
    return found


def _counts(release: Release) -> set[int]:
    return {item.status.replicas for item in _deployments(release)}


def test_every_verb_has_two_pods_ready_and_the_database_three(ha: Release) -> None:
    few = {i.metadata.name for i in _deployments(ha) if (i.status.ready_replicas or 0) < 2}
    assert few == set()
    assert len(ha.running("mongodb")) == 3


def test_every_autoscaler_reads_the_cpu_of_its_pods(ha: Release) -> None:
    def blind() -> dict[str, Any]:
        found = ha.autoscaling.list_namespaced_horizontal_pod_autoscaler(ha.namespace).items
        assert len(found) == len(_deployments(ha))
        return {item.metadata.name: item.status.conditions for item in found if not _sees(item)}

    def all_see() -> bool:
        assert not (lacking := blind()), lacking
        return True

    wait_until(all_see, "every autoscaler has a metric", 300)


def _sees(autoscaler: Any) -> bool:
    conditions = {c.type: c.status for c in autoscaler.status.conditions or []}
    metrics = autoscaler.status.current_metrics or []
    return conditions.get("ScalingActive") == "True" and all(
        metric.resource.current.average_utilization is not None for metric in metrics
    )


def test_one_pod_of_each_may_be_evicted_and_not_a_second_meanwhile(ha: Release) -> None:
    for component in [*ha.verbs(), "mongodb"]:
        first, second = ha.running(component)[:2]
        wait_until(partial(ha.evict, first), f"{first} may be evicted")
        assert not ha.evict(second), component
    ha.wait_ready()


def test_reads_go_on_while_each_verb_in_turn_loses_a_pod(
    ha: Release, say: Callable[[str], None]
) -> None:
    failed: dict[str, Any] = {}
    for verb in ha.verbs():
        with Reads(ha) as reads:
            pod = ha.running(verb)[0]
            wait_until(partial(ha.evict, pod), f"{pod} may be evicted")
            wait_until(partial(_is_gone, ha, verb, pod), f"{pod} is gone", 300)
            ha.wait_ready()
        say(f"a pod of {verb} evicted: {reads.answered} reads answered, failed: {reads.failed}")
        failed |= {verb: reads.failed} if reads.failed else {}
    assert failed == {}


def _is_gone(release: Release, verb: str, pod: str) -> bool:
    return pod not in [each.metadata.name for each in release.pods(verb)]


def test_a_killed_process_costs_no_more_than_what_it_was_answering(
    ha: Release, say: Callable[[str], None]
) -> None:
    failed: dict[str, Any] = {}
    for verb in ha.verbs():
        with Reads(ha, READERS) as reads:
            kill(ha.pods(verb)[0])
            time.sleep(SECONDS_AROUND)
            ha.wait_ready()
            time.sleep(SECONDS_AROUND)
        say(f"a process of {verb} killed: {reads.answered} reads answered, failed: {reads.failed}")
        # The Ingress asks another pod where one refuses the connection.
        failed |= {verb: reads.failed} if reads.failed.total() > READERS else {}
    assert failed == {}
