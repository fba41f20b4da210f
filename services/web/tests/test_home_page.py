from threading import Barrier


def titles(page):
    return [link.text_content() for link in page.cssselect(".posts h2 a[data-post]")]


def test_home_shows_posts_with_what_a_reader_wants_to_know(client, see):
    page = see(client, "/")
    first = page.cssselect(".post")[0]
    assert len(titles(page)) == 20
    assert titles(page)[0] == "Post number 0"
    text = first.text_content()
    for part in ("r/python", "4 Mar 2013", "12\u202f345\u00a0points", "1\u00a0comment", "somebody"):
        assert part in text
    assert first.cssselect("time")[0].get("datetime") == "2013-03-04T17:05:00+00:00"
    assert [tag.text for tag in first.cssselect(".tags a")] == ["howto"]


def test_home_asks_for_both_lists_at_once(client, see, posts_verb):
    both = Barrier(2)

    def meet():
        both.wait(60)

    posts_verb.app.before_request(meet)
    page = see(client, "/")
    assert titles(page)
    assert page.cssselect(".side .short li")


def test_order_and_filters_go_to_the_posts_service(client, see, posts_verb):
    see(client, "/?sort=top&subreddit=cooking")
    asked = sorted(posts_verb.asked)
    assert "/api/v1/posts?sort=top&limit=20&subreddit=cooking" in asked
    assert "/api/v1/posts?sort=new&limit=6&subreddit=cooking" in asked


def test_an_unknown_order_is_the_usual_one(client, see, posts_verb):
    see(client, "/?sort=nonsense")
    assert any("sort=hot" in path for path in posts_verb.asked)


def test_next_page_goes_on_where_the_first_ended(client, see):
    page = see(client, "/?sort=new")
    following = page.cssselect(".more a.next")[0].get("href")
    second = see(client, following)
    assert titles(second)[0] == "Post number 20"
    assert not set(titles(page)) & set(titles(second))
    assert second.cssselect(".pager a")[0].get("href") == "/?sort=new"
    assert not second.cssselect(".more a.next")


def test_a_filter_can_be_taken_away(client, see):
    page = see(client, "/?subreddit=cooking&sort=top")
    assert page.cssselect("h1")[0].text == "r/cooking"
    assert page.cssselect(".chosen a")[0].get("href") == "/?sort=top"
    assert all("number" in title for title in titles(page))
    assert len(titles(page)) == 15


def test_a_list_that_does_not_go_on_leads_to_its_first_page(client, see):
    page = see(client, "/?sort=new&subreddit=python&cursor=forged", status=400)
    assert "was made anew" in page.cssselect(".note")[0].text_content()
    [first] = page.cssselect("main > p a")
    assert (first.text, first.get("href")) == ("To the first page", "/?subreddit=python&sort=new")


def test_an_empty_site_says_how_to_fill_it(client, see, posts_verb):
    posts_verb.posts.clear()
    page = see(client, "/")
    assert "There are no posts yet." in page.text_content()
    assert page.cssselect(".empty a")[0].get("href") == "/about#import"


def test_about_names_the_services_that_answer(make_client, see, posts_verb, dead_url):
    client = make_client(posts_url=posts_verb.url, search_url=dead_url)
    states = {
        item.cssselect("code")[0].text: item.cssselect("span")[0].text
        for item in see(client, "/about").cssselect(".states li")
    }
    assert states == {
        "posts": "answers",
        "search": "does not answer",
    }


def test_about_names_every_format_of_ingest(client, see):
    named = {code.text for code in see(client, "/about").cssselect("td code")}
    posts = "reddit-listing arctic-shift mongoexport reddit-top-csv stackexchange-xml hn"
    assert named == {*posts.split(), "reddit-export", "reddit-reco-export", "feedback"}
