"""One service after the other ends: every page comes with the rest, and names what is missing."""

import os
import signal
from pathlib import Path

import httpx2
import pytest
from proofs.pagewise import faults_without, look_without, reader

POST = {"id": "reddit:walk1", "title": "A walk", "created_at": "2020-01-01T00:00:00Z"}
VERBS = ("recommend", "search", "like", "hide", "tag", "share", "login", "posts", "ingest")


@pytest.fixture(scope="module")
def client(house):
    httpx2.put(
        f"{house.url('posts')}/api/v1/posts/{POST['id']}",
        json={"title": POST["title"], "created_at": POST["created_at"]},
        headers={"Authorization": f"Bearer {house.token()}"},
    ).raise_for_status()
    with reader(house.url("web")) as client:
        yield client


@pytest.fixture
def gone(house, client, request):
    """A verb whose process has ended, until the test is over."""
    verb = request.param
    if verb not in house.environments:
        pytest.skip(f"there is no {verb}")
    house.processes.kill(verb)
    yield verb
    house.processes.start(verb, f"reddit_reco_{verb}", env=house.environments[verb])
    house.processes.wait_ready(verb, f"{house.url(verb)}/readyz")


@pytest.mark.parametrize("gone", VERBS, indirect=True)
def test_without_a_service_every_page_comes_and_names_it(gone, client):
    assert faults_without(client, gone, POST["id"]) == []


@pytest.mark.parametrize("stopped", VERBS)
def test_a_service_that_hangs_holds_no_page_up(stopped, house, client):
    pid = house.processes.pid(stopped)
    worker = int(Path(f"/proc/{pid}/task/{pid}/children").read_text())
    os.kill(worker, signal.SIGSTOP)
    try:
        look = look_without(client, stopped, POST["id"])
    finally:
        os.kill(worker, signal.SIGCONT)
    assert look.faults == []


def test_with_all_services_no_page_names_any(client):
    for verb in VERBS:
        text = client.get("/me/likes").text
        assert f"“{verb}”" not in text
    assert faults_without(client, "", POST["id"]) == []
