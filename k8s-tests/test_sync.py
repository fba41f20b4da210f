"""Sync: twice changes nothing, killed in mid-copy it ends right, and changes reach search."""

import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx2
import pytest
from harness import Release, delete_post, found, put_post, wait_until
from harness.posts import now_id

CRONJOB = "reddit-reco-sync"
Documents = dict[str, dict[str, Any]]


@pytest.fixture
def paused(release: Release) -> Iterator[None]:
    """The CronJob rests, so that the only runs are the test's own."""
    _suspend(release, True)
    for pod in release.pods("sync"):
        if pod.status.phase in {"Pending", "Running"}:
            release.kubectl("delete", "pod", pod.metadata.name, "--wait=true")
    yield
    _suspend(release, False)


def _suspend(release: Release, suspend: bool) -> None:
    body = {"spec": {"suspend": suspend}}
    release.batch.patch_namespaced_cron_job(CRONJOB, release.namespace, body)


def _start_pass(release: Release, name: str) -> None:
    """One pass of sync: the CronJob's own pod, which ends as soon as it has caught up."""
    template = release.batch.read_namespaced_cron_job(CRONJOB, release.namespace).spec.job_template
    container = template.spec.template.spec.containers[0]
    for variable in container.env:
        if variable.name == "SYNC_FOLLOW_SECONDS":
            variable.value = "0"
    job = {"metadata": {"name": name}, "spec": template.spec}
    release.kubectl("delete", "job", name, "--ignore-not-found", "--wait=true")
    release.batch.create_namespaced_job(release.namespace, job)


def _finish_pass(release: Release, name: str) -> None:
    """Wait for the pass, and clear it away."""
    release.kubectl("wait", f"job/{name}", "--for=condition=complete", "--timeout=300s")
    release.kubectl("delete", "job", name, "--wait=true")


def _begun(release: Release, job: str) -> list[str]:
    """Names of the pods of a job that run, or have run: one may end before it is looked at."""
    pods = release.core.list_namespaced_pod(
        release.namespace, label_selector=f"batch.kubernetes.io/job-name={job}"
    ).items
    return [pod.metadata.name for pod in pods if pod.status.phase != "Pending"]


def _copies(release: Release) -> Documents:
    with release.database("search") as database:
        return {post["_id"]: post for post in database["synced_posts"].find()}


def _without_generation(documents: Documents) -> Documents:
    return {
        key: {name: value for name, value in post.items() if name != "_gen"}
        for key, post in documents.items()
    }


def _master(release: Release) -> Documents:
    with release.database("posts") as database:
        return {post["_id"]: post for post in database["posts"].find()}


def test_a_second_run_changes_nothing(release: Release, imported: int, paused: None) -> None:
    _start_pass(release, "sync-test-first")
    _finish_pass(release, "sync-test-first")
    before = _copies(release)
    _start_pass(release, "sync-test-second")
    _finish_pass(release, "sync-test-second")
    assert _copies(release) == before
    assert len(before) >= imported


def test_a_run_that_is_killed_in_mid_copy_ends_right(
    release: Release, imported: int, paused: None
) -> None:
    """The state is set back to `new`, so that everything is copied again, under a kill."""
    assert imported
    for attempt in range(3):
        with release.database("search") as database:
            database["synced_state"].delete_many({})
            database["synced_posts"].delete_many({"_id": {"$regex": "[0-4]$"}})
        _start_pass(release, f"sync-test-killed-{attempt}")
        begun = partial(_begun, release, f"sync-test-killed-{attempt}")
        pod = wait_until(begun, "a sync pod runs", 180, pause=0.1)[0]
        time.sleep(0.3 * attempt)
        release.kubectl("delete", "pod", pod, "--grace-period=0", "--force", "--ignore-not-found")
        release.kubectl("delete", "job", f"sync-test-killed-{attempt}", "--wait=true")
    _start_pass(release, "sync-test-after")
    _finish_pass(release, "sync-test-after")
    assert _without_generation(_copies(release)) == _master(release)


def test_a_new_post_a_change_and_a_deletion_reach_search(
    release: Release, http: httpx2.Client, say: Callable[[str], None]
) -> None:
    post_id, first, second = now_id("lag"), uuid.uuid4().hex, uuid.uuid4().hex
    lags = {}
    put_post(http, post_id, f"a post that says {first}")
    lags["new"] = _lag(lambda: post_id in found(http, first))
    put_post(http, post_id, f"the same post, which now says {second}")
    lags["change"] = _lag(lambda: post_id in found(http, second))
    assert post_id not in found(http, first)
    delete_post(http, post_id)
    lags["deletion"] = _lag(lambda: post_id not in found(http, second))
    say(f"seconds until search knows: { {k: round(v, 2) for k, v in lags.items()} }")
    assert http.get(f"/api/v1/posts/{post_id}").status_code in {404, 410}
    assert (
        http.put(
            f"/api/v1/posts/{post_id}", json={"title": "x", "created_at": "2013-06-09T02:54:42Z"}
        ).status_code
        == 410
    )


def _lag(known: Any) -> float:
    started = time.monotonic()
    wait_until(known, "search knows", 300, pause=0.05)
    return time.monotonic() - started


def test_search_says_how_old_its_copy_is(release: Release) -> None:
    name = "reddit_reco_sync_age_seconds{"

    def young() -> bool:
        pod = release.running("search")[0]
        metrics = release.proxied(f"pods/{pod}:9090/proxy/metrics")
        ages = [line for line in metrics.splitlines() if line.startswith(name)]
        [line] = [line for line in ages if 'stream="posts"' in line]
        return float(line.split()[-1]) < 180

    wait_until(young, "the copy is young", 300)
