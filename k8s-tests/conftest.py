"""The tests of a real cluster: bring it up with `make up`."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from harness import Release, import_file, wait_until
from harness.release import CACHE, REPO
from harness.sample import sample_file
from harness.target import release_target
from proofs.target import Target

# An installation is looked at before it is used, and used before it is broken.
ORDER = [
    "test_install",
    "test_restricted",
    "test_rights",
    "test_port_forward",
    "test_search_path",
    "test_sync",
    "test_verbs",
    "test_isolation",
    "test_browser",
    "test_freshness",
    "test_degrading",
    "test_fuzzing",
    "test_keys",
    "test_image",
    "test_oidc",
    "test_versions",
    "test_upgrades",
    "test_network_policy",
    "test_registry",
    "test_scaling",
    "test_ha",
    "test_nodes",
    "test_faults",
    "test_backup",
    "test_reinstall",
    "test_engine",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files in ORDER, those that it does not name last; and before all other folders.

    Workers take folders from the first to the last, and no folder takes longer than this one.
    """
    here = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    stems = {item: item.path.stem for item in here}
    here.sort(key=lambda item: ORDER.index(stems[item]) if stems[item] in ORDER else len(ORDER))
    items[:] = here + [item for item in items if item not in stems]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failure always leaves evidence: the cluster's logs, once a run."""
    report = yield
    if call.excinfo and not call.excinfo.errisinstance(pytest.skip.Exception):
        _keep_logs(item.config)
    return report


def _keep_logs(config: pytest.Config) -> None:
    script = REPO / "images" / "cluster" / "logs.sh"
    if not getattr(config, "logs_kept", False) and script.exists():
        config.logs_kept = True  # type: ignore[attr-defined]
        subprocess.run([script], check=False, capture_output=True)


@pytest.fixture(scope="session")
def release() -> Release:
    """The release in the cluster of `make up`."""
    if not (CACHE / "kubeconfig").exists():
        pytest.fail("no cluster: bring it up with 'make up'")
    release = Release()
    release.wait_ready()
    return release


@pytest.fixture(scope="session")
def target(release: Release) -> Target:
    """The release behind its Ingress, as the proofs see it."""
    return release_target(release)


@pytest.fixture(autouse=True)
def _all_ready(release: Release) -> None:
    """No test begins with what the one before it left broken."""
    release.wait_ready()


@pytest.fixture(scope="session")
def tell(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Print at once how far a long test is, whatever becomes of its other output."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    started = time.monotonic()

    def call(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"  {time.monotonic() - started:5.0f} s: {text}", file=sys.stderr, flush=True)  # noqa: T201

    return call


@pytest.fixture
def http(release: Release) -> Iterator[httpx2.Client]:
    """A client of the Ingress with an admin's token."""
    with release.http() as client:
        yield client


@pytest.fixture(scope="session")
def sample() -> Path:
    """1,000 posts in mongoexport form: real ones where they are at hand ($REDDIT_RECO_DATA)."""
    return sample_file(Path(os.environ.get("REDDIT_RECO_DATA", REPO.parent / "shared" / "data")))


@pytest.fixture(scope="session")
def imported(release: Release, sample: Path) -> int:
    """The 1,000 posts are in, and search has them all; gives their number."""
    with release.http() as client:
        counts = import_file(client, sample, "mongoexport")
    taken = int(counts["created"]) + int(counts["updated"]) + int(counts.get("unchanged", 0))
    wait_until(lambda: _synced(release), "search's store has all posts", 300)
    return taken


def _synced(release: Release) -> bool:
    with release.mongo() as mongo:
        return mongo["posts"]["posts"].count_documents({}) == mongo["search"][
            "synced_posts"
        ].count_documents({})
