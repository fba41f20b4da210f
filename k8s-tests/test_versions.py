"""A next version of search beside the old one: under its own name, and on the stable path."""

import json
from collections import Counter
from collections.abc import Iterator

import httpx2
import pytest
from harness import Release, gateway_of, next_image, wait_until

OLD = {"name": "v1", "replicas": 1, "weight": 75}
NEXT = {"name": "v2-canary", "replicas": 1, "weight": 25}
REQUESTS = 200
FEW = 8


@pytest.fixture(scope="module")
def side_by_side(release: Release, imported: int) -> Iterator[None]:
    """v1 and v2-canary run; afterwards the release is what it was."""
    assert imported
    versions = [OLD, {**NEXT, "tag": next_image(release)}]
    release.upgrade("--set-json", f"services.search.versions={json.dumps(versions)}")
    yield
    release.upgrade()


def _answered(release: Release) -> Counter[str]:
    """Searches answered so far, by version."""
    count: Counter[str] = Counter()
    for pod in release.running("search"):
        for line in release.proxied(f"pods/{pod}:9090/proxy/metrics").splitlines():
            if line.startswith("reddit_reco_http_requests_total{") and "/search" in line:
                version = line.split('version="')[1].split('"')[0]
                count[version] += int(float(line.split()[-1]))
    return count


def _shares(
    release: Release, http: httpx2.Client, headers: dict[str, str], requests: int = REQUESTS
) -> Counter[str]:
    before = _answered(release)
    for _ in range(requests):
        http.get("/api/v1/search", params={"q": "python"}, headers=headers).raise_for_status()
    return _answered(release) - before


def test_each_version_answers_under_its_own_name(release: Release, side_by_side: None) -> None:
    before = _answered(release)
    for version in ["v1", "v2-canary"]:
        path = f"services/reddit-reco-search-{version}:8080/proxy/api/v1/search?q=python"
        assert json.loads(release.proxied(path))["items"]
    assert _answered(release) - before == Counter({"v1": 1, "v2-canary": 1})


def test_the_old_version_was_not_restarted(release: Release, side_by_side: None) -> None:
    images = {
        pod.metadata.labels["reddit-reco/version"]: pod.spec.containers[0].image
        for pod in release.pods("search")
    }
    assert images["v2-canary"] == images["v1"] + "-next"


def test_both_versions_share_the_stable_path_by_replicas(
    release: Release, http: httpx2.Client, side_by_side: None
) -> None:
    shares = _shares(release, http, {"Connection": "close"})
    assert sum(shares.values()) == REQUESTS
    assert 0.3 < shares["v2-canary"] / REQUESTS < 0.7


def test_both_versions_find_the_same(release: Release, side_by_side: None) -> None:
    for query in ["numpy", "django%20-flask", "guido"]:
        old, new = (_all_found(release, version, query) for version in ["v1", "v2-canary"])
        assert old == new
        assert old, query


def _all_found(release: Release, version: str, query: str) -> set[str]:
    """Ids on the first page, the only one: which of equals comes first is left to a pod's index."""
    path = f"services/reddit-reco-search-{version}:8080/proxy/api/v1/search?limit=100&q={query}"
    page = json.loads(release.proxied(path))
    assert page["next_cursor"] is None
    return {item["id"] for item in page["items"]}


def test_versions_share_the_stable_path_by_weight_and_a_header_names_one(
    release: Release, http: httpx2.Client, side_by_side: None
) -> None:
    gateway = gateway_of(release)
    if not gateway:
        pytest.skip("this cluster has no Gateway of the Gateway API: weights are not enforced")
    versions = [OLD, {**NEXT, "tag": next_image(release)}]
    release.upgrade(
        *("--set-json", f"services.search.versions={json.dumps(versions)}"),
        *("--set", f"gateway.name={gateway[0]},gateway.namespace={gateway[1]}"),
    )
    # Until then the Ingress answers.
    by_name_only = Counter({"v2-canary": FEW})
    wait_until(
        lambda: _shares(release, http, {"X-Version": "v2-canary"}, FEW) == by_name_only,
        "the Gateway routes",
        180,
    )
    by_weight = _shares(release, http, {"Connection": "close"})
    by_name = _shares(release, http, {"X-Version": "v2-canary"})
    assert sum(by_weight.values()) == REQUESTS
    assert 0.1 < by_weight["v2-canary"] / REQUESTS < 0.4
    assert by_name == Counter({"v2-canary": REQUESTS})
