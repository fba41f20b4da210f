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


def _gaps(what: str, traffic: Traffic) -> str:
    gaps = ", ".join(f"{name} {gap:.1f} s" for name, gap in traffic.gaps.items())
    written = f"{len(traffic.acknowledged)} writes acknowledged, errors: {traffic.errors}"
    return f"{what}: longest gap {gaps}; {written}"


def test_every_pod_of_every_service_dies_once_and_nothing_is_lost(
    release: Release, say: Callable[[str], None]
) -> None:
    promised: dict[str, list[str]] = {}
    for verb in release.verbs():
        with Traffic(release) as traffic:
            for pod in release.running(verb):
                _delete_and_recover(release, pod)
            time.sleep(SECONDS_AROUND)
        say(_gaps(f"pods of {verb} deleted", traffic))
        assert traffic.acknowledged, verb
        promised[verb] = traffic.acknowledged
    lost = _lost(release, chain.from_iterable(promised.values()))
    assert {verb: lost & set(ids) for verb, ids in promised.items() if lost & set(ids)} == {}
    _all_arrive_in_search(release)


def test_the_primary_of_the_database_dies_and_nothing_is_lost(
    release: Release, say: Callable[[str], None]
) -> None:
    primary = release.make("mongo-primary")
    with Traffic(release) as traffic:
        time.sleep(SECONDS_AROUND)
        _delete_and_recover(release, primary)
        time.sleep(SECONDS_AROUND)
    say(_gaps(f"the primary {primary} deleted", traffic))
    assert traffic.acknowledged
    assert _lost(release, traffic.acknowledged) == set()
    _all_arrive_in_search(release)


def test_the_primary_is_killed_without_warning_and_nothing_is_lost(
    release: Release, say: Callable[[str], None]
) -> None:
    primary = release.make("mongo-primary")
    with Traffic(release) as traffic:
        time.sleep(SECONDS_AROUND)
        release.kubectl("delete", "pod", primary, "--grace-period=0", "--force")
        time.sleep(SECONDS_AROUND)
        release.wait_ready()
        time.sleep(SECONDS_AROUND)
    say(_gaps(f"the primary {primary} killed", traffic))
    assert traffic.acknowledged
    assert _lost(release, traffic.acknowledged) == set()


def _all_arrive_in_search(release: Release) -> None:
    def equal() -> bool:
        with release.mongo() as mongo:
            master = {p["_id"]: p["etag"] for p in mongo["posts"]["posts"].find({}, {"etag": 1})}
            copies = mongo["search"]["synced_posts"].find({}, {"etag": 1})
            return {p["_id"]: p["etag"] for p in copies} == master

    wait_until(equal, "search's store is what posts has", 180)
