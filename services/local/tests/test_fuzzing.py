"""Bad requests by the thousand: no 5xx, no hang, every error a problem, every status documented."""

import pytest
from proofs.fuzzing import Fuzzer
from proofs.nastiness import raw_requests, send_raw


def fuzz(target, say, number, seed):
    report = Fuzzer(target, "user:fuzzer").send(number, seed)
    say(report.table())
    assert not report.faults, report.list()
    assert report.total >= number
    return report


@pytest.mark.timeout(300)
def test_random_bad_requests_are_refused_as_documented(target, say):
    report = fuzz(target, say, 800, seed=1)
    assert {verb for verb, _ in report.counts} == set(target.urls)


def test_what_no_client_library_sends_is_refused_too(target, say):
    token = target.signer.token("user:nasty", "posts:write feedback:write")
    report = send_raw(target, raw_requests(target, token))
    say(report.table())
    assert not report.faults, report.list()
    assert report.total > 2_000


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_twenty_thousand_random_bad_requests_are_refused_as_documented(target, say):
    fuzz(target, say, 20_000, seed=1_000)
