"""Every pod runs under Pod Security "restricted", enforced by the cluster."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from harness import Release
from harness.release import REPO

SCENARIOS = sorted((REPO / "charts" / "reddit-reco" / "ci").glob("*-values.yaml"))


def test_the_namespace_enforces_restricted(release: Release) -> None:
    labels = release.core.read_namespace(release.namespace).metadata.labels
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_a_pod_that_is_not_restricted_is_refused_here(release: Release) -> None:
    command = release.kubectl_command("run", "x", "--image=x", "--dry-run=server")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 'violates PodSecurity "restricted' in done.stderr


@pytest.fixture(scope="module")
def empty(release: Release) -> Iterator[str]:
    """A namespace that refuses, and warns of, pods that are not restricted."""
    name = "reddit-reco-dry-run"
    release.kubectl("create", "namespace", name)
    label = "pod-security.kubernetes.io"
    release.kubectl("label", "namespace", name, f"{label}/enforce=restricted")
    release.kubectl("label", "namespace", name, f"{label}/warn=restricted")
    yield name
    release.kubectl("delete", "namespace", name)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.name)
def test_the_cluster_takes_every_scenario_without_a_warning(
    release: Release, empty: str, scenario: Path
) -> None:
    command = ["template", "other", str(release.chart), "-f", str(scenario), "--validate"]
    objects = list(yaml.safe_load_all(release.helm(*command, "-n", empty)))
    # Bare pods need what a dry run does not make: their ServiceAccount.
    rest = yaml.safe_dump_all(o for o in objects if o and o["kind"] != "Pod")
    arguments = ["create", "-n", empty, "--dry-run=server", "--warnings-as-errors", "-f", "-"]
    assert "statefulset" in release.kubectl(*arguments, stdin=rest) or "external" in scenario.name


def test_no_service_has_a_shell(release: Release) -> None:
    for verb in release.verbs():
        command = release.kubectl_command(
            "exec", release.running(verb)[0], "--", "sh", "-c", "true"
        )
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "executable file not found" in done.stderr, verb


def test_no_service_can_write_into_its_own_code(release: Release) -> None:
    write = "open('/app/src/x', 'w')"
    for verb in release.verbs():
        pod = release.running(verb)[0]
        command = release.kubectl_command("exec", pod, "--", "python3", "-c", write)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "Read-only file system" in done.stderr, verb
