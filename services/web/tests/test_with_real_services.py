"""The pages over the real posts, search and sync, each a process of its own."""

import os
import signal
import time

import httpx2
import pytest
from lxml import html

from reddit_reco_local.stack import running

TITLE = "Unmistakable heliotrope <b>gardens</b>"
POST = {
    "title": TITLE,
    "text": "A text about heliotropes.\n\nAnd https://example.org/more.",
    "created_at": "2020-02-03T04:05:06Z",
    "subreddit": "gardening",
    "permalink": "/r/gardening/comments/real1/",
    "score": 7,
    "tags": ["guide"],
}
SLOWEST = 60


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    home = tmp_path_factory.mktemp("stack")
    with running(home, ("posts", "search", "web")) as stack:
        yield stack


@pytest.fixture(scope="module")
def browser(stack):
    headers = {"Accept": "text/html"}
    with httpx2.Client(base_url=stack.url("web"), headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def post_path(stack):
    url = f"{stack.url('posts')}/api/v1/posts/reddit:real1"
    headers = {"Authorization": f"Bearer {stack.token()}"}
    assert httpx2.put(url, json=POST, headers=headers, trust_env=False).status_code == 201
    yield "/posts/reddit:real1"
    assert httpx2.delete(url, headers=headers, trust_env=False).status_code == 204


def eventually(look):
    end = time.monotonic() + SLOWEST
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {SLOWEST} s")


def test_a_new_post_is_on_the_home_page_and_has_a_page(browser, post_path):
    home = html.document_fromstring(browser.get("/?sort=new").text)
    assert [link.text for link in home.cssselect(".post h2 a")] == [TITLE]
    page = html.document_fromstring(browser.get(post_path).text)
    assert page.cssselect("h1")[0].text == TITLE
    assert page.cssselect(".text a")[0].get("href") == "https://example.org/more"


def test_a_new_post_is_found_and_its_matches_are_marked(browser, post_path):
    def hits():
        page = html.document_fromstring(browser.get("/search?q=heliotrope").text)
        return page.cssselect(".post")

    [hit] = eventually(hits)
    assert hit.cssselect("h2 a")[0].text_content() == TITLE
    assert hit.cssselect("h2 mark")[0].text == "heliotrope"
    assert hit.cssselect("h2 a")[0].get("href") == post_path


@pytest.mark.parametrize(
    "query", ["%22open", "cursor=forged&q=x", "q=" + "x" * 2000, "q=-a", "q=x&from=never"]
)
def test_what_search_refuses_is_a_page_with_its_words(browser, query):
    query = query if "=" in query else f"q={query}"
    response = browser.get(f"/search?{query}")
    assert response.status_code == 400
    note = html.document_fromstring(response.text).cssselect(".note")[0]
    assert len(note.text_content()) > 30


def test_a_post_without_a_tombstone_is_not_found_and_one_with_it_is_gone(stack, browser, post_path):
    headers = {"Authorization": f"Bearer {stack.token()}"}
    url = f"{stack.url('posts')}/api/v1/posts/reddit:gone1"
    httpx2.put(url, json=POST, headers=headers, trust_env=False)
    httpx2.delete(url, headers=headers, trust_env=False)
    assert browser.get("/posts/reddit:gone1").status_code == 410
    assert browser.get("/posts/reddit:never1").status_code == 404
    assert browser.get("/posts/nonsense").status_code == 404


def test_the_site_goes_on_when_search_is_killed(stack, browser, post_path):
    os.kill(stack.processes.pid("search"), signal.SIGKILL)

    def degraded():
        response = browser.get("/search?q=heliotrope")
        assert response.status_code == 200
        return response.headers.get("Degraded")

    # gunicorn's worker outlives it by a moment.
    assert eventually(degraded) == "search"
    assert browser.get(post_path).status_code == 200
