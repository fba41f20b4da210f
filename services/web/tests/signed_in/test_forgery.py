import pytest

FORMS = {
    "/acts": {"do": "like reddit:p1"},
    "/sign-out": {},
    "/account/erase": {"name": "ann"},
    "/me/rules": {"tag": "x", "words": "y"},
    "/me/rules/delete": {"rule": "x"},
    "/imports/i1/stop": {},
    "/topics": {"topic": "python"},
    "/sign-in": {"username": "ann", "password": "correct horse battery"},
    "/sign-up": {"username": "bob", "password": "correct horse battery"},
}


@pytest.fixture
def token(browser):
    return browser.see("/").cssselect("#acts input[name=csrf]")[0].value


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("given", [None, "", "forged", "A" * 48, "é" * 48])
def test_a_form_without_this_browsers_secret_is_refused(browser, people, token, path, given):
    people.seen.clear()
    data = {**FORMS[path], **({"csrf": given} if given is not None else {})}
    response = browser.client.post(path, data=data, headers={"Accept": "text/html"})
    assert response.status_code == 403
    assert "This form is too old." in response.text
    assert people.seen == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_another_sites_form_is_refused_even_with_the_secret(browser, people, token, headers):
    data = {"csrf": token, "do": "like reddit:p1"}
    response = browser.client.post("/acts", data=data, headers={"Accept": "text/html", **headers})
    assert response.status_code == 403
    assert not people.likes


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {"Origin": "null"}, {}],
)
def test_the_sites_own_form_is_accepted(browser, people, token, headers):
    data = {"csrf": token, "do": "like reddit:p1"}
    assert browser.client.post("/acts", data=data, headers=headers).status_code == 303
    assert people.likes == {"reddit:p1"}


def test_the_header_of_scripts_is_as_good_as_the_field(browser, people, token):
    page = browser.see("/")
    assert "X-CSRF-Token" in page.cssselect("body")[0].get("hx-headers:inherited")
    headers = {"X-CSRF-Token": token}
    assert browser.client.post("/acts", data={"do": "like reddit:p1"}, headers=headers)
    assert people.likes == {"reddit:p1"}


def test_every_form_that_posts_carries_the_secret(browser, people):
    people.imports["i1"] = {"id": "i1", "state": "running", "format": "hn", "counts": {}}
    people.rules.append({"tag": "x", "when": {"words": ["y"]}})
    paths = ["/", "/posts/reddit:p1", "/account", "/me/rules", "/imports", "/imports/i1", "/topics"]
    for path in [*paths, "/sign-in", "/sign-up"]:
        for form in browser.see(path).cssselect("form[method=post]"):
            assert form.cssselect("input[name=csrf]"), path


def test_the_secret_looks_different_on_every_page(browser):
    shown = {browser.see("/").cssselect("#acts input[name=csrf]")[0].value for _ in range(3)}
    assert len(shown) == 3
