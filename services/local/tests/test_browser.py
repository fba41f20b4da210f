"""People's journeys in a real browser, through the one address of a local run."""

import httpx2
import pytest
from playwright.sync_api import expect
from proofs import journeys
from proofs.browser import SCREENSHOTS, chromium, visiting

POSTS = 450
TRIES = 10
# Those of the cluster's tests, which may run at the same time, are another folder's.
PICTURES = SCREENSHOTS.with_name("screenshots-local")
# The cluster's tests are at both widths each time.
EACH_WIDTH = ["desktop", pytest.param("phone", marks=pytest.mark.long)]


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module", autouse=True)
def add_posts(house):
    """Enough for twenty pages."""
    lines = [
        f'{{"id": "reddit:walk{n}", "title": "Walk number {n} through the hills", "score": {n},'
        f' "subreddit": "walks{n % 9}", "created_at": "2020-01-01T00:{n // 60:02}:{n % 60:02}Z"}}'
        for n in range(POSTS)
    ]
    answer = httpx2.post(
        f"{house.url('posts')}/api/v1/posts/batch",
        content="\n".join(lines),
        headers={"Authorization": f"Bearer {house.token()}"},
        timeout=60,
    )
    assert '"status":4' not in answer.text, answer.text[:300]


def names(function):
    return function.__name__


@pytest.mark.parametrize("width", EACH_WIDTH)
@pytest.mark.parametrize("journey", journeys.WITH_SCRIPT, ids=names)
def test_in_the_browser_people_can(journey, width, browser, url, target):
    with visiting(browser, url, width, frozenset(target.urls), pictures=PICTURES) as visit:
        journey(visit)


@pytest.mark.parametrize("journey", journeys.WITHOUT_SCRIPT, ids=names)
def test_without_script_people_can(journey, browser, url, target):
    verbs = frozenset(target.urls)
    without = {"java_script_enabled": False, "pictures": PICTURES}
    with visiting(browser, url, "desktop", verbs, **without) as visit:
        journey(visit)


def test_a_list_that_ends_while_it_is_scrolled_leads_to_its_first_page(browser, url, target):
    with visiting(browser, url, "desktop", frozenset(target.urls), pictures=PICTURES) as visit:
        page = visit.page
        # As from a pod of another version, or long ago.
        page.route("**/?cursor=*", lambda route: route.continue_(url=f"{url}/?cursor=WyJ4Il0"))
        for _ in range(TRIES):
            visit.go("/")
            page.locator("a.next").scroll_into_view_if_needed()
            # On a busy machine recommend may be late; then that is said, and the link stays.
            page.wait_for_function(
                "() => !document.querySelector('a.next')"
                " || document.getElementById('said').textContent"
            )
            if not page.locator("a.next").count():
                break
        end = page.locator(".posts > li.more")
        expect(end).to_contain_text("was made anew")
        end.get_by_role("link", name="To the first page").click()
        page.wait_for_url(f"{url}/")
        expect(page.locator(".posts > li.post").first).to_be_visible()
