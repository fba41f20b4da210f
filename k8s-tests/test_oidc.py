"""People sign in with an OpenID provider on the cluster, from their browser to their account."""

import json
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from harness import Release, wait_until
from harness.openid import EGRESS, ISSUER, Provider, openid_provider
from playwright.sync_api import Browser, Page, expect
from proofs import journeys
from proofs.browser import Visit, chromium, visiting
from proofs.journeys import sign_out, sign_up

from reddit_reco_local.openid import CLIENT_ID, CLIENT_SECRET, PASSWORD

# Switching it on and off again takes most of the time.
pytestmark = pytest.mark.long
NAME = "Ada's own"
CLIENT = "reddit-reco-oidc-client"
WRONG = "the secret of another site"
# Nobody is called so here yet: the names of erased accounts rest for a day.
ADA = f"ada-{secrets.token_hex(4)}"
# The provider's pages ask for a style sheet and a script of other people.
THEIR_OWN = re.compile(r"https://cdn\.")
# A changed Secret reaches the pod, or what login knows of the provider is asked for anew.
KNOWN_WITHIN = 240


@dataclass(frozen=True)
class Site:
    """The release that lets people sign in with the provider, and a browser that finds both."""

    release: Release
    provider: Provider
    browser: Browser

    @contextmanager
    def visited(self) -> Iterator[Visit]:
        """A fresh browser at the site. What it does at the provider is no fault."""
        verbs = frozenset(self.release.verbs())
        with visiting(self.browser, self.release.url, "desktop", verbs) as visit:
            visit.page.route(THEIR_OWN, lambda route: route.fulfill(body=""))
            yield visit
            forgive(visit, ISSUER, "https://cdn.")


def forgive(visit: Visit, *faults: str) -> None:
    """These are no faults here."""
    visit.faults[:] = [each for each in visit.faults if not any(one in each for one in faults)]


@pytest.fixture(scope="module")
def site(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The provider and the release that knows it; afterwards, all is as before."""
    redirect_url = f"{release.url}/sign-in/oidc/callback"
    oidc = {
        "enabled": True,
        "name": NAME,
        "issuer": ISSUER,
        "clientId": CLIENT_ID,
        "existingSecret": CLIENT,
        "redirectUrl": redirect_url,
        "egress": EGRESS,
    }
    given = tmp_path_factory.mktemp("oidc") / "values.json"
    given.write_text(json.dumps({"oidc": oidc}))
    values = release.helm("get", "values", release.name)
    with openid_provider(release, redirect_url, (ADA,)) as provider:
        files = {"client-secret": CLIENT_SECRET, "ca.crt": provider.certificate.certificate}
        _apply_secret(release, files)
        try:
            release.upgrade("-f", str(given))
            with chromium(*provider.chromium) as browser:
                yield Site(release, provider, browser)
        finally:
            release.upgrade()
            release.kubectl("delete", "secret", CLIENT)
            assert release.helm("get", "values", release.name) == values


def _apply_secret(release: Release, files: dict[str, str]) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": CLIENT}}
    release.kubectl("apply", "-f", "-", stdin=json.dumps({**secret, "stringData": files}))


def ask_for_the_provider(visit: Visit) -> None:
    """Press the button of the sign-in page."""
    visit.go("/sign-in?next=/account")
    visit.page.get_by_role("link", name=f"Sign in with {NAME}").click()
    visit.settle()


def say_who_it_is(page: Page) -> None:
    """Do at the provider what they ask for."""
    page.wait_for_url(f"{ISSUER}/authorize?**")
    page.locator("#username").fill(ADA)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Authorize").click()


def sign_in_there(visit: Visit) -> None:
    """The whole way, to the account's page."""
    ask_for_the_provider(visit)
    say_who_it_is(visit.page)
    visit.page.wait_for_url("**/account")


def sign_in_by_password(page: Page, name: str) -> None:
    """On the page that says that the provider does not work, and on to where that was to lead."""
    page.locator("#username").fill(name)
    page.locator("#password").fill(journeys.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/account")
    expect(page.locator("dl.facts")).to_contain_text(name)


def subject(page: Page) -> str:
    """The id on the account page."""
    return page.locator("dl.facts code").inner_text()


def test_login_alone_may_go_to_the_provider(site: Site) -> None:
    policies = json.loads(site.release.kubectl("get", "networkpolicy", "-o", "json"))["items"]
    lets = [
        policy["metadata"]["name"]
        for policy in policies
        if any(rule in policy["spec"].get("egress", []) for rule in EGRESS)
    ]
    assert lets == [f"{site.release.name}-login"]


def test_who_comes_by_the_provider_finds_their_account_again(site: Site) -> None:
    with site.provider.reachable(), site.visited() as visit:
        page = visit.page
        sign_in_there(visit)
        expect(page.locator("dl.facts")).to_contain_text(ADA)
        first = subject(page)
        visit.look("account-by-a-provider")
        visit.go("/?sort=new")
        like = page.locator("main .posts > li.post .acts button.like").first
        like.click()
        expect(like).to_have_attribute("aria-pressed", "true")
        sign_out(visit)
        visit.go("/account")
        expect(page).to_have_url(re.compile("/sign-in"))
        visit.look("sign-in-with-a-provider")
        sign_in_there(visit)
        assert subject(page) == first
        visit.go("/me/likes")
        expect(page.locator("main .posts > li.post")).to_have_count(1)
    with site.provider.reachable(), site.visited() as elsewhere:
        sign_in_there(elsewhere)
        assert subject(elsewhere.page) == first


def test_who_erases_their_account_comes_back_as_somebody_new(site: Site) -> None:
    with site.provider.reachable(), site.visited() as visit:
        page = visit.page
        sign_in_there(visit)
        first = subject(page)
        name = page.locator("dl.facts dd").first.inner_text()
        page.locator("#name").fill(name)
        page.get_by_role("button", name="Erase my account").click()
        visit.settle()
        _wait_erased(site.release, first)
        sign_in_there(visit)
        assert subject(page) != first
        assert page.locator("dl.facts dd").first.inner_text() != name
        visit.go("/me/likes")
        expect(page.locator("main .posts > li.post")).to_have_count(0)


def _wait_erased(release: Release, who: str) -> None:
    with release.database("like") as like:
        wait_until(
            lambda: like["erased"].count_documents({"_id": who, "done": True}),
            "like has erased them",
            240,
        )


@pytest.fixture
def wrong_secret(site: Site) -> Iterator[None]:
    _give_secret(site.release, WRONG)
    yield
    _give_secret(site.release, CLIENT_SECRET)


def _give_secret(release: Release, secret: str) -> None:
    changed = {"stringData": {"client-secret": secret}}
    release.core.patch_namespaced_secret(CLIENT, release.namespace, changed)
    # The kubelet brings a pod's files when the pod changes, or else within a minute or so.
    pods = [f"pod/{each}" for each in release.running("login")]
    release.kubectl("annotate", "--overwrite", *pods, f"secret-given={time.monotonic_ns()}")


def _says_that_it_does_not_work(visit: Visit) -> bool:
    if visit.page.locator("#fault").count() == 0:
        return False
    expect(visit.page.locator("#fault")).to_contain_text(
        f"Signing in with {NAME} does not work right now"
    )
    forgive(visit, "503")
    return True


def test_a_wrong_client_secret_is_said_and_passwords_go_on(site: Site, wrong_secret: None) -> None:
    with site.provider.reachable(), site.visited() as visit:
        name = sign_up(visit)
        sign_out(visit)

        def said() -> bool:
            ask_for_the_provider(visit)
            say_who_it_is(visit.page)
            visit.page.wait_for_url(f"{site.release.url}/**")
            return _says_that_it_does_not_work(visit)

        wait_until(said, "the wrong secret is in use", KNOWN_WITHIN)
        visit.look("a-provider-that-does-not-take-the-secret")
        sign_in_by_password(visit.page, name)
    log = site.release.kubectl("logs", "-l", "app.kubernetes.io/component=login", "--tail=-1")
    assert "invalid_client" in log
    assert WRONG not in log
    assert CLIENT_SECRET not in log


def test_a_provider_that_stopped_is_said_and_passwords_go_on(site: Site) -> None:
    with site.visited() as visit:
        name = sign_up(visit)
        sign_out(visit)
        site.provider.stop()

        def said() -> bool:
            ask_for_the_provider(visit)
            return _says_that_it_does_not_work(visit)

        wait_until(said, "nobody is sent to a provider that is away", KNOWN_WITHIN)
        visit.look("a-provider-that-is-away")
        sign_in_by_password(visit.page, name)
        sign_out(visit)
        site.provider.start()
        with site.provider.reachable():

            def there() -> bool:
                ask_for_the_provider(visit)
                return not _says_that_it_does_not_work(visit)

            wait_until(there, "the way to the provider", KNOWN_WITHIN)
            # It signs with another key than before.
            say_who_it_is(visit.page)
            visit.page.wait_for_url("**/account")
        expect(visit.page.locator("dl.facts")).to_contain_text(ADA)
