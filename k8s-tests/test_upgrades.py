"""A next version in the place of the old one, by and by, and a next way in: no request fails."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from harness import Reads, Release, Traffic, gateway_of, next_image, wait_until

OLD, NEXT = {"name": "v1", "replicas": 1}, {"name": "v2-next", "replicas": 1}
# How long the runbook lets a controller take in what has changed; Traefik needs two at most.
SETTLE_SECONDS = 5
ADMITTED = 'jsonpath={.status.parents[0].conditions[?(@.type=="Accepted")].status}=True'


@contextmanager
def no_request_fails(release: Release, say: Callable[[str], None], what: str) -> Iterator[None]:
    """Reads from every verb, and writes, go on through the block and a while after it."""
    with Reads(release) as reads, Traffic(release) as traffic:
        yield
        time.sleep(SETTLE_SECONDS)
    say(
        f"{what}: {reads.answered} reads, {len(traffic.acknowledged)} writes answered; "
        f"failed: {dict(reads.failed)}, {traffic.errors}; longest gap {traffic.gaps}"
    )
    assert dict(reads.failed) == {}
    assert traffic.errors == {"write": 0, "search": 0}
    assert reads.answered
    assert traffic.acknowledged


@pytest.fixture
def as_it_was(release: Release) -> Iterator[None]:
    """Afterwards the release is what it was, without a moment in which nothing leads to it."""
    yield
    if _ways_in(release) == {"HTTPRoute"}:
        _as_the_runbook_says(release, "ingress.enabled=true")
    release.upgrade()


def _images(release: Release) -> dict[str, str]:
    """What each verb's pods run."""
    found: dict[str, set[str]] = {}
    for verb in release.verbs():
        for pod in release.pods(verb):
            if not pod.metadata.deletion_timestamp:
                found.setdefault(verb, set()).add(pod.spec.containers[0].image)
    return {verb: " and ".join(sorted(images)) for verb, images in found.items()}


def test_no_request_fails_while_every_service_goes_to_a_next_image_and_back(
    release: Release, imported: int, say: Callable[[str], None], as_it_was: None
) -> None:
    assert imported
    before = _images(release)
    tags = {verb: next_image(release, verb) for verb in before}
    given = ",".join(f"services.{verb}.image.tag={tag}" for verb, tag in tags.items())
    with no_request_fails(release, say, "a next image of all services"):
        release.upgrade("--set", given)
    following = {verb: f"{image}-next" for verb, image in before.items()}
    wait_until(lambda: _images(release) == following, "nothing else runs")
    with no_request_fails(release, say, "the images of before"):
        release.helm("rollback", release.name, "--wait", "--timeout", "10m")
    wait_until(lambda: _images(release) == before, "nothing else runs again")


@pytest.mark.long
@pytest.mark.parametrize("way_in", ["Ingress", "Gateway"])
def test_no_request_fails_while_a_next_version_takes_over_by_weight_and_goes_again(
    release: Release, imported: int, say: Callable[[str], None], as_it_was: None, way_in: str
) -> None:
    assert imported
    if way_in == "Gateway":
        for value in _to_the_gateway(release):
            _as_the_runbook_says(release, value)
    named = {**NEXT, "tag": next_image(release)}
    # As the runbook has it: in with weight 0, and one thing a step.
    for weights in [(100, 0), (50, 50), (0, 100), (50, 50), (100, None)]:
        pairs = zip([OLD, named], weights, strict=True)
        versions = [{**each, "weight": weight} for each, weight in pairs if weight is not None]
        with no_request_fails(release, say, f"{way_in}, search by weights {weights}"):
            _change(release, "--set-json", f"services.search.versions={json.dumps(versions)}")
        assert release.versions("search") == [each["name"] for each in versions]
        assert _ways_in(release) == {"HTTPRoute" if way_in == "Gateway" else way_in}


def _to_the_gateway(release: Release) -> list[str]:
    """The values of the two steps from the Ingress to the cluster's Gateway."""
    gateway = gateway_of(release)
    if not gateway:
        pytest.skip("this cluster has no Gateway of the Gateway API")
    return [f"gateway.name={gateway[0]},gateway.namespace={gateway[1]}", "ingress.enabled=false"]


@pytest.mark.long
def test_no_request_fails_while_the_way_in_changes_from_ingress_to_gateway_and_back(
    release: Release, imported: int, say: Callable[[str], None], as_it_was: None
) -> None:
    assert imported
    gateway, no_ingress = _to_the_gateway(release)
    for what, value, here in [
        ("routes of the Gateway beside the Ingress", gateway, {"Ingress", "HTTPRoute"}),
        ("the Ingress taken away", no_ingress, {"HTTPRoute"}),
        (
            "the Ingress beside the Gateway's routes",
            "ingress.enabled=true",
            {"Ingress", "HTTPRoute"},
        ),
        ("the routes taken away", "gateway.name=", {"Ingress"}),
    ]:
        with no_request_fails(release, say, what):
            _as_the_runbook_says(release, value)
        assert _ways_in(release) == here


def _change(release: Release, *arguments: str) -> None:
    release.helm(
        *("upgrade", release.name, str(release.chart), "--reset-then-reuse-values"),
        *(*arguments, "--wait", "--timeout", "10m"),
    )


def _as_the_runbook_says(release: Release, value: str) -> None:
    _change(release, "--set", value)
    ways = _ways_in(release)
    if "HTTPRoute" in ways:
        release.kubectl("wait", "httproutes", "--all", f"--for={ADMITTED}", "--timeout=5m")
    if "Ingress" in ways:
        address = "--for=jsonpath={.status.loadBalancer.ingress}"
        release.kubectl("wait", "ingress", "--all", address, "--timeout=5m")
    time.sleep(SETTLE_SECONDS)


def _ways_in(release: Release) -> set[str]:
    found = release.kubectl("get", "ingress,httproute", "-o", "jsonpath={.items[*].kind}")
    return set(found.split())
