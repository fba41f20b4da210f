"""A browser signs in through web, login and a real OpenID provider, each a process of its own."""

from html import unescape

import httpx2
import pytest

from reddit_reco_local.embedded import free_port
from reddit_reco_local.openid import openid_provider
from reddit_reco_local.stack import running


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def provider(tmp_path_factory, port):
    redirect = f"http://127.0.0.1:{port}/sign-in/oidc/callback"
    with openid_provider(tmp_path_factory.mktemp("provider"), redirect, ("ada",)) as provider:
        yield provider


@pytest.fixture(scope="module")
def site(tmp_path_factory, provider, port):
    redirect = f"http://127.0.0.1:{port}/sign-in/oidc/callback"
    env = {
        "login": provider.environment(redirect),
        "web": {"OIDC_NAME": "Ada's own", "PORT": str(port)},
    }
    with running(
        tmp_path_factory.mktemp("house"), ("login",), follow=False, extra_env=env
    ) as house:
        environ = {"LOGIN_URL": house.url("login"), "HOST": "127.0.0.1", "METRICS_PORT": "0"}
        environ |= {"JWKS_FILE": str(house.home / "keys" / "jwks.json"), **env["web"]}
        house.processes.start("web", "reddit_reco_web", env=environ)
        house.processes.wait_ready("web", f"http://127.0.0.1:{port}/readyz")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def browser(site):
    with httpx2.Client(base_url=site, headers={"Accept": "text/html"}, trust_env=False) as client:
        yield client


def test_the_whole_way_by_a_browser(browser, provider):
    page = unescape(browser.get("/sign-in?next=/account").text)
    assert "Sign in with Ada's own" in page
    away = browser.get("/sign-in/oidc?next=/account").headers["Location"]
    back = provider.sign_in(away, "ada")
    arrived = browser.get(back)
    assert arrived.headers["Location"] == "/account"
    account = browser.get("/account")
    assert account.status_code == 200
    assert "<dd>ada</dd>" in account.text
    assert browser.get(back).status_code == 403


def test_a_link_with_somebody_elses_answer_signs_nobody_in(browser, site, provider):
    with httpx2.Client(base_url=site, trust_env=False) as attacker:
        away = attacker.get("/sign-in/oidc").headers["Location"]
    back = provider.sign_in(away, "ada")
    assert browser.get(back).status_code == 403
    browser.get("/sign-in/oidc")
    assert browser.get(back).status_code == 403
    assert browser.get("/account").status_code == 303
