import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PASSWORD = "correct horse battery"


def cookies(response):
    return {
        line.partition("=")[0].removeprefix("reddit_reco_"): line
        for line in response.headers.getlist("Set-Cookie")
    }


def name_shown(page):
    found = page.cssselect(".menu summary")
    return found[0].text if found else None


def sign_up(browser, way="/", name="bob", password=PASSWORD):
    form = browser.see(f"/sign-up?next={way}")
    return browser.send(form, "form.door", username=name, password=password)


def test_signing_up_signs_in_and_leads_back(visitor, notice):
    response = sign_up(visitor, "/search?q=number")
    assert response.headers["Location"] == "/search?q=number"
    page = visitor.follow(response)
    assert name_shown(page) == "bob"
    assert notice(page) == "Welcome! Your account is ready."
    assert not visitor.see("/").cssselect("main > .note")


def test_session_cookies_are_out_of_reach_of_scripts_and_other_sites(visitor):
    set_by = cookies(sign_up(visitor))
    for name in ("access", "refresh", "csrf"):
        assert "HttpOnly" in set_by[name]
        assert "SameSite=Lax" in set_by[name]
        assert "Path=/" in set_by[name]
        assert "Secure" not in set_by[name]


def test_with_tls_cookies_are_secure_and_below_the_base_path(site):
    client = site(base_path="/reco")
    response = client.get("/reco/sign-in", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in cookies(response)["csrf"]
    assert "Path=/reco" in cookies(response)["csrf"]


def test_a_wrong_password_is_told_and_the_name_stays(visitor, people):
    people.users["bob"] = PASSWORD
    form = visitor.see("/sign-in")
    response = visitor.send(form, "form.door", username="bob", password="wrong password")
    assert response.status_code == 403
    assert "Unknown username or wrong password." in response.text
    assert 'value="bob"' in response.text
    assert "access" not in cookies(response)


def test_a_taken_name_is_marked_at_its_field(visitor, people):
    people.users["bob"] = PASSWORD
    response = sign_up(visitor)
    assert response.status_code == 409
    assert 'aria-describedby="name-help fault" aria-invalid="true"' in response.text


def test_who_cannot_be_signed_in_right_after_signing_up_is_told_that_the_account_is_there(
    visitor, people, notice
):
    people.app.view_functions["session"] = lambda: ({"detail": "Too many tries."}, 429)
    page = visitor.follow(sign_up(visitor, "/topics"))
    assert notice(page) == "Your account is ready. Sign in to go on."
    assert page.cssselect("form.door input[name=next]")[0].value == "/topics"


def test_login_away_is_said_on_its_forms(visitor, people):
    form = visitor.see("/sign-in")
    people.down.add("login")
    response = visitor.send(form, "form.door", username="bob", password=PASSWORD)
    assert response.status_code == 503
    assert "“login” does not answer" in response.text


def test_the_visitors_address_goes_to_login_unchanged(visitor, people):
    form = visitor.see("/sign-in").cssselect("form.door")[0]
    data = {**dict(form.form_values()), "username": "bob", "password": PASSWORD}
    forwarded = {"X-Forwarded-For": "203.0.113.9, 10.0.0.1"}
    visitor.client.post("/sign-in", data=data, headers=forwarded)
    assert people.seen[-1].headers["X-Forwarded-For"] == "203.0.113.9, 10.0.0.1"


def test_signing_out_ends_the_session_there_and_here(browser, people, notice):
    page = browser.see("/")
    response = browser.send(page, ".menu form")
    assert people.tokens == {}
    page = browser.follow(response)
    assert name_shown(page) is None
    assert notice(page) == "You are signed out."


def test_a_spent_access_token_is_renewed_unseen(browser, people):
    browser.client.delete_cookie("reddit_reco_access")
    response = browser.client.get("/", headers={"Accept": "text/html"})
    assert {"access", "refresh"} <= set(cookies(response))
    assert "Max-Age=870" in cookies(response)["access"]
    assert people.refreshed == 1
    assert name_shown(browser.see("/me/likes")) == "ann"
    assert people.refreshed == 1


def test_tokens_of_another_installation_are_dropped(browser, people):
    stranger = Ed25519PrivateKey.generate()
    browser.client.set_cookie("reddit_reco_access", people.token(key=stranger))
    people.tokens.clear()
    response = browser.client.get("/", headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert "Degraded" not in response.headers
    assert "Max-Age=0" in cookies(response)["refresh"]


def test_while_login_is_away_the_session_is_kept_and_the_page_says_so(browser, people):
    people.down.add("login")
    browser.client.delete_cookie("reddit_reco_access")
    response = browser.client.get("/", headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert response.headers["Degraded"] == "login"
    assert "refresh" not in cookies(response)
    assert "“login” does not answer" in response.text


def test_a_visitor_gets_no_cookie_for_reading(visitor):
    for path in ("/", "/search?q=number", "/posts/reddit:p1", "/about"):
        assert cookies(visitor.client.get(path)) == {}


@pytest.mark.parametrize(
    "path",
    [
        "/me/likes",
        "/me/tags",
        "/me/tags/x",
        "/me/hidden",
        "/me/shares",
        "/me/inbox",
        "/me/rules",
        "/imports",
        "/imports/i1",
        "/account",
    ],
)
def test_own_pages_need_a_reader_and_come_back_after_signing_in(visitor, path):
    response = visitor.client.get(path)
    assert response.status_code == 303
    assert response.headers["Location"] == f"/sign-in?next={path}"


@pytest.mark.parametrize(
    "way",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:x",
        "evil.example",
        "",
        "/%09/evil".replace("%09", "\n"),
        "/" + "x" * 3000,
    ],
)
def test_nobody_is_led_elsewhere_by_next(visitor, way):
    form = visitor.see("/sign-up")
    fields = {"username": "bob", "password": PASSWORD, "next": way}
    response = visitor.send(form, "form.door", **fields)
    assert response.status_code == 303
    assert response.headers["Location"] == "/"


def test_a_script_is_led_to_the_sign_in_page_as_a_whole(visitor):
    response = visitor.client.get("/me/likes?cursor=x", headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == "/sign-in?next=/me/likes?cursor%3Dx"


def test_the_account_is_erased_once_its_name_is_typed(browser, people, notice):
    people.users["ann"] = PASSWORD
    page = browser.see("/account")
    assert "6 May 2024" in page.text_content()
    response = browser.send(page, "form.danger", name="someone")
    assert response.status_code == 400
    assert people.users
    page = browser.follow(browser.send(page, "form.danger", name="Ann"))
    assert people.users == {}
    assert name_shown(page) is None
    assert notice(page).startswith("Your account is erased.")


def test_where_reading_is_closed_visitors_sign_in_first(site):
    client = site(open_reading=False)
    response = client.get("/?sort=new")
    assert response.status_code == 303
    assert response.headers["Location"] == "/sign-in?next=/?sort%3Dnew"
    assert client.get("/sign-in").status_code == 200
    assert client.get("/healthz").status_code == 200
