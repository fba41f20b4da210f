"""What people do shows at once, on the cluster: hidden, liked, new and deleted posts."""

from collections.abc import Callable

import pytest
from harness import Release, wait_until
from harness.release import Document
from proofs import arriving, freshness
from proofs.target import Target

MINUTE = 60
# For what comes in a moment, but not on a machine with other work.
PATIENCE = 180


@pytest.fixture(scope="module")
def writer(release: Release, target: Target) -> str:
    """A token that writes posts; `walk` finds some."""
    freshness.add_fresh_posts(target, release.token)

    def known() -> bool:
        with freshness.stranger(target) as somebody:
            return all(len(somebody.ids(name)) >= 10 for name in ("web", "recommend", "search"))

    wait_until(known, "all lists have the posts", PATIENCE)
    return release.token


@pytest.fixture(scope="module")
def lists(release: Release) -> list[str]:
    """All that ask hide before they answer, as the chart's table has it."""
    return freshness.lists_that_ask_hide(_calls(release.verbs()))


def _calls(table: dict[str, Document]) -> dict[str, set[str]]:
    """Verb -> whom it calls: an edge may be named at either end. Web calls whomever there is."""
    calls = {verb: set(its.get("calls", [])) for verb, its in table.items()}
    for verb, its in table.items():
        for caller in set(its.get("callers", [])) & calls.keys():
            calls[caller].add(verb)
    return calls


@pytest.mark.usefixtures("writer")
@pytest.mark.parametrize("tries", [120, pytest.param(1000, marks=pytest.mark.long)])
def test_a_hidden_post_is_gone_from_the_next_answer(
    target: Target, lists: list[str], tries: int, say: Callable[[str], None]
) -> None:
    assert {"web", "recommend"} <= set(lists)
    found = freshness.hide_and_look_together(target, tries, lists, readers=4)
    say(found.table())
    assert found.misses == []
    assert min(found.tries.values()) >= tries


@pytest.mark.usefixtures("writer")
def test_without_hide_the_answer_says_that_the_copy_was_used(
    release: Release, target: Target, lists: list[str]
) -> None:
    with freshness.stranger(target) as somebody:

        def whole() -> bool:
            return not any(somebody.is_degraded(name) for name in lists)

        wait_until(whole, "hide is asked", PATIENCE)
        with release.without("hide"):
            assert [name for name in lists if not somebody.is_degraded(name)] == []
        wait_until(whole, "hide is asked again", PATIENCE)


@pytest.mark.usefixtures("writer")
def test_a_like_changes_the_recommendations(target: Target, say: Callable[[str], None]) -> None:
    with freshness.stranger(target) as somebody:
        taken = somebody.like_and_wait(10)
    say(freshness.described(taken))
    assert len(taken) == 10


def test_new_posts_are_found_and_deleted_ones_are_gone(
    target: Target, writer: str, say: Callable[[str], None]
) -> None:
    # A minute: sync's runs follow each other once in it.
    lags = arriving.write_and_watch(target, writer, MINUTE, every=1.5)
    say(lags.table())
    assert min(map(len, lags.seconds.values())) >= 20
