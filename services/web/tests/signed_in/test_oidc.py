"""The browser's part of signing in with a provider; login's part is a stand-in here."""

from urllib.parse import quote

import pytest

START, CALLBACK = "/sign-in/oidc", "/sign-in/oidc/callback"
AWAY = "https://provider.example/authorize?state=state"
GOOD = f"{CALLBACK}?state=state&code=good&iss=it"


@pytest.fixture
def client(site):
    return site(oidc_name="Example & <Co>")


def cookies(response):
    return {
        line.partition("=")[0].removeprefix("reddit_reco_"): line
        for line in response.headers.getlist("Set-Cookie")
    }


def page_of(response, status):
    assert response.status_code == status, response.text
    return response.get_data(as_text=True)


def test_the_button_is_there_only_with_a_provider(client, site):
    page = page_of(client.get("/sign-in?next=/me/likes"), 200)
    assert 'href="/sign-in/oidc?next=/me/likes"' in page
    assert "Sign in with Example &amp; &lt;Co&gt;" in page
    plain = site()
    assert "oidc" not in page_of(plain.get("/sign-in"), 200)
    assert plain.get(START).status_code == plain.get(CALLBACK).status_code == 404


def test_the_way_to_the_provider_and_back_signs_in_and_leads_on(client, people):
    response = client.get(f"{START}?next=/search?q%3Dx")
    assert (response.status_code, response.headers["Location"]) == (303, AWAY)
    kept = cookies(response)["flow"]
    assert "HttpOnly" in kept
    assert "SameSite=Lax" in kept
    assert "Max-Age=600" in kept
    response = client.get(GOOD)
    assert (response.status_code, response.headers["Location"]) == (303, "/search?q=x")
    set_by = cookies(response)
    assert {"access", "refresh", "csrf", "flow"} == set(set_by)
    assert all("HttpOnly" in one for one in set_by.values())
    assert "Max-Age=0" in set_by["flow"]
    assert ">cy<" in client.get("/", headers={"Accept": "text/html"}).text


def test_the_address_of_the_visitor_goes_to_login(client, people):
    client.get(START, headers={"X-Forwarded-For": "203.0.113.9, 10.0.0.1"})
    client.get(GOOD, headers={"X-Forwarded-For": "203.0.113.9, 10.0.0.1"})
    assert [one.path for one in people.seen] == [
        "/login/api/v1/sessions/oidc?",
        "/login/api/v1/sessions/oidc/callback?",
    ]
    for one in people.seen:
        assert one.headers["X-Forwarded-For"] == "203.0.113.9, 10.0.0.1"


def test_below_a_base_path_the_way_leads_back_below_it(site):
    client = site(oidc_name="It", base_path="/reco")
    assert 'href="/reco/sign-in/oidc?next=/reco/"' in client.get("/reco/sign-in").text
    assert "Path=/reco" in cookies(client.get(f"/reco{START}"))["flow"]
    assert client.get(f"/reco{GOOD}").headers["Location"] == "/reco/"


def test_a_browser_that_did_not_begin_is_not_signed_in(client, site):
    client.get(START)
    stranger = site(oidc_name="It")
    response = stranger.get(GOOD)
    assert "not begun in this browser" in page_of(response, 403)
    assert "access" not in cookies(response)
    assert client.get(GOOD).status_code == 303


@pytest.mark.parametrize(
    "query",
    [
        "",
        "state=state",
        "code=good",
        "state=other&code=good",
        "state=state&code=bad",
        "state=state&code=good&iss=other",
        "state=&code=",
        "state=%00&code=%ff",
        "state=" + "s" * 4_000 + "&code=good",
    ],
)
def test_what_comes_back_wrong_signs_nobody_in(client, query):
    client.get(START)
    response = client.get(f"{CALLBACK}?{query}")
    assert "Sign in with" in page_of(response, 403)
    assert "access" not in cookies(response)
    assert "Max-Age=0" in cookies(response)["flow"]


def test_coming_back_twice_signs_in_once(client):
    client.get(START)
    assert client.get(GOOD).status_code == 303
    response = client.get(GOOD)
    assert response.status_code == 403
    assert "access" not in cookies(response)


@pytest.mark.parametrize("error", ["access_denied", "<script>alert(1)</script>", "x" * 5_000])
def test_who_is_refused_there_is_told_so_in_our_own_words(client, error):
    client.get(START)
    response = client.get(CALLBACK, query_string={"error": error, "error_description": error})
    page = page_of(response, 403)
    assert "did not sign you in" in page
    assert "<script>alert" not in page
    assert "access_denied" not in page


@pytest.mark.parametrize("site_said", ["cross-site", "same-site"])
def test_another_site_s_link_begins_nothing(client, people, site_said):
    response = client.get(START, headers={"Sec-Fetch-Site": site_said})
    assert (response.status_code, response.headers["Location"]) == (303, "/sign-in")
    assert people.flows == {}


@pytest.mark.parametrize("way", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_nobody_is_led_elsewhere_afterwards(client, way):
    client.get(START, query_string={"next": way})
    assert client.get(GOOD).headers["Location"] == "/"
    client.get(START)
    client.set_cookie("reddit_reco_flow", f"flow0 {quote(way)}")
    assert client.get(GOOD).headers["Location"] == "/"


def test_a_way_too_long_for_a_cookie_leads_home(client):
    client.get(START, query_string={"next": "/search?q=" + "é" * 900})
    assert client.get(GOOD).headers["Location"] == "/"


def test_login_away_or_full_is_said(client, people):
    people.refuse = 429
    response = client.get(START)
    assert "Too many tries." in page_of(response, 429)
    assert response.headers["Retry-After"] == "9"
    people.refuse = 503
    assert "does not work right now" in page_of(client.get(START), 503)
    people.refuse = 0
    people.down.add("login")
    assert "does not work right now" in page_of(client.get(START), 503)


@pytest.mark.parametrize("query", ["error=access_denied", "state=state&code=bad"])
def test_who_was_not_signed_in_there_gets_by_password_where_they_were_going(client, query):
    client.get(f"{START}?next=/me/likes")
    page = page_of(client.get(f"{CALLBACK}?{query}"), 403)
    assert 'name="next" value="/me/likes"' in page
    assert 'href="/sign-in/oidc?next=/me/likes"' in page


def test_the_failed_page_leads_nobody_back_to_itself(client):
    page = page_of(client.get(f"{CALLBACK}?state=s&code=secret-code"), 403)
    assert "secret-code" not in page
