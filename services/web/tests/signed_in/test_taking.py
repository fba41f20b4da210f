import json

import pytest

from reddit_reco_web.taking import Broken

LIKES = 230


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("reddit_reco_web.taking._PAUSE", 0.01)


def rows(response):
    return [json.loads(line) for line in response.text.splitlines()]


def test_all_that_a_reader_did_is_in_the_file_from_every_page_of_every_list(browser, people):
    people.likes |= {f"reddit:l{number}" for number in range(LIKES)}
    people.tags |= {("reddit:p1", "to-read"), ("reddit:p2", "to-read"), ("hn:3", "ünï")}
    people.by_rule.add("reddit:p2")
    people.hidden |= {"reddit:p9", "funny"}
    people.rules = [{"tag": "later", "when": {"subreddit": "python", "author": None}}]
    people.shares["abc"] = {"post": "reddit:p1", "to": "bob", "at": "2024-01-02T03:04:05Z"}
    link = browser.see("/account").cssselect("a[download]")[0]
    response = browser.client.get(link.get("href"))
    assert response.mimetype == "application/x-ndjson"
    assert 'filename="reddit-reco-ann-' in response.headers["Content-Disposition"]
    found = rows(response)
    assert {row["user"] for row in found} == {"user:ann"}
    assert len([row for row in found if row["verb"] == "like"]) == LIKES
    tags = [row for row in found if row["verb"] == "tag"]
    assert {(row["post"], row["value"]) for row in tags[:-1]} == people.tags
    givers = {"reddit:p1": "user", "reddit:p2": "rule", "hn:3": "user"}
    assert {row["post"]: row["by"] for row in tags[:-1]} == givers
    rule = {"user": "user:ann", "verb": "tag", "value": "later", "when": {"subreddit": "python"}}
    assert tags[-1] == rule
    hidden = [row.get("post") or row["subreddit"] for row in found if row["verb"] == "hide"]
    assert sorted(hidden) == ["funny", "reddit:p9"]
    [share] = [row for row in found if row["verb"] == "share"]
    assert (share["post"], share["to"], share["time"]) == (
        "reddit:p1",
        "bob",
        "2024-01-02T03:04:05Z",
    )


def test_who_did_nothing_gets_an_empty_file(browser):
    response = browser.client.get("/account/export")
    assert (response.status_code, response.data) == (200, b"")


def test_a_visitor_signs_in_first(visitor):
    response = visitor.client.get("/account/export")
    assert (response.status_code, "/sign-in" in response.headers["Location"]) == (303, True)


def test_there_is_no_file_while_a_verb_is_away(quick, browser, people):
    people.down.add("like")
    response = browser.client.get("/account/export", headers={"Accept": "text/html"})
    assert response.status_code == 503
    assert "“like” does not answer" in response.text


def test_a_file_that_cannot_be_finished_breaks_off(quick, browser, people):
    people.likes |= {f"reddit:l{number}" for number in range(LIKES)}
    people.ends_with_page = True
    with pytest.raises(Broken, match="like"):
        browser.client.get("/account/export").get_data()


def test_refused_lines_of_an_import_can_be_had_as_a_file(browser, people):
    counts = {"read": 9, "created": 5, "rejected": 1}
    people.imports["i1"] = {"id": "i1", "state": "done", "format": "hn", "counts": counts}
    page = browser.see("/imports/i1")
    [tally] = page.cssselect(".tally-row")
    shown = {one[0].text: one[1].text for one in tally}
    assert shown == {"read": "9", "new": "5", "changed": "0", "unchanged": "0", "refused": "1"}
    link = page.cssselect("a[download]")[0].get("href")
    assert rows(browser.client.get(link)) == [
        {"line": 7, "reason": "no such post", "excerpt": "<b>x"}
    ]
    assert browser.client.get("/imports/absent/refused.jsonl").status_code == 404


def test_an_import_of_which_nothing_was_taken_asks_for_the_format(browser, people):
    counts = {"read": 9, "rejected": 9}
    people.imports["i1"] = {"id": "i1", "state": "done", "format": "hn", "counts": counts}
    assert "Is this file really hn?" in browser.see("/imports/i1").text_content()
