"""Where NetworkPolicy is enforced, pods speak only as the table says, and all goes as elsewhere."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from harness.release import REPO, run

# It makes a cluster of its own, and takes it away again.
pytestmark = pytest.mark.long
# What is proven of the cluster of `make up` is proven here again, by the same tests.
FILES = [
    "test_install",
    "test_network_policy",
    "test_search_path",
    "test_sync",
    "test_verbs",
]


@pytest.fixture(autouse=True)
def _all_ready() -> None:
    """The cluster of `make up` is of no concern here."""


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """What leads commands and tests to a second cluster, whose network plugin enforces policies."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    where = {"CLUSTER": "reddit-reco-enforced", "CNI": "cilium", "WITH": "image", "PORT": str(port)}
    make = ["make", "-C", str(REPO), *(f"{name}={value}" for name, value in where.items())]
    run(*make, "down")
    try:
        run(*make, "up")
        yield os.environ | where
    finally:
        run(*make, "down")


@pytest.mark.parametrize("file", FILES)
def test_what_holds_on_any_cluster_holds_where_policies_are_enforced(
    environment: dict[str, str], tmp_path: Path, say: Callable[[str], None], file: str
) -> None:
    report = tmp_path / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not long", f"--junitxml={report}"]
    done = subprocess.run(
        [*command, f"k8s-tests/{file}.py"],
        cwd=REPO,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
    (suite,) = ET.parse(report).getroot()
    assert suite.get("skipped") == "0", done.stdout[-2000:]
    say(f"{suite.get('tests')} tests of {file} passed where NetworkPolicy is enforced")
