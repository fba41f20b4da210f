"""The pages over the real posts, search and sync, each a process of its own."""

import os
import secrets
import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx2
import pytest
from lxml import html

from reddit_reco_local.kit.waiting import eventually
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
VERBS = ("posts", "search", "login", "tag", "like", "hide", "share", "web")
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    home = tmp_path_factory.mktemp("stack")
    # A token that ends within the test, so that it is renewed on the way.
    # A busy machine must not make a page go on without what it asks for.
    env = {"login": {"ACCESS_TOKEN_SECONDS": "10"}, "web": {"FAN_OUT_SECONDS": "20"}}
    with running(home, VERBS, extra_env=env) as stack:
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
    page = html.document_fromstring(response.text)
    assert len(page.cssselect(".note")[0].text_content()) > 30
    begin = [link.get("href") for link in page.cssselect("main > p a")]
    assert begin == (["/search?q=x"] if "cursor" in query else [])


def test_a_post_without_a_tombstone_is_not_found_and_one_with_it_is_gone(stack, browser, post_path):
    headers = {"Authorization": f"Bearer {stack.token()}"}
    url = f"{stack.url('posts')}/api/v1/posts/reddit:gone1"
    httpx2.put(url, json=POST, headers=headers, trust_env=False)
    httpx2.delete(url, headers=headers, trust_env=False)
    assert browser.get("/posts/reddit:gone1").status_code == 410
    assert browser.get("/posts/reddit:never1").status_code == 404
    assert browser.get("/posts/nonsense").status_code == 404


@pytest.fixture
def reader(stack):
    """A browser whose user has just signed up by the form."""
    headers = {"Accept": "text/html"}
    given = {"headers": headers, "follow_redirects": True, "trust_env": False}
    with httpx2.Client(base_url=stack.url("web"), **given) as client:
        name = f"reader-{secrets.token_hex(4)}"
        page = send(client, "/sign-up", "form.door", username=name, password=PASSWORD)
        assert page.cssselect(".menu summary")[0].text == name
        yield client


def send(client, path, form, **values):
    found = html.document_fromstring(client.get(path).text).cssselect(form)[0]
    answer = client.post(found.get("action"), data={**dict(found.form_values()), **values})
    assert answer.status_code == 200, answer.text
    return html.document_fromstring(answer.text)


def states(client, path):
    page = html.document_fromstring(client.get(path).text)
    return [button.get("aria-pressed") for button in page.cssselect("main .like")]


def test_a_reader_likes_tags_shares_hides_and_takes_back(reader, post_path):
    post = post_path.removeprefix("/posts/")
    for do in (f"like {post}", f"tag {post} flowers", f"share {post}"):
        send(reader, post_path, "#acts", do=do)
    assert states(reader, "/me/likes") == ["true"]
    assert "flowers" in reader.get("/me/tags").text
    assert TITLE not in reader.get("/me/tags/flowers").text
    assert "heliotrope" in reader.get("/me/tags/flowers").text
    page = html.document_fromstring(reader.get("/me/shares").text)
    link = page.cssselect("input[readonly]")[0].value
    assert link.startswith(f"{str(reader.base_url).rstrip('/')}/s/")
    page = send(reader, "/?sort=new", "#acts", do=f"hide {post}")
    assert not page.cssselect("li.post")
    undo = page.cssselect("main > .note button")[0].get("value")
    assert send(reader, "/?sort=new", "#acts", do=undo).cssselect("li.post")


def test_rules_are_kept_as_they_were_given(reader):
    path = 'form[action="/me/rules"]'
    page = send(reader, "/me/rules", path, tag="flowers", words="heliotrope, garden")
    assert "flowers for posts with heliotrope, garden" in page.text_content()
    response = reader.post(
        "/me/rules", data={**dict(page.cssselect(path)[0].form_values()), "tag": "suggest"}
    )
    assert response.status_code == 400
    said = html.document_fromstring(response.text).cssselect(".note.failed p")[0].text
    assert said == (
        "Tag: this word is not free to be a tag. "
        "Give at least one of subreddit, author, source, words."
    )


def test_many_requests_at_once_renew_the_session_and_none_ends_it(stack, reader):
    refresh = reader.cookies["reddit_reco_refresh"]
    for _ in range(3):
        given = {"cookies": {"reddit_reco_refresh": refresh}, "trust_env": False}
        ask = partial(httpx2.get, f"{stack.url('web')}/me/likes", **given)
        with ThreadPoolExecutor(8) as pool:
            answers = [one.result() for one in [pool.submit(ask) for _ in range(8)]]
        assert [answer.status_code for answer in answers] == [200] * 8
        [renewed] = {answer.cookies["reddit_reco_refresh"] for answer in answers}
        assert renewed != refresh
        refresh = renewed


def test_a_session_outlives_that_login_stood_still_when_it_was_to_be_renewed(
    stack, reader, make_client
):
    """Its answer is lost, but it did renew: twice, for two tabs."""
    urls = {f"{verb}_url": stack.url(verb) for verb in VERBS if verb != "web"}
    keys = str(stack.home / "keys" / "jwks.json")
    refresh = reader.cookies["reddit_reco_refresh"]

    def renewed(**settings):
        client = make_client(**urls, jwks_file=keys, **settings)
        client.set_cookie("reddit_reco_refresh", refresh)
        answer = client.get("/me/likes")
        return answer.status_code, client.get_cookie("reddit_reco_refresh").value

    login = stack.processes.pid("login")
    os.killpg(login, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(2) as pool:
            answers = [pool.submit(renewed, fan_out_seconds=0.5) for _ in range(2)]
            assert [one.result() for one in answers] == [(503, refresh)] * 2
    finally:
        os.killpg(login, signal.SIGCONT)
    status, following = renewed()
    assert status == 200
    assert following != refresh


def test_after_signing_out_the_cookies_of_before_are_worth_nothing(stack, reader):
    before = {"reddit_reco_refresh": reader.cookies["reddit_reco_refresh"]}
    send(reader, "/account", ".menu form")
    answer = httpx2.get(f"{stack.url('web')}/me/likes", cookies=before, trust_env=False)
    assert answer.status_code == 303


def test_an_erased_account_is_gone_with_its_cookies(reader):
    name = html.document_fromstring(reader.get("/account").text).cssselect("dd")[0].text
    page = send(reader, "/account", "form.danger", name=name)
    assert not page.cssselect(".menu")
    form = html.document_fromstring(reader.get("/sign-in").text).cssselect("form.door")[0]
    values = {**dict(form.form_values()), "username": name, "password": PASSWORD}
    assert reader.post("/sign-in", data=values).status_code == 403


def test_the_site_goes_on_when_search_is_killed(stack, browser, post_path):
    stack.processes.kill("search")
    response = browser.get("/search?q=heliotrope")
    assert response.status_code == 200
    assert response.headers["Degraded"] == "search"
    assert browser.get(post_path).status_code == 200
