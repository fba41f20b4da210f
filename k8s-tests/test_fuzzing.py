"""Bad requests through the Ingress: no 5xx, no hang. Services take the same ones locally, too."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from harness import Release
from harness.backup import as_it_was
from harness.waiting import every
from proofs.answers import PROBLEM
from proofs.fuzzing import Fuzzer, Report
from proofs.nastiness import raw_requests, send_raw
from proofs.target import Target


@pytest.fixture
def _cleared(release: Release, tmp_path: Path) -> Iterator[None]:
    """Thousands of requests leave users, posts and imports behind, which are gone afterwards."""
    with as_it_was(release, tmp_path):
        yield


def test_random_bad_requests_are_refused(target: Target, say: Callable[[str], None]) -> None:
    report = Fuzzer(target, "user:fuzzer").send(800, first_seed=800)
    say(report.table())
    assert not report.faults, report.list()


@pytest.mark.long
@pytest.mark.usefixtures("_cleared")
def test_of_many_random_bad_requests_none_is_a_fault_and_no_pod_restarts(
    release: Release, target: Target, say: Callable[[str], None], tell: Callable[[str], None]
) -> None:
    def watch(report: Report) -> None:
        tell(f"{report.total} requests answered, {len(report.faults)} faults")

    before = release.restarts()
    report = Fuzzer(target, "user:fuzzer").send(20_000, first_seed=20_000, watch=every(30, watch))
    say(report.table())
    assert not report.faults, report.list()
    assert release.restarted(before) == []


def test_what_no_client_library_sends_is_refused_too(
    target: Target, say: Callable[[str], None]
) -> None:
    token = target.signer.token("user:nasty", "posts:write feedback:write")
    report = send_raw(target, raw_requests(target, token))
    say(report.table())
    assert not report.faults, report.list()


@pytest.mark.parametrize("mib", [9, 20, 64])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/posts/batch"),
        ("PUT", "/api/v1/tags/rules"),
        ("POST", "/api/v1/sessions"),
        ("PUT", "/api/v1/posts/test:large"),
        ("POST", "/topics"),
    ],
)
def test_a_body_that_is_too_large_is_refused_by_the_service_not_by_the_proxy(
    release: Release, method: str, path: str, mib: int
) -> None:
    body = b"x" * mib * 1024 * 1024
    for _ in range(5):
        # Each on its own connection: those before are closed with what was not read.
        with release.http() as http:
            answer = http.request(method, path, content=body)
        assert answer.status_code == httpx2.codes.CONTENT_TOO_LARGE, answer.text[:300]
        assert answer.headers["Content-Type"] == PROBLEM
