"""Two users of the release: what is one's is not the other's, through the Ingress as well."""

import pytest
from proofs import isolation
from proofs.people import Owned, Person, settle, sign_up
from proofs.target import Target


@pytest.fixture(scope="module")
def owner(target: Target) -> Person:
    return sign_up(target, "owner")


@pytest.fixture(scope="module")
def owned(owner: Person) -> Owned:
    return settle(owner)


def test_every_documented_operation_is_classified(target: Target) -> None:
    assert isolation.unclassified(target) == []


def test_nothing_is_had_without_a_good_token(target: Target, owned: Owned) -> None:
    assert isolation.refusals(target, owned) == []


def test_reading_with_another_s_ids_and_cursors_shows_nothing(
    target: Target, owner: Person, owned: Owned
) -> None:
    assert isolation.leaks(sign_up(target, "reader"), owner, owned) == []


def test_writing_with_another_s_ids_changes_nothing(
    target: Target, owner: Person, owned: Owned
) -> None:
    before = isolation.everything_of(owner, owned)
    assert isolation.attack(sign_up(target, "writer"), owned) == []
    assert isolation.everything_of(owner, owned) == before
