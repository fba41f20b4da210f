import pytest


def titles(page):
    return [link.text_content() for link in page.cssselect(".posts h2 a[data-post]")]


def test_results_have_count_time_and_highlights(client, see):
    page = see(client, "/search?q=number")
    assert page.cssselect("h1")[0].text_content().endswith("number")
    tally = " ".join(page.cssselect(".tally")[0].text_content().split())
    assert tally == "30 posts in 1.2 ms"
    assert [mark.text for mark in page.cssselect(".post mark")] == ["number"] * 20
    assert page.cssselect("#q")[0].get("value") == "number"


def test_every_parameter_reaches_search(client, see, search_verb):
    see(client, "/search?q=number&subreddit=python&sort=new&from=2013-01-01&over_18=include&utm=x")
    [asked] = search_verb.asked
    for part in ("q=number", "subreddit=python", "sort=new", "from=2013-01-01", "over_18=include"):
        assert part in asked
    assert "utm" not in asked


def test_facets_narrow_the_results_and_show_their_counts(client, see):
    page = see(client, "/search?q=number&sort=new")
    facet = page.cssselect(".facet")[0]
    assert facet.cssselect("h3")[0].text == "Subreddit"
    found = [" ".join(a.text_content().split()) for a in facet.cssselect("a")]
    assert found == ["python 15", "cooking 15"]
    narrowed = see(client, facet.cssselect("a")[1].get("href"))
    assert len(titles(narrowed)) == 15
    assert not narrowed.cssselect(".facet")
    assert narrowed.cssselect(".chosen a")[0].get("href") == "/search?q=number&sort=new"


def test_next_page_of_results_keeps_the_question(client, see):
    page = see(client, "/search?q=number&sort=new")
    href = page.cssselect("a.next")[0].get("href")
    assert "q=number" in href
    assert "sort=new" in href
    assert titles(see(client, href))[0] == "Post number 20"


def test_changing_the_order_goes_back_to_the_first_page(client, see):
    page = see(client, "/search?q=number&cursor=20")
    hrefs = [a.get("href") for a in page.cssselect(".sorts a")]
    assert hrefs[1] == "/search?q=number&sort=new"


def test_what_search_did_to_help_is_said(client, see, search_verb, make_post):
    answer = {"items": [make_post("x")], "total": 1, "relaxed": True}
    answer["corrections"] = {"pyhton": ["python", "pyton"]}
    search_verb.app.view_functions["found"] = lambda: answer
    said = see(client, "/search?q=pyhton+x").cssselect(".aside-note")[0].text_content()
    assert "No post has “pyhton”; taken as python, pyton." in said
    assert "posts with some of them" in said


@pytest.mark.parametrize("path", ["/search", "/search?q=", "/search?q=%20%20"])
def test_without_a_question_the_page_explains_how_to_ask(client, see, search_verb, path):
    page = see(client, path)
    assert page.cssselect(".how a")
    assert search_verb.asked == []


def test_no_hits_give_hints_that_fit_the_question(client, see):
    page = see(client, "/search?q=%22nothing+like+this%22+-x&subreddit=python")
    text = page.cssselect(".empty")[0].text_content()
    for part in ("filter", "quotation marks", "minus", "spelling"):
        assert part in text
    assert page.cssselect(".empty a")[0].get("href") == "/search?q=%22nothing+like+this%22+-x"
    assert page.cssselect(".tally")[0].text.strip().startswith("Nothing found")


def test_what_search_refuses_is_shown_as_a_note(client, see):
    page = see(client, "/search?q=" + "x" * 400, status=400)
    assert (
        "q: String should have at most 300 characters" in page.cssselect(".note")[0].text_content()
    )


def test_the_date_form_keeps_the_other_filters(client, see):
    page = see(client, "/search?q=number&subreddit=python&sort=top")
    hidden = {
        field.get("name"): field.get("value")
        for field in page.cssselect(".dates input[type=hidden]")
    }
    assert hidden == {"q": "number", "subreddit": "python", "sort": "top"}
