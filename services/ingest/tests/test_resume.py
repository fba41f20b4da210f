"""Pods die: imports go on elsewhere, nothing is lost, and nothing is counted twice."""

import signal
import time
from contextlib import suppress

import httpx2
import pytest

from reddit_reco_local.embedded import free_port

POSTS = 10_000
LEASE_SECONDS = 3


def under_way(service, location):
    def holds():
        found = service.at(location)
        assert found["state"] in ("queued", "running"), "it was over too soon: use more posts"
        return found["counts"]["read"] > 0

    service.wait_until(holds)


def orphans(database):
    """Uploads that belong to no import."""
    owned = database["imports"].distinct("upload_id")
    return set(database["uploads.chunks"].distinct("files_id")) - set(owned)


def check_complete(service, mongo_of, found, prefix, number=POSTS):
    assert found["state"] == "done"
    result = found["counts"]
    assert result["read"] == number
    assert result["created"] + result["unchanged"] == number
    assert result["rejected"] == 0
    wanted = {"_id": {"$regex": f"^reddit:{prefix}[0-9]"}}
    assert mongo_of(service, "posts")["posts"].count_documents(wanted) == number


def test_a_killed_service_goes_on_with_its_import(service, mongo_of, lines):
    location = service.begin(lines(POSTS, "killed"))
    under_way(service, location)
    service.kill("ingest", signal.SIGKILL)
    before = mongo_of(service)["imports"].find_one({"_id": location.rpartition("/")[2]})
    assert before["state"] == "running"
    assert 0 < before["counts"]["read"] == before["position"] < POSTS
    service.start()
    check_complete(service, mongo_of, service.ended(location), "killed")


def test_a_service_that_is_told_to_end_gives_its_import_back(service, mongo_of, lines):
    location = service.begin(lines(POSTS, "ended"))
    under_way(service, location)
    service.kill("ingest", signal.SIGTERM)
    before = mongo_of(service)["imports"].find_one({"_id": location.rpartition("/")[2]})
    assert before["state"] == "queued"
    assert before["lease"] is None
    wanted = {"_id": {"$regex": "^reddit:ended[0-9]"}}
    # What was on its way is committed: nothing is sent twice.
    assert mongo_of(service, "posts")["posts"].count_documents(wanted) == before["position"]
    service.start()
    found = service.ended(location)
    check_complete(service, mongo_of, found, "ended")
    assert found["counts"]["created"] == POSTS


def test_posts_may_be_away_for_a_while(service, mongo_of, lines):
    location = service.begin(lines(POSTS, "away"))
    under_way(service, location)
    service.kill("posts", signal.SIGKILL)
    time.sleep(LEASE_SECONDS + 1)
    assert service.at(location)["state"] == "running"
    service.start("posts")
    check_complete(service, mongo_of, service.ended(location), "away")


def test_a_second_pod_takes_over_when_the_first_dies(service, mongo_of, lines):
    port = free_port()
    second = {**service.stack.environments["ingest"], "PORT": str(port), "METRICS_PORT": "0"}
    service.stack.processes.start("second", "reddit_reco_ingest", env=second)
    service.stack.processes.wait_ready("second", f"http://127.0.0.1:{port}/readyz")
    try:
        locations = [service.begin(lines(5_000, f"pod{one}x")) for one in range(3)]
        service.wait_until(lambda: all(service.at(one)["counts"]["read"] for one in locations[:2]))
        service.kill("ingest", signal.SIGKILL)
        url, headers = f"http://127.0.0.1:{port}", service.client.headers
        with httpx2.Client(base_url=url, headers=headers, timeout=60) as other:
            for one in locations:
                service.wait_until(lambda one=one: other.get(one).status_code == 303)
            found = [other.get(one).json() for one in locations]
    finally:
        with suppress(ProcessLookupError):
            service.kill("second", signal.SIGTERM)
        service.stack.processes._children.pop("second")
        service.start()
    for number, one in enumerate(found):
        check_complete(service, mongo_of, one, f"pod{number}x", 5_000)


def test_an_upload_that_breaks_off_is_cleaned_up(service, mongo_of):
    def body():
        yield b"x" * 3_000_000
        raise ConnectionAbortedError

    headers = {"Content-Type": "application/octet-stream"}
    with pytest.raises(ConnectionAbortedError):
        service.client.post("/api/v1/imports?format=hn", content=body(), headers=headers)
    database = mongo_of(service)
    service.wait_until(lambda: not database["imports"].count_documents({"state": "uploading"}))
    service.wait_until(lambda: not orphans(database))
    assert orphans(database) == set()
