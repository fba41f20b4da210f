"""Bad requests through the Ingress: no 5xx, no hang. Services take the same ones locally, too."""

from collections.abc import Callable

import httpx2
import pytest
from harness import Release
from proofs.answers import PROBLEM
from proofs.fuzzing import Fuzzer
from proofs.nastiness import raw_requests, send_raw
from proofs.target import Target


@pytest.mark.parametrize("number", [800, pytest.param(20_000, marks=pytest.mark.long)])
def test_random_bad_requests_are_refused(
    target: Target, number: int, say: Callable[[str], None]
) -> None:
    report = Fuzzer(target, "user:fuzzer").send(number, first_seed=number)
    say(report.table())
    assert not report.faults, report.list()


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
