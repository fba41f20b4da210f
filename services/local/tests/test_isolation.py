"""Two users: what is one's is not the other's, by no operation that any service documents."""

import httpx2
import pytest
from proofs import isolation
from proofs.people import settle, sign_up


@pytest.fixture(scope="module")
def owner(target):
    return sign_up(target, "owner")


@pytest.fixture(scope="module")
def owned(owner):
    return settle(owner)


def test_every_documented_operation_is_classified(target):
    assert isolation.unclassified(target) == []


def test_nothing_is_had_without_a_good_token(target, owned):
    assert isolation.refusals(target, owned) == []


def test_reading_with_another_s_ids_and_cursors_shows_nothing(target, owner, owned):
    assert isolation.leaks(sign_up(target, "reader"), owner, owned) == []


def test_writing_with_another_s_ids_changes_nothing(target, owner, owned):
    before = isolation.everything_of(owner, owned)
    assert isolation.attack(sign_up(target, "writer"), owned) == []
    assert isolation.everything_of(owner, owned) == before


def test_the_checks_find_a_leak_where_there_is_one(owner, owned):
    found = isolation.leaks(owner, owner, owned)
    assert {fault.partition(":")[0] for fault in found} >= {"GET /api/v1/likes", "GET /api/v1/tags"}


def test_a_session_s_refresh_token_is_no_access_token_and_the_other_way_round(target, owner):
    url = target.urls["login"]
    bearer = {"Authorization": f"Bearer {owner.refresh_token}"}
    assert httpx2.get(f"{url}/api/v1/me", headers=bearer).status_code == 401
    body = {"refresh_token": owner.access_token}
    assert httpx2.post(f"{url}/api/v1/sessions/refresh", json=body).status_code == 401
