"""A laptop's release grows up: one MongoDB member becomes three, and nothing is lost."""

from collections.abc import Iterator

import pytest
from harness import Release, wait_until
from harness.release import CHART

NAMESPACE = "reddit-reco-scaling"
MEMBER = "reddit-reco-mongodb-0"

pytestmark = pytest.mark.long


@pytest.fixture
def namespace(release: Release) -> Iterator[str]:
    """A namespace for a second release, gone afterwards."""
    release.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=true")
    release.kubectl("create", "namespace", NAMESPACE)
    yield NAMESPACE
    release.kubectl("delete", "namespace", NAMESPACE, "--wait=true")


def _install(release: Release, members: int) -> None:
    release.helm(
        *("upgrade", "--install", "reddit-reco", str(CHART), "-n", NAMESPACE),
        *("-f", str(release.values), "--set", f"mongodb.replicas={members}"),
        *("--set", "ingress.enabled=false", "--wait", "--timeout", "8m"),
    )


def _states(release: Release) -> list[str]:
    return sorted(
        release.kubectl(
            *("-n", NAMESPACE, "exec", f"reddit-reco-mongodb-{ordinal}", "-c", "agent", "--"),
            *("python3", "-m", "reddit_reco_mongodb", "state"),
        ).strip()
        for ordinal in range(3)
    )


def _posts(release: Release) -> str:
    service = "services/reddit-reco-posts:8080/proxy/api/v1/posts?limit=100"
    return release.kubectl("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/{service}")


def test_one_member_becomes_three_and_the_posts_stay(release: Release, namespace: str) -> None:
    _install(release, 1)
    before = wait_until(
        lambda: text if '"id"' in (text := _posts(release)) else "", "the starter posts are in"
    )
    _install(release, 3)
    wait_until(
        lambda: _states(release) == ["PRIMARY", "SECONDARY", "SECONDARY"], "three members", 180
    )
    assert _posts(release) == before
