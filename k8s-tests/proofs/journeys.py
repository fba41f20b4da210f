"""What people do in the browser, from end to end."""

import re
import secrets
from typing import Protocol

import pytest
from playwright.sync_api import Locator, expect

from .browser import Visit

PASSWORD = "a long enough password"
HOME_BYTES = 100_000
PAGES = 20


class Journey(Protocol):
    """What somebody does from a fresh browser on."""

    __name__: str

    def __call__(self, visit: Visit) -> None: ...


def read_and_search(visit: Visit) -> None:
    """A visitor reads, searches as they type, and opens a post."""
    page = visit.page
    visit.go("/")
    expect(_posts(visit).first).to_be_visible()
    visit.look("home")
    title = _title(_posts(visit).first)
    word = max(re.findall(r"[A-Za-z]{4,}", title), key=len)
    page.locator("#q").press_sequentially(word, delay=30)
    page.locator("#q").press("Enter")
    page.wait_for_url(re.compile(r"/search\?"))
    visit.be_whole()
    expect(page.locator("main")).to_contain_text(re.compile(word, re.IGNORECASE))
    visit.look("search")
    page.locator("main a[data-post], main .posts h2 a").first.click()
    page.wait_for_url(re.compile(r"/posts/"))
    visit.be_whole()
    expect(page.locator("main h1")).to_be_visible()
    visit.look("post")
    visit.go("/about")
    visit.look("about")


def read_without_script(visit: Visit) -> None:
    """Reading, the next page, and searching need no JavaScript."""
    page = visit.page
    visit.go("/")
    first = _ids(visit)
    assert first
    page.locator("a.next").click()
    page.wait_for_load_state()
    visit.be_whole()
    assert not set(_ids(visit)) & set(first)
    visit.go("/")
    title = _title(_posts(visit).first)
    page.locator("#q").fill(title)
    page.locator("form.find button[type=submit]").click()
    page.wait_for_load_state()
    visit.be_whole()
    expect(page.locator("main")).to_contain_text(title[:40])
    page.locator("main .posts h2 a").first.click()
    page.wait_for_load_state()
    visit.be_whole()
    expect(page.locator("main h1")).to_be_visible()


def act_without_script(visit: Visit) -> None:
    """Signing up, liking and undoing it by forms alone."""
    sign_up(visit)
    visit.go("/?sort=new")
    _button(_posts(visit).first, "like").click()
    undo = visit.page.locator("main .note").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    expect(_button(_posts(visit).first, "like")).to_have_attribute("aria-pressed", "true")
    undo.click()
    expect(_button(_posts(visit).first, "like")).to_have_attribute("aria-pressed", "false")


def like_and_hide(visit: Visit) -> None:
    """Like and unlike, hide and undo, hide for good: in one click each, and lasting."""
    sign_up(visit)
    visit.go("/?sort=new")
    post = _posts(visit).first
    like = _button(post, "like")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "false")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    liked = _title(post)
    other = _posts(visit).nth(1)
    hidden, row = _title(other), other.get_attribute("id")
    _button(other, "hide").click()
    place = visit.page.locator(f"#{row}")
    expect(place).to_contain_text("Hidden")
    visit.look("hidden-in-place")
    place.get_by_role("button", name="Undo").click()
    expect(place).to_contain_text(hidden)
    _button(place, "hide").click()
    expect(place).to_contain_text("Hidden")
    visit.go("/?sort=new")
    expect(visit.page.locator("main .posts")).not_to_contain_text(hidden)
    visit.go("/me/likes")
    expect(visit.page.locator("main")).to_contain_text(liked)
    visit.look("likes")
    visit.go("/me/hidden")
    visit.look("hidden")


def tag_and_share(visit: Visit) -> None:
    """Tag with suggestions, untag, share by a link and into somebody's inbox."""
    page, friend = visit.page, sign_up(visit)
    sign_out(visit)
    sign_up(visit)
    visit.go("/?sort=new")
    _posts(visit).first.locator("h2 a").first.click()
    page.wait_for_url(re.compile(r"/posts/"))
    visit.be_whole()
    title = page.locator("main h1").inner_text()
    page.locator("#tags input[name=what]").fill("reading-list")
    page.locator("#tags").get_by_role("button", name="Add").click()
    expect(page.locator("#tags .mine")).to_contain_text("reading-list")
    visit.look("tagged")
    page.locator("main .acts button.share").click()
    link = page.locator("main input[id^=s-]").first
    expect(link).to_have_value(re.compile(r"/s/[A-Za-z0-9_-]+$"))
    short = link.input_value()
    page.locator("main input[id^=to-]").fill(friend)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#said")).to_contain_text(friend)
    visit.look("shared")
    visit.go("/me/tags")
    expect(page.locator("main")).to_contain_text("reading-list")
    visit.look("tags")
    visit.go("/me/shares")
    expect(page.locator("main")).to_contain_text(title[:40])
    visit.look("shares")
    visit.go(short[short.index("/s/") :])
    expect(page.locator("main h1")).to_have_text(title)
    sign_out(visit)
    sign_in(visit, friend)
    visit.go("/me/inbox")
    expect(page.locator("main")).to_contain_text(title[:40])
    visit.look("inbox")


def erase_the_account(visit: Visit) -> None:
    """Import, then erase the account: nobody signs in with it again."""
    name = sign_up(visit)
    visit.go("/imports")
    visit.look("imports")
    visit.go("/account")
    visit.look("account")
    visit.page.locator("#name").fill(name)
    visit.page.get_by_role("button", name="Erase my account").click()
    visit.settle()
    # The browser itself notes the refusal below.
    visit.allowed = ("status of 403",)
    sign_in(visit, name)
    expect(visit.page.locator("#fault")).to_be_visible()


def pick_topics(visit: Visit) -> None:
    """A newcomer picks topics and gets a list at once, with a reason for every post."""
    if "recommend" not in visit.has:
        pytest.skip("this release has no recommend")
    page = visit.page
    boxes = page.locator("form.topics label")
    for _ in range(30):
        visit.go("/topics")
        if boxes.count() > 1:
            break
        page.wait_for_timeout(1_000)  # posts that were just put in are on their way
    visit.look("topics")
    chosen = [boxes.nth(number).locator("span").first.inner_text() for number in range(2)]
    for number in range(2):
        boxes.nth(number).click()
    page.get_by_role("button", name="Show me posts").click()
    page.wait_for_load_state()
    visit.be_whole()
    expect(page.locator("main")).to_contain_text(chosen[0])
    first = _posts(visit).first
    expect(first).to_be_visible()
    first.locator("details.why summary").click()
    expect(first.locator("details.why p")).not_to_be_empty()
    visit.look("why")


def scroll_twenty_pages(visit: Visit) -> None:
    """The feed goes on by itself while it is scrolled, and nothing comes twice."""
    sign_up(visit)
    for _ in range(10):
        visit.go("/")
        answers = _scroll(visit)
        if not _said(visit):
            break
    ids = _ids(visit)
    assert len(ids) == len(set(ids)), "a post came twice"
    assert answers >= min(PAGES - 1, 2), f"{answers} more pages"


def _scroll(visit: Visit) -> int:
    """Scroll down until that is enough, or the page says that it cannot go on; the pages got."""
    page, answers = visit.page, 0
    while answers < PAGES - 1 and page.locator("a.next").count() and not _said(visit):
        # Before the scrolling: the next posts may be there at once.
        seen = _posts(visit).count()
        page.locator("a.next").last.scroll_into_view_if_needed()
        page.wait_for_function(
            "seen => document.querySelectorAll('.posts > li.post').length > seen"
            " || !document.querySelector('a.next')"
            " || document.getElementById('said').textContent",
            arg=seen,
        )
        answers += 1
    return answers


def _said(visit: Visit) -> str:
    """What the page's script says: that a service did not answer, among others."""
    return visit.page.locator("#said").text_content() or ""


def weigh_the_home_page(visit: Visit) -> None:
    """All that the home page loads, as it goes over the wire."""
    session = visit.page.context.new_cdp_session(visit.page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    visit.go("/")
    visit.settle()
    # It may have been opened several times, until it was whole.
    sizes.clear()
    visit.page.reload()
    visit.settle()
    assert 0 < sum(sizes) <= HOME_BYTES, f"{sum(sizes):.0f} bytes in {len(sizes)} answers"


def type_a_slash(visit: Visit) -> None:
    """The keyboard is enough: `/` goes to the search field, Tab first offers the content."""
    visit.go("/")
    visit.page.keyboard.press("Tab")
    expect(visit.page.locator("a.skip")).to_be_focused()
    visit.page.keyboard.press("/")
    expect(visit.page.locator("#q")).to_be_focused()


def walk_by_keys(visit: Visit) -> None:
    """From post to post by keys; what a key opens has the focus, and what comes back gets it."""
    sign_up(visit)
    visit.go("/?sort=new")
    keyboard, posts = visit.page.keyboard, _posts(visit)
    for key, number in (("j", 0), ("j", 1), ("k", 0)):
        keyboard.press(key)
        expect(posts.nth(number).locator("h2 a").first).to_be_focused()
    keyboard.press("t")
    expect(posts.first.locator(".panel input[name=what]")).to_be_focused()
    keyboard.type("by-keys")
    keyboard.press("Enter")
    expect(posts.first.locator(".panel .mine")).to_contain_text("by-keys")
    row = posts.nth(1).get_attribute("id")
    posts.nth(1).locator("h2 a").first.focus()
    keyboard.press("h")
    expect(visit.page.locator(f"#{row}").get_by_role("button", name="Undo")).to_be_focused()
    keyboard.press("Enter")
    expect(visit.page.locator(f"#{row} h2 a").first).to_be_focused()


WITH_SCRIPT = (
    read_and_search,
    like_and_hide,
    tag_and_share,
    erase_the_account,
    pick_topics,
    scroll_twenty_pages,
    weigh_the_home_page,
    type_a_slash,
    walk_by_keys,
)
WITHOUT_SCRIPT = (read_without_script, act_without_script)


def sign_up(visit: Visit) -> str:
    """Make an account by the form; gives its name."""
    name = f"browser-{secrets.token_hex(4)}"
    visit.go("/sign-up")
    _fill_in(visit, name)
    visit.page.wait_for_url(lambda url: "sign-up" not in url)
    return name


def sign_in(visit: Visit, name: str) -> None:
    """Sign in by the form with the journeys' password."""
    visit.go("/sign-in")
    _fill_in(visit, name)
    visit.page.wait_for_load_state()


def _fill_in(visit: Visit, name: str) -> None:
    visit.page.locator("#username").fill(name)
    visit.page.locator("#password").fill(PASSWORD)
    visit.page.locator("form.door button[type=submit]").click()


def sign_out(visit: Visit) -> None:
    """Sign out on the account's page."""
    visit.go("/account")
    visit.page.get_by_role("button", name="Sign out here").click()
    visit.page.wait_for_load_state()


def _posts(visit: Visit) -> Locator:
    return visit.page.locator("main .posts > li.post")


def _ids(visit: Visit) -> list[str]:
    return [str(each) for each in _posts(visit).evaluate_all("rows => rows.map(row => row.id)")]


def _title(post: Locator) -> str:
    return post.locator("h2 a").first.inner_text()


def _button(post: Locator, verb: str) -> Locator:
    return post.locator(f".acts button.{verb}")
