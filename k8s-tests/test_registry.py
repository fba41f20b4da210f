"""An install on a cluster that has none of the images: `make push`, and one value."""

from collections.abc import Iterator

import pytest
from harness import Release
from harness.release import CHART, REPO, run

NAMESPACE = "reddit-reco-from-registry"


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    """A registry on loopback, with the images of this checkout."""
    script = str(REPO / "images" / "registry.sh")
    address = run(script, "up").strip()
    run("make", "-C", str(REPO), "push", f"REGISTRY={address}")
    yield address
    run(script, "down")


@pytest.fixture
def namespace(release: Release) -> Iterator[str]:
    """A namespace that takes restricted pods only, and is gone afterwards."""
    release.kubectl("create", "namespace", NAMESPACE)
    label = "pod-security.kubernetes.io/enforce=restricted"
    release.kubectl("label", "namespace", NAMESPACE, label)
    yield NAMESPACE
    # Nobody asks its pods any more, so nothing is gained by their going slowly.
    release.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    release.kubectl("delete", "pods", "--all", "-n", NAMESPACE, "--grace-period=1")
    release.kubectl("wait", "--for=delete", f"namespace/{NAMESPACE}", "--timeout=3m")


def test_the_release_installs_from_a_registry(
    release: Release, registry: str, namespace: str
) -> None:
    release.helm(
        *("install", "reddit-reco", str(CHART), "-n", namespace, "--wait", "--timeout", "10m"),
        *("--set", f"global.imageRegistry={registry}", "--set", "imagePullPolicy=Always"),
        *("--set", "mongodb.replicas=1", "--set", "ingress.enabled=false"),
    )
    images = release.kubectl(
        *("get", "pods", "-n", namespace, "-l", "app.kubernetes.io/instance=reddit-reco"),
        *("-o", "jsonpath={.items[*].spec.containers[*].image}"),
    ).split()
    assert len(images) >= len(release.verbs()) + 1
    assert [image for image in images if not image.startswith(f"{registry}/reddit-reco/")] == []
    assert "Succeeded" in release.helm("test", "reddit-reco", "-n", namespace)
