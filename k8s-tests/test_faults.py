"""Pods die while requests go on: no acknowledged write is lost; the longest gap is printed."""

import time
from collections.abc import Callable, Iterable
from itertools import chain

from harness import Release, Traffic, wait_until

SECONDS_AROUND = 3


def _lost(release: Release, acknowledged: Iterable[str]) -> set[str]:
    with release.database("posts") as database:
        return set(acknowledged) - set(database["posts"].distinct("_id"))


def _delete_and_recover(release: Release, pod: str) -> None:
    release.kubectl("delete", "pod", pod, "--wait=true")
    release.wait_ready()


def test_every_pod_of_every_service_dies_once_and_nothing_is_lost(
    release: Release, say: Callable[[str], None]
) -> None:
    promised: dict[str, list[str]] = {}
    with Traffic(release) as traffic:
        for verb in release.verbs():
            for pod in release.running(verb):
                _delete_and_recover(release, pod)
            promised[verb], gaps = traffic.taken()
            say(f"pods of {verb} deleted: {gaps}")
    assert [verb for verb, ids in promised.items() if not ids] == []
    lost = _lost(release, chain.from_iterable(promised.values()))
    assert {verb: lost & set(ids) for verb, ids in promised.items() if lost & set(ids)} == {}
    _all_arrive_in_search(release)


def test_the_primary_of_the_database_dies_and_nothing_is_lost(
    release: Release, say: Callable[[str], None]
) -> None:
    primary = release.primary()
    with Traffic(release) as traffic:
        time.sleep(SECONDS_AROUND)
        _delete_and_recover(release, primary)
        time.sleep(SECONDS_AROUND)
    acknowledged, gaps = traffic.taken()
    say(f"the primary {primary} deleted: {gaps}")
    assert acknowledged
    assert _lost(release, acknowledged) == set()
    _all_arrive_in_search(release)


def test_the_primary_is_killed_without_warning_and_nothing_is_lost(
    release: Release, say: Callable[[str], None]
) -> None:
    primary = release.primary()
    with Traffic(release) as traffic:
        time.sleep(SECONDS_AROUND)
        release.kubectl("delete", "pod", primary, "--grace-period=0", "--force")
        time.sleep(SECONDS_AROUND)
        release.wait_ready()
        time.sleep(SECONDS_AROUND)
    acknowledged, gaps = traffic.taken()
    say(f"the primary {primary} killed: {gaps}")
    assert acknowledged
    assert _lost(release, acknowledged) == set()


def _all_arrive_in_search(release: Release) -> None:
    def equal() -> bool:
        with release.mongo() as mongo:
            master = {p["_id"]: p["etag"] for p in mongo["posts"]["posts"].find({}, {"etag": 1})}
            copies = mongo["search"]["synced_posts"].find({}, {"etag": 1})
            return {p["_id"]: p["etag"] for p in copies} == master

    wait_until(equal, "search's store is what posts has", 300)
