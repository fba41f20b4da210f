import pytest
from lxml import html

POST = "reddit:p3"
SCRIPT = {"HX-Request": "true"}
# What is done, what is kept of it, and what the next page says.
ACTS = {
    f"like {POST}": (lambda people: people.likes == {POST}, "Liked."),
    f"hide {POST}": (lambda people: people.hidden == {POST}, "Hidden."),
    f"tag {POST} howto": (lambda people: people.tags == {(POST, "howto")}, "Tagged howto."),
    "hide-all r:- python": (lambda people: people.hidden == {"python"}, "All posts of python"),
}


def part(response):
    assert response.status_code == 200, response.text
    return html.fragment_fromstring(response.text, create_parent="div")


@pytest.mark.parametrize("do", ACTS)
def test_without_script_an_act_leads_back_and_can_be_undone(browser, people, notice, do):
    kept, sentence = ACTS[do]
    start = browser.see("/?sort=new")
    response = browser.act(start, do)
    assert response.headers["Location"] == "/?sort=new"
    assert kept(people)
    page = browser.follow(response)
    assert notice(page).startswith(sentence)
    undo = page.cssselect("main > .note button")[0].get("value")
    browser.follow(browser.act(page, undo))
    assert not (people.likes | people.hidden | people.tags)


def test_a_notice_is_shown_once(browser):
    browser.follow(browser.act(browser.see("/"), f"like {POST}"))
    assert not browser.see("/").cssselect("main > .note")


@pytest.mark.parametrize(
    "forged", ["x", "c2F5IG93bmVk", "ZGlkIG93bmVkIHlvdQ==", "é", "bm90IDxiPg=="]
)
def test_nobody_can_write_a_notice(browser, forged):
    browser.client.set_cookie("reddit_reco_notice", forged)
    assert not browser.see("/").cssselect("main > .note")


def test_with_script_a_like_changes_only_its_buttons(browser, people):
    page = browser.see("/?sort=new")
    like = page.cssselect(".like")[0]
    assert like.get("aria-pressed") == "false"
    response = browser.act(page, like.get("value"), **SCRIPT)
    target = like.getparent().get("id")
    assert response.headers["HX-Retarget"] == f"#{target}"
    buttons = part(response)
    [after] = buttons.cssselect(f"#{target} .like")
    assert after.get("aria-pressed") == "true"
    assert after.get("value") == f"un{like.get('value')}"
    assert browser.see("/?sort=new").cssselect(".like")[0].get("aria-pressed") == "true"
    browser.act(page, after.get("value"), **SCRIPT)
    assert people.likes == set()


def test_with_script_a_hidden_post_makes_room_and_comes_back(browser, people):
    page = browser.see("/?sort=new")
    item = page.cssselect("li.post")[0]
    response = browser.act(page, item.cssselect(".hide")[0].get("value"), **SCRIPT)
    assert response.headers["HX-Retarget"] == f"#{item.get('id')}"
    gone = part(response)
    assert "Post number" not in gone.text_content()
    response = browser.act(page, gone.cssselect("button")[0].get("value"), **SCRIPT)
    assert part(response).cssselect("h2 a")[0].text == item.cssselect("h2 a")[0].text
    assert people.hidden == set()


def test_tags_are_added_suggested_and_removed_in_their_panel(browser, people):
    page = browser.see("/?sort=new")
    panel = part(browser.act(page, f"tags {POST}", **SCRIPT))
    offer = panel.cssselect(".offers button")[0]
    assert (offer.text, offer.get("title")) == ("howto", "You tag such posts howto.")
    form = panel.cssselect("form")[0]
    data = {**dict(form.form_values()), "what": "#two words", "do": f"tag {POST}"}
    panel = part(browser.client.post("/acts", data=data, headers=SCRIPT))
    assert people.tags == {(POST, "two-words")}
    panel = part(browser.act(page, panel.cssselect(".mine button")[0].get("value"), **SCRIPT))
    assert people.tags == set()
    assert not panel.cssselect(".mine")


def test_a_shared_post_has_a_link_that_can_be_taken_back_or_sent(browser, people):
    page = browser.see("/?sort=new")
    panel = part(browser.act(page, f"share {POST}", **SCRIPT))
    assert panel.cssselect("input[readonly]")[0].value == "http://localhost/s/code0"
    form = panel.cssselect("form")[0]
    data = {**dict(form.form_values()), "what": "bob", "do": f"share {POST}"}
    assert "bob finds it" in browser.client.post("/acts", data=data, headers=SCRIPT).text
    assert people.shares["code1"]["to"] == "bob"
    browser.act(page, f"unshare {POST} code0", **SCRIPT)
    assert list(people.shares) == ["code1"]


def test_without_script_the_next_page_has_the_short_link(browser, notice):
    page = browser.follow(browser.act(browser.see("/"), f"share {POST}"))
    assert notice(page).startswith("Shared. http://localhost/s/code0")


def test_on_a_posts_own_page_hiding_keeps_the_page(browser, people):
    page = browser.see(f"/posts/{POST}")
    buttons = part(browser.act(page, f"hide {POST}", **SCRIPT))
    assert buttons.cssselect(".hide")[0].get("value") == f"show {POST}"
    again = browser.see(f"/posts/{POST}")
    assert again.cssselect(".hide")[0].get("aria-pressed") == "true"


def test_a_visitors_act_leads_to_signing_in(site, browser):
    client = browser.client
    page = browser.see("/?sort=new")
    client.delete_cookie("reddit_reco_access")
    client.delete_cookie("reddit_reco_refresh")
    to = "/sign-in?next=/?sort%3Dnew"
    assert browser.act(page, f"like {POST}").headers["Location"] == to
    assert browser.act(page, f"like {POST}", **SCRIPT).headers["HX-Redirect"] == to


@pytest.mark.parametrize(
    "do",
    [
        "",
        "like",
        "love reddit:p1",
        "like nonsense",
        "like reddit:p1/../..",
        "tag reddit:p1 ..",
        "x" * 999,
        "tag reddit:p1 rules",
        "unshare reddit:p1 a/b",
        "hide-all r:- ..",
        "share reddit:p1 a b",
    ],
)
def test_what_is_no_act_is_refused(browser, people, do):
    page = browser.see("/")
    people.seen.clear()
    response = browser.act(page, do, **SCRIPT)
    assert response.status_code == 400
    assert response.content_type.startswith("text/plain")
    assert [one for one in people.seen if "PUT" in one.path] == []
    assert not (people.likes | people.hidden | people.tags)


def test_odd_ids_and_names_reach_their_service_whole(browser, people):
    post, name = "reddit:a?b#c%2F", "a b&c"
    page = browser.see("/")
    browser.act(page, f"like {post}")
    browser.act(page, f"hide-all r:- {name}")
    assert people.likes == {post}
    assert people.hidden == {name}


@pytest.mark.parametrize("verb", ["like", "hide", "share", "tag"])
def test_a_verb_that_is_away_changes_nothing_and_is_named(browser, people, notice, verb):
    do = f"tag {POST} x" if verb == "tag" else f"{verb} {POST}"
    page = browser.see("/")
    people.down.add(verb)
    response = browser.act(page, do, **SCRIPT)
    assert response.status_code == 503
    assert f"“{verb}” does not answer" in response.text
    page = browser.follow(browser.act(page, do))
    assert f"“{verb}” does not answer" in page.text_content()


def test_a_slow_verb_is_waited_for_when_somebody_acts(signed_in, people):
    browser = signed_in(fan_out_seconds=1.9)
    page = browser.see("/")
    people.slow.add("like")
    assert browser.act(page, f"like {POST}", **SCRIPT).status_code == 200
    assert people.likes == {POST}
