import io

import pytest

SCRIPT = "<script>alert(1)</script>"


def headings(page):
    return [one.text_content().strip() for one in page.cssselect(".posts h2")]


def test_my_likes_are_posts_that_can_be_unliked(browser, people):
    people.likes |= {"reddit:p1", "reddit:p2"}
    page = browser.see("/me/likes")
    assert headings(page) == ["Post number 1", "Post number 2"]
    assert {one.get("aria-pressed") for one in page.cssselect(".like")} == {"true"}


def test_the_posts_of_a_list_are_asked_for_together(browser, people, posts_verb):
    people.likes |= {post["id"] for post in posts_verb.posts[:20]}
    posts_verb.asked.clear()
    assert len(headings(browser.see("/me/likes"))) == 20
    assert len(posts_verb.asked) == 1


def test_ids_of_any_length_fit_into_the_requests(browser, people, posts_verb):
    for number in range(20):
        long = f"reddit:{number:02}" + "|" * 190
        posts_verb.posts.append({**posts_verb.posts[0], "id": long, "title": long[:9]})
        people.likes.add(long)
    posts_verb.asked.clear()
    page = browser.see("/me/likes")
    assert len(headings(page)) == 20
    assert len(page.cssselect('.like[aria-pressed="true"]')) == 20
    assert 1 < len(posts_verb.asked) < 5
    assert max(map(len, posts_verb.asked)) < 8_000


def test_a_post_that_is_gone_is_listed_as_such(browser, people):
    people.likes.add("reddit:gone")
    assert headings(browser.see("/me/likes")) == ["A post that is not here any more"]


def test_my_lists_go_on_without_posts(browser, people, posts_verb):
    people.likes.add("reddit:p1")
    posts_verb.status = 503
    page = browser.see("/me/likes")
    assert headings(page) == ["reddit:p1"]
    assert "“posts” does not answer" in page.text_content()


@pytest.mark.parametrize(
    ("path", "verb"),
    [
        ("/me/likes", "like"),
        ("/me/tags", "tag"),
        ("/me/hidden", "hide"),
        ("/me/shares", "share"),
        ("/me/inbox", "share"),
        ("/me/rules", "tag"),
        ("/imports", "ingest"),
        ("/account", "login"),
    ],
)
def test_a_list_whose_verb_is_away_says_so(browser, people, path, verb):
    people.down.add(verb)
    response = browser.client.get(path, headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert verb in response.headers["Degraded"]
    assert f"“{verb}” does not answer" in response.text


def test_what_i_hide_is_shown_again_from_its_list(browser, people):
    people.hidden |= {"reddit:p1", "cooking"}
    page = browser.see("/me/hidden")
    assert headings(page) == ["Everything in cooking", "Post number 1"]
    for button in page.cssselect(".posts .acts button"):
        answer = browser.act(page, button.get("value"), **{"HX-Request": "true"})
        assert answer.headers["HX-Retarget"] == f"#{button.getparent().get('id')}"
        assert "Undo" in answer.text
    assert people.hidden == set()


def test_the_title_of_a_hidden_post_is_in_no_other_list(browser, people):
    people.likes.add("reddit:p1")
    people.hidden.add("reddit:p1")
    assert headings(browser.see("/me/likes")) == ["A post that you hide"]


def test_my_tags_lead_to_their_posts(browser, people):
    people.tags |= {("reddit:p1", "ünï"), ("reddit:p2", "ünï")}
    page = browser.see("/me/tags")
    link = page.cssselect(".counted a")[0]
    assert link.text_content().split() == ["ünï", "2", "posts"]
    tagged = browser.see(link.get("href"))
    assert sorted(headings(tagged)) == ["Post number 1", "Post number 2"]
    browser.act(tagged, tagged.cssselect("button.untag")[0].get("value"))
    assert len(people.tags) == 1


def test_my_shares_have_links_and_visits(browser, people):
    people.shares["abc"] = {"post": "reddit:p1", "from": "ann", "to": "bob", "visits": 3}
    page = browser.see("/me/shares")
    assert "To bob" in page.text_content()
    assert "3\u00a0visits" in page.text_content()
    assert page.cssselect("input[readonly]")[0].value == "http://localhost/s/abc"
    assert "From ann" in browser.see("/me/inbox").text_content()


def test_rules_are_added_and_deleted_one_by_one(browser, people, notice):
    page = browser.see("/me/rules")
    fields = {"tag": "db", "words": "mongodb,  index", "subreddit": "r/Databases"}
    page = browser.follow(browser.send(page, 'form[action="/me/rules"]', **fields))
    assert people.rules == [
        {"tag": "db", "when": {"subreddit": "Databases", "words": ["mongodb", "index"]}}
    ]
    assert notice(page).startswith("Your rules are saved.")
    page = browser.follow(
        browser.send(page, 'form[action="/me/rules"]', tag="mine", author="ann", source="reddit")
    )
    assert len(people.rules) == 2
    first = page.cssselect(".rules button")[0].get("value")
    browser.send(page, 'form[action="/me/rules/delete"]', rule=first)
    assert [one["tag"] for one in people.rules] == ["mine"]


def test_a_rule_that_asks_for_nothing_is_explained_and_kept_in_the_form(browser, people):
    response = browser.send(browser.see("/me/rules"), 'form[action="/me/rules"]', tag="db")
    assert response.status_code == 400
    assert "give at least one of" in response.text.lower()
    assert 'value="db"' in response.text
    assert people.rules == []


def upload(browser, format_="reddit-export", content=b"id,permalink\n", name="post_votes.csv"):
    form = dict(browser.see("/imports").cssselect("main form")[0].form_values())
    data = {**form, "format": format_, "file": (io.BytesIO(content), name)}
    return browser.client.post("/imports", data=data, headers={"Accept": "text/html"})


def test_a_reddit_export_is_handed_over_and_its_progress_shown(browser, people):
    page = browser.follow(upload(browser))
    assert people.imports["i1"]["format"] == "reddit-export"
    assert page.cssselect("progress")[0].get("value") == "25"
    assert page.cssselect("#import")[0].get("hx-trigger") == "every 1s"
    assert "<b>x" in page.text_content()
    people.imports["i1"]["state"] = "done"
    page = browser.see("/imports/i1")
    assert page.cssselect("progress")[0].get("value") == "100"
    assert page.cssselect("#import")[0].get("hx-trigger") is None
    assert "/me/likes" in [one.get("href") for one in page.cssselect("#import a")]


def test_readers_import_nothing_but_their_own_export(browser, people):
    assert upload(browser, "hn").status_code == 400
    assert people.imports == {}
    browser.client.set_cookie("reddit_reco_access", people.token(scope="posts:write"))
    assert upload(browser, "hn").status_code == 303


def test_a_missing_or_too_large_file_is_explained(site, browser, people):
    response = upload(browser, name="")
    assert response.status_code == 400
    assert "Choose a file first." in response.text
    small = site(max_upload_bytes=1024)
    small.set_cookie("reddit_reco_access", people.token())
    browser.client = small
    response = upload(browser, content=b"x" * 5000)
    assert response.status_code == 413
    assert "the most that this page takes" in response.text
    assert "/imports" in response.text
    assert people.imports == {}


def test_uploads_share_the_room_that_there_is(site, browser, people):
    browser.client = site(max_upload_bytes=5000)
    browser.client.set_cookie("reddit_reco_access", people.token())
    room = browser.client.application.extensions["reddit_reco_web_room"]
    with room.taken(4500):
        response = upload(browser, content=b"x" * 2000)
        assert response.status_code == 503
        assert "Try again in a minute." in response.text
    assert upload(browser, content=b"x" * 2000).status_code == 303
    with room.taken(5000) as all_of_it_again:
        assert all_of_it_again


def test_an_import_can_be_stopped(browser, people, notice):
    page = browser.follow(upload(browser))
    page = browser.follow(browser.send(page, "#import form"))
    assert people.imports["i1"]["state"] == "cancelled"
    assert notice(page).startswith("The import was stopped.")
    assert browser.see("/imports/absent", status=404) is not None


def test_hostile_words_of_others_stay_text(browser, people):
    people.shares["abc"] = {"post": "reddit:p1", "from": SCRIPT, "to": SCRIPT}
    people.rules.append({"tag": SCRIPT, "when": {"words": [SCRIPT], "author": SCRIPT}})
    people.imports["i1"] = {"id": "i1", "state": SCRIPT, "format": SCRIPT, "name": SCRIPT}
    for path in ("/me/shares", "/me/inbox", "/me/rules", "/imports", "/imports/i1"):
        page = browser.see(path)
        assert {one.get("src")[:8] for one in page.iter("script")} == {"/assets/"}
        assert SCRIPT in page.text_content()
