import pytest

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def hostile(posts_verb, make_post):
    item = make_post(
        "evil",
        title=f"evil {SCRIPT}",
        text=f"{SCRIPT} [label](javascript:alert(3)) <a href='javascript:alert(4)'>x</a>",
        url="javascript:alert(5)",
        permalink="data:text/html,<script>alert(6)</script>",
        subreddit='"><script>alert(7)</script>',
        author=SCRIPT,
        tags=[SCRIPT, '" onmouseover="alert(8)'],
        attribution={"text": SCRIPT, "url": "javascript:alert(9)", "licence": SCRIPT},
    )
    posts_verb.posts.insert(0, item)
    return item


PATHS = [
    "/",
    "/search?q=evil",
    "/posts/reddit:evil",
    "/search?q=" + SCRIPT,
    "/?subreddit=" + SCRIPT,
]


@pytest.mark.parametrize("path", PATHS)
def test_hostile_content_stays_text(client, see, hostile, path):
    page = see(client, path)
    assert {script.get("src")[:8] for script in page.iter("script")} == {"/assets/"}
    assert all(image.get("src").startswith("/assets/") for image in page.iter("img"))
    for element in page.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name != "style"
            if name in ("href", "src", "action"):
                assert not value.lower().startswith(("javascript:", "data:"))


def test_the_title_is_shown_as_it_was_written(client, see, hostile):
    assert see(client, "/posts/reddit:evil").cssselect("h1")[0].text == hostile["title"]


def test_marks_of_search_are_the_only_markup_in_a_title(client, see, search_verb, make_post):
    item = make_post("x", highlights={"title": "<mark>evil</mark> <script>alert(1)</script>"})
    search_verb.app.view_functions["found"] = lambda: {"items": [item], "total": 1}
    title = see(client, "/search?q=evil").cssselect(".post h2 a")[0]
    assert [child.tag for child in title] == ["mark"]


def test_html_of_stackexchange_is_sanitised(client, see, posts_verb, make_post):
    text = (
        "<p>Good <em>text</em> <a href='https://example.org/' onclick='x()'>link</a>"
        "<a href='javascript:alert(1)'>bad</a><img src='https://example.org/track.png'></p>"
        "<script>alert(2)</script><h1>Heading</h1><style>p{}</style><iframe src=x></iframe>"
    )
    item = make_post("se", text=text)
    posts_verb.posts.append({**item, "id": "stackexchange:x:1", "source": "stackexchange"})
    body = see(client, "/posts/stackexchange:x:1").cssselect(".text")[0]
    assert {element.tag for element in body.iter()} == {"div", "p", "em", "a", "h3"}
    good, bad = body.iter("a")
    assert dict(good.attrib) == {
        "href": "https://example.org/",
        "rel": "nofollow noopener noreferrer",
    }
    assert "href" not in bad.attrib
    assert "alert(2)" not in body.text_content()


def test_a_list_that_makes_no_sense_breaks_no_page(client, see, posts_verb):
    nonsense = {
        "items": [None, 3, {"id": 4}, {"id": "a:b", "title": None, "tags": "x", "score": "1"}]
    }
    posts_verb.app.view_functions["listed"] = lambda: nonsense
    page = see(client, "/")
    assert [a.text for a in page.cssselect(".post h2 a")] == ["(no title)"]


@pytest.mark.parametrize("path", ["/search?q=%00", "/search?q=%FF%FE", "/?sort=%00", "/posts/%00"])
def test_odd_bytes_in_an_address_are_no_server_error(client, path):
    assert client.get(path, headers={"Accept": "text/html"}).status_code < 500
