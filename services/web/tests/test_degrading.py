import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from prometheus_client import REGISTRY

# The page's deadline is .7 s, as by default, and the slow verbs take 2 s.
LIMIT = 1.6


@pytest.fixture
def hasty(make_client, posts_verb, search_verb):
    return make_client(posts_url=posts_verb.url, search_url=search_verb.url, fan_out_seconds=0.7)


@pytest.fixture
def timed(see):
    def get(client, path, status=200):
        # A busy machine may hold up one time or the other.
        for _ in range(3):
            started = time.monotonic()
            page = see(client, path, status)
            if time.monotonic() - started < LIMIT:
                return page
        raise AssertionError(f"{path} took longer than {LIMIT} s")

    return get


@pytest.mark.parametrize(("path", "verb"), [("/", "posts"), ("/search?q=number", "search")])
def test_a_dead_verb_leaves_its_part_empty_with_a_note(make_client, timed, dead_url, path, verb):
    client = make_client(posts_url=dead_url, search_url=dead_url)
    page = timed(client, path)
    note = page.cssselect(".note")[0].text_content()
    assert f"“{verb}” does not answer" in note
    assert not page.cssselect(".post")
    assert page.cssselect("#q")


def test_a_slow_verb_costs_no_more_than_the_deadline(hasty, timed, posts_verb, search_verb):
    posts_verb.delay = search_verb.delay = 2
    for path, verb in {"/": "posts", "/search?q=number": "search"}.items():
        page = timed(hasty, path)
        assert verb in page.cssselect(".note")[0].text_content()


@pytest.mark.parametrize("status", [500, 502, 503, 429, 401])
def test_a_verb_in_error_is_as_good_as_dead(client, timed, search_verb, status):
    search_verb.status = status
    page = timed(client, "/search?q=number")
    assert "does not answer" in page.cssselect(".note")[0].text_content()


def test_search_goes_on_without_posts(make_client, timed, search_verb, dead_url):
    client = make_client(posts_url=dead_url, search_url=search_verb.url)
    assert len(timed(client, "/search?q=number").cssselect(".post")) == 20


def test_a_post_is_shown_without_its_neighbours(make_client, see, posts_verb):
    held = Event()

    def hang():
        held.wait(60)
        return {}

    posts_verb.app.view_functions["listed"] = hang
    try:
        page = see(make_client(posts_url=posts_verb.url, fan_out_seconds=3), "/posts/reddit:p3")
    finally:
        held.set()
    assert page.cssselect("h1")[0].text == "Post number 3"
    assert "posts" in page.cssselect(".side .note")[0].text_content()


def test_a_posts_page_needs_posts(make_client, timed, dead_url):
    page = timed(make_client(posts_url=dead_url), "/posts/reddit:p3", status=503)
    assert page.cssselect("h1")[0].text == "Not right now"
    assert "“posts”" in page.text_content()


def test_what_is_missing_is_said_in_a_header_and_counted(make_client, dead_url):
    labels = {"verb": "search", "outcome": "unreachable"}
    before = REGISTRY.get_sample_value("reddit_reco_web_calls_total", labels) or 0
    response = make_client(search_url=dead_url).get("/search?q=x")
    assert response.headers["Degraded"] == "search"
    assert REGISTRY.get_sample_value("reddit_reco_web_calls_total", labels) == before + 1


def test_an_answer_that_is_no_json_is_no_answer(client, timed, search_verb):
    search_verb.app.view_functions["found"] = lambda: "<html>"
    page = timed(client, "/search?q=number")
    assert "does not answer" in page.cssselect(".note")[0].text_content()


def test_readiness_depends_on_nobody(make_client, dead_url):
    client = make_client(posts_url=dead_url, search_url=dead_url, ingest_url=dead_url)
    assert client.get("/readyz").status_code == 200
    assert make_client().get("/readyz").status_code == 200


def test_a_slow_verb_does_not_take_the_threads_of_another(
    make_client, see, posts_verb, search_verb
):
    # Two calls to a service at a time: as many as searches wait for.
    client = make_client(posts_url=posts_verb.url, search_url=search_verb.url, threads=1)
    asked, held = Barrier(3), Event()

    def hang():
        asked.wait(60)
        held.wait(60)
        return {}

    search_verb.app.view_functions["found"] = hang
    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(client.application.test_client().get, "/search?q=number")
        try:
            asked.wait(60)
            assert see(client, "/").cssselect(".post")
        finally:
            held.set()


def test_the_request_id_goes_along(client, posts_verb):
    response = client.get("/posts/reddit:p1", headers={"X-Request-ID": "abc-123"})
    assert response.headers["X-Request-ID"] == "abc-123"
    assert set(posts_verb.request_ids) == {"abc-123"}


def test_a_connection_that_breaks_is_tried_once_more(make_client, see, posts_verb):
    client = make_client(posts_url=posts_verb.url)
    breaks = iter([True, False, False])

    def listed():
        if next(breaks):
            raise ConnectionAbortedError
        return posts_verb.listed()

    posts_verb.app.view_functions["one"] = posts_verb.one
    posts_verb.app.view_functions["listed"] = listed
    assert see(client, "/posts/reddit:p1").cssselect("h1")
