"""Login is late when a session must be renewed: nobody is taken for a visitor by that."""

import io
import threading

import pytest
from lxml import html

POST = "reddit:p3"
SCRIPT = {"HX-Request": "true"}
# So late is nothing before the page must be done: it answers when the test lets it.
HASTY = {"fan_out_seconds": 0.3, "act_seconds": 0.3}
OWN = ["/me/likes", "/me/tags", "/me/tags/x", "/me/hidden", "/me/shares", "/me/inbox", "/me/rules"]
OWN += ["/imports", "/imports/i1", "/account", "/account/export"]


@pytest.fixture
def late(people):
    """Login answers no refresh before it is set."""
    answers = threading.Event()
    refresh = people.app.view_functions["refresh"]

    def held():
        assert answers.wait(120)
        return refresh()

    people.app.view_functions["refresh"] = held
    yield answers
    answers.set()


@pytest.fixture
def hasty(signed_in, late):
    browser = signed_in(**HASTY)
    browser.client.delete_cookie("reddit_reco_access")
    return browser


@pytest.fixture
def acting(browser, late):
    """Ann's page, from before her session must be renewed; then login is late for what she does."""
    page = browser.see(f"/posts/{POST}")
    browser.client.delete_cookie("reddit_reco_access")
    browser.client.application.config["WEB"] = browser.client.application.config["WEB"].model_copy(
        update=HASTY
    )
    return page


def kept(client):
    """The session's cookie that the browser has after all."""
    cookie = client.get_cookie("reddit_reco_refresh")
    return cookie.value if cookie else None


def told(response):
    assert response.status_code == 503, response.text
    assert "Location" not in response.headers
    assert response.headers["Degraded"] == "login"
    assert response.headers["Retry-After"]
    assert "“login” does not answer" in response.text
    return html.document_fromstring(response.text)


@pytest.mark.parametrize("path", ["/?sort=new", "/search?q=number", "/about", "/reference"])
def test_what_visitors_read_is_shown_with_a_note(hasty, path):
    response = hasty.client.get(path, headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert "login" in response.headers["Degraded"]
    page = html.document_fromstring(response.text)
    assert "You stay signed in" in page.cssselect("main > .note")[0].text_content()
    assert not page.cssselect(".way-in")
    assert kept(hasty.client) == "r0"


@pytest.mark.parametrize("path", OWN)
def test_an_own_page_says_that_it_cannot_be_had_right_now(hasty, path):
    page = told(hasty.client.get(path, headers={"Accept": "text/html"}))
    assert page.cssselect("main a")[0].get("href") == path
    assert not page.cssselect("input[type=password]")
    assert kept(hasty.client) == "r0"


def test_so_does_a_site_that_is_read_by_its_users_alone(signed_in, late):
    browser = signed_in(open_reading=False, **HASTY)
    browser.client.delete_cookie("reddit_reco_access")
    told(browser.client.get("/?sort=new", headers={"Accept": "text/html"}))


def test_a_part_of_a_page_leads_nowhere(hasty):
    response = hasty.client.get("/me/likes?cursor=1", headers=SCRIPT)
    assert response.status_code == 503
    assert response.headers["Degraded"] == "login"
    assert response.content_type == "text/plain; charset=utf-8"
    assert "HX-Redirect" not in response.headers


def test_an_act_is_not_done_and_can_be_sent_again_with_what_was_typed(
    browser, acting, late, people
):
    page = told(browser.send(acting, "#acts", do=f"tag {POST}", what="read me"))
    assert page.cssselect("form.again input[name=what]")[0].value == "read me"
    assert people.tags == set()
    late.set()
    patient = browser.client.application.config["WEB"].model_copy(
        update={"fan_out_seconds": 20, "act_seconds": 20}
    )
    browser.client.application.config["WEB"] = patient
    response = browser.send(page, "form.again")
    assert response.headers["Location"] == f"/posts/{POST}"
    assert people.tags == {(POST, "read-me")}


def test_an_act_by_script_is_told_where_it_was_begun(browser, acting, people):
    response = browser.act(acting, f"like {POST}", **SCRIPT)
    assert response.status_code == 503
    assert "Nothing was done" in response.text
    assert "HX-Redirect" not in response.headers
    assert people.likes == set()


def test_a_rule_that_was_typed_is_kept(browser, acting, people):
    fields = dict(acting.cssselect("#acts")[0].form_values())
    typed = {"csrf": fields["csrf"], "tag": "later", "words": "<b> & more", "author": ""}
    response = browser.client.post("/me/rules", data=typed, headers={"Accept": "text/html"})
    values = dict(told(response).cssselect("form.again")[0].form_values())
    assert values["csrf"]
    assert {name: values.get(name) for name in ("tag", "words")} == {
        "tag": "later",
        "words": "<b> & more",
    }
    assert people.rules == []


def test_only_the_sites_own_forms_are_kept(browser, acting):
    response = browser.client.post("/me/rules", data={"tag": "x"}, headers={"Accept": "text/html"})
    assert response.status_code == 403
    assert not html.document_fromstring(response.text).cssselect("form.again")


def test_a_file_must_be_chosen_again(browser, acting, people):
    fields = dict(acting.cssselect("#acts")[0].form_values())
    data = {"csrf": fields["csrf"], "file": (io.BytesIO(b"x" * 100_000), "posts.zip")}
    page = told(browser.client.post("/imports", data=data, headers={"Accept": "text/html"}))
    assert "choose the file again" in page.text_content()
    assert page.cssselect("main a")[0].get("href") == "/imports"
    assert people.imports == {}


def test_signing_out_everywhere_is_not_claimed(browser, acting, people):
    response = browser.send(acting, ".menu form", all="1")
    assert told(response).cssselect("form.again input[name=all]")
    assert people.tokens
    assert kept(browser.client) == "r0"


def test_signing_out_here_needs_nobody(browser, acting, notice):
    page = browser.follow(browser.send(acting, ".menu form"))
    assert notice(page).startswith("You are signed out in this browser.")
    assert kept(browser.client) is None


def test_a_renewal_has_the_time_of_what_somebody_does(signed_in, people):
    browser = signed_in(fan_out_seconds=0.3, act_seconds=30)
    page = browser.see("/about")
    browser.client.delete_cookie("reddit_reco_access")
    people.slow.add("login")
    response = browser.send(page, "#acts", do=f"like {POST}")
    assert response.status_code == 303
    assert people.likes == {POST}


@pytest.mark.parametrize("status", [404, 409, 413, 422, 429, 500, 502])
def test_only_logins_own_refusal_ends_a_session(browser, people, status):
    browser.client.delete_cookie("reddit_reco_access")
    people.app.view_functions["refresh"] = lambda: ("", status)
    told(browser.client.get("/me/likes", headers={"Accept": "text/html"}))
    assert kept(browser.client) == "r0"
