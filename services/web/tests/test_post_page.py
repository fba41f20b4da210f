def test_a_post_with_all_it_has(client, see, posts_verb, make_post):
    posts_verb.posts.append(
        make_post(
            "full",
            title="A full post",
            text="First paragraph.\n\nSecond, see https://example.org/x.",
            url="https://www.example.com/article?a=1",
            permalink="/r/python/comments/full/",
            tags=["guide", "asyncio"],
            attribution={
                "text": "By A. Body",
                "url": "https://example.org/a",
                "licence": "CC BY-SA 4.0",
                "licence_url": "https://example.org/licence",
            },
        )
    )
    page = see(client, "/posts/reddit:full")
    assert page.cssselect("h1")[0].text == "A full post"
    assert [p.text_content() for p in page.cssselect(".text p")] == [
        "First paragraph.",
        "Second, see https://example.org/x.",
    ]
    links = {a.get("href"): a for a in page.cssselect("article a")}
    for href in (
        "https://www.example.com/article?a=1",
        "https://example.org/x",
        "https://www.reddit.com/r/python/comments/full/",
        "https://example.org/a",
        "https://example.org/licence",
    ):
        assert {"noopener", "nofollow"} <= set(links[href].get("rel").split())
    assert "/?sort=top&tag=asyncio" in links
    assert [a.text for a in page.cssselect(".side h2")] == ["More from r/python"]
    assert len(page.cssselect(".side li")) == 5


def test_a_post_does_not_recommend_itself(client, see, posts_verb):
    page = see(client, "/posts/reddit:p0")
    hrefs = [a.get("href") for a in page.cssselect(".side .short a")]
    assert "/posts/reddit:p0" not in hrefs
    assert len(hrefs) == 5


def test_a_deleted_post_is_gone(client, see, posts_verb):
    posts_verb.deleted.add("reddit:p1")
    page = see(client, "/posts/reddit:p1", status=410)
    assert "deleted" in page.cssselect("main")[0].text_content()


def test_an_unknown_post_is_not_found(client, see):
    page = see(client, "/posts/reddit:unknown", status=404)
    assert "There is no such post here." in page.text_content()


def test_an_id_cannot_reach_another_path_of_the_service(client, see, posts_verb):
    see(client, "/posts/..%2F..%2Freadyz", status=404)
    see(client, "/posts/x%3Fsort=new", status=404)
    assert all(path.startswith("/api/v1/posts/x%3Fsort") for path in posts_verb.asked)


def test_a_link_that_only_leads_to_the_discussion_is_not_shown_twice(
    client, see, posts_verb, make_post
):
    address = "http://www.reddit.com/r/python/comments/self/"
    posts_verb.posts.append(make_post("self", url=address, permalink=address))
    page = see(client, "/posts/reddit:self")
    assert [a.get("href") for a in page.cssselect("article a")].count(address) == 1
    assert not page.cssselect(".lead-out")


def test_an_unknown_page_is_a_page_for_people_and_a_problem_for_programs(client, see):
    page = see(client, "/nowhere", status=404)
    assert page.cssselect("h1")[0].text == "Nothing here"
    for path in ("/nowhere", "/api/v1/nowhere"):
        response = client.get(path, headers={"Accept": "application/json"})
        assert response.status_code == 404
        assert response.content_type == "application/problem+json"
    assert client.get("/api/v1/x", headers={"Accept": "text/html"}).mimetype.endswith("json")


def test_pages_can_only_be_read(client):
    response = client.post("/", headers={"Accept": "text/html"})
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
