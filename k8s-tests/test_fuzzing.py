"""Bad requests through the Ingress: no 5xx, no hang. Services take the same ones locally, too."""

from collections.abc import Callable

import pytest
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
