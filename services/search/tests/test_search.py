"""What is found, over HTTP, on a real MongoDB."""

import random
from datetime import UTC, datetime

import pytest
from openapi_spec_validator import validate

from .conftest import post

CORPUS = [
    post("flask", "Flask is a small web framework", score=50, tags=["Web", "wsgi"]),
    post("django", "Django: a web framework for perfectionists", score=90, author="Bob"),
    post("asyncio", "How to run coroutines with asyncio", text="A framework is not needed."),
    post("cats", "My cat sits on the keyboard", subreddit="aww", score=900),
    post("dogs", "Dogs running in the park", subreddit="aww", score=-5),
    post("nsfw", "A web framework nobody should see", over_18=True),
    post("python", "Learning Python the hard way", subreddit="learnprogramming"),
    post(
        "1",
        "Which chain fits?",
        source="stackexchange",
        subreddit=None,
        author=None,
        text="<p>My <b>derailleur</b> skips &amp; jumps</p>",
        created_at=datetime(2015, 1, 1, tzinfo=UTC),
        tags=["chain"],
        attribution={"text": "alice", "url": "https://e.org", "licence": "CC BY-SA 4.0"},
    ),
]


@pytest.fixture(scope="module")
def service(start_for_all):
    return start_for_all(*CORPUS)


def test_words_match_in_any_form_and_case(service):
    assert service.ids("DOG runs") == ["dogs"]


def test_all_words_are_wanted_where_a_post_has_them(service):
    assert set(service.ids("web framework")) == {"flask", "django"}
    assert service.get("web framework")["relaxed"] is False


def test_some_words_will_do_where_no_post_has_them_all(service):
    answer = service.get("web keyboard")
    assert {item["id"] for item in answer["items"]} == {
        "reddit:cats",
        "reddit:flask",
        "reddit:django",
    }
    assert answer["relaxed"] is True


def test_stop_words_are_not_wanted_but_found_if_alone(service):
    assert service.ids("how to asyncio coroutines the") == ["asyncio"]
    assert set(service.ids("the")) == {"python", "dogs", "cats"}


def test_a_title_counts_more_than_a_text_which_is_found_all_the_same(service):
    assert service.ids("framework")[-1] == "asyncio"
    assert service.ids("derailleur") == ["1"]


def test_the_name_of_a_subreddit_counts_as_a_word(service):
    assert service.ids("aww keyboard") == ["cats"]


@pytest.mark.parametrize("typo", ["framewrok", "framwork", "frameworrk", "framewark"])
def test_a_typo_is_forgiven_and_said(service, typo):
    answer = service.get(f"flask {typo}")
    assert [item["id"] for item in answer["items"]] == ["reddit:flask"]
    assert answer["corrections"] == {typo: ["framework"]}


def test_a_phrase_wants_its_words_in_a_row(service):
    assert set(service.ids('"web framework"')) == {"flask", "django"}
    assert service.ids('"framework web"') == []
    assert service.ids('"not needed"') == ["asyncio"]


def test_a_prefix_finds_longer_words_in_title_and_text(service):
    assert service.ids("pyth*") == ["python"]
    assert service.ids("derail*") == ["1"]


def test_what_has_a_minus_is_left_out(service):
    assert service.ids("framework -django -asyncio") == ["flask"]
    assert service.ids('framework -"small web" -corout*') == ["django"]


def test_fields_narrow(service):
    assert service.ids("author:BOB web") == ["django"]
    assert service.ids("subreddit:aww -title:cat") == ["dogs"]
    assert service.ids("tag:WEB") == ["flask"]
    assert service.ids("source:stackexchange chain") == ["1"]
    assert service.ids('title:"running in"') == ["dogs"]
    assert service.ids("title:derailleur") == []
    assert service.ids("subreddit:learn*") == ["python"]


def test_parameters_filter(service):
    assert service.ids("web", author="bob") == ["django"]
    assert set(service.ids("the", subreddit="AWW")) == {"cats", "dogs"}
    assert service.ids("chain", source="stackexchange", tag="chain") == ["1"]
    assert service.ids("web", subreddit="nowhere") == []


def test_from_is_included_and_to_is_not(service):
    moment = "2013-06-09T02:54:42Z"
    assert service.ids("cat", **{"from": moment}) == ["cats"]
    assert service.ids("cat", **{"to": moment}) == []
    assert service.ids("chain", **{"from": "2014-12-31", "to": "2015-01-02"}) == ["1"]


def test_adult_posts_are_left_out_unless_asked_for(service):
    assert "nsfw" not in service.ids("web framework")
    assert "nsfw" in service.ids("web framework", over_18="include")


def test_other_orders(start):
    posts = [
        post(str(n), "same", score=n % 5, created_at=datetime(2013, 1, n + 1, tzinfo=UTC))
        for n in range(10)
    ]
    service = start(*posts)
    assert service.ids("same", sort="new") == [str(n) for n in reversed(range(10))]
    scores = [item["score"] for item in service.get("same", sort="top")["items"]]
    assert scores == [4, 4, 3, 3, 2, 2, 1, 1, 0, 0]


def test_an_item_has_what_clients_rely_on(service):
    item = service.get("derailleur")["items"][0]
    assert item.pop("relevance") > 0
    assert item.pop("highlights") == {"text": " My  <mark>derailleur</mark>  skips &amp; jumps "}
    assert item == {
        "id": "stackexchange:1",
        "source": "stackexchange",
        "title": "Which chain fits?",
        "url": "https://example.org/1",
        "permalink": "/r/x/1",
        "subreddit": None,
        "author": None,
        "created_at": "2015-01-01T00:00:00Z",
        "score": 10,
        "num_comments": 3,
        "over_18": False,
        "tags": ["chain"],
        "text": "<p>My <b>derailleur</b> skips &amp; jumps</p>",
        "attribution": {"text": "alice", "url": "https://e.org", "licence": "CC BY-SA 4.0"},
        "_links": {"self": {"href": "/api/v1/posts/stackexchange:1"}},
    }


def test_an_answer_says_how_it_came_about(service):
    answer = service.get("web framework", mode="hybrid")
    assert answer["engine"] == "tantivy"
    assert answer["mode"] == "lexical"
    assert answer["degraded"] == ["hybrid"]
    assert answer["took_ms"] > 0
    assert service.get("web")["degraded"] == []


def test_facets_count_all_that_is_found_whatever_the_page(start):
    posts = [post(f"p{n}", "same", subreddit="Python") for n in range(7)]
    posts += [post(f"q{n}", "same", subreddit="python") for n in range(2)]
    posts += [post(f"s{n}", "same", subreddit=f"sub{n}", source="hn") for n in range(30)]
    answer = start(*posts).get("same", limit=2)
    assert answer["total"] == 39
    assert answer["facets"]["source"] == [
        {"value": "hn", "count": 30},
        {"value": "reddit", "count": 9},
    ]
    assert answer["facets"]["subreddit"][0] == {"value": "Python", "count": 9}
    assert len(answer["facets"]["subreddit"]) <= 20


def test_counts_can_be_left_out(service):
    answer = service.get("web", counts="false")
    assert (answer["total"], answer["facets"]) == (None, {})


def test_a_long_text_is_shortened(start):
    service = start(post("long", "x", text="word " * 5_000))
    assert len(service.get("word")["items"][0]["text"]) == 300


def test_html_in_a_title_comes_back_as_text(start):
    service = start(post("xss", "<script>alert(1)</script> & more"))
    item = service.get("alert")["items"][0]
    assert item["title"] == "<script>alert(1)</script> & more"
    assert item["highlights"]["title"] == (
        "&lt;script&gt;<mark>alert</mark>(1)&lt;/script&gt; &amp; more"
    )


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"q": ""}, "q"),
        ({"q": " \t "}, "q"),
        ({}, "q"),
        ({"q": "x" * 1_001}, "q"),
        ({"q": "é" * 5_000}, "q"),
        ({"q": '"open'}, "q"),
        ({"q": "- * -"}, "q"),
        ({"q": "-only"}, "q"),
        ({"q": "a", "limit": 0}, "limit"),
        ({"q": "a", "limit": 101}, "limit"),
        ({"q": "a", "limit": 10**9}, "limit"),
        ({"q": "a", "limit": "NaN"}, "limit"),
        ({"q": "a", "sort": "best"}, "sort"),
        ({"q": "a", "mode": "vector"}, "mode"),
        ({"q": "a", "from": "yesterday"}, "from"),
        ({"q": "a", "to": "9999-01-01"}, "to"),
        ({"q": "a", "over_18": "yes"}, "over_18"),
        ({"q": "a", "cursor": "forged"}, "cursor"),
        ({"q": "a", "cursor": "W10"}, "cursor"),
        ({"q": "a", "unknown": "1"}, "unknown"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(service, params, field):
    assert field in [error["field"] for error in service.refused(**params)["errors"]]


def test_no_text_brings_it_down(service):
    rng = random.Random(3)
    parts = [
        *'ab9é日 \t-*":“”()[]{}~^\\/+&|!?.,\x00\x1f',
        "title:",
        "tag:",
        " -",
        "web",
        "'",
        "\ud7ff",
    ]
    for _ in range(400):
        q = "".join(rng.choices(parts, k=rng.randrange(1, 40)))
        response = service.client.get("/api/v1/search", query_string={"q": q})
        assert response.status_code in (200, 400), q
        response = service.client.get("/api/v1/search/suggest", query_string={"q": q})
        assert response.status_code in (200, 400), q


def test_a_thousand_characters_are_answered(service):
    for q in ("a " * 500, "wxyz" * 250, '"a b" ' * 160, "ab* " * 250, "-a " * 300 + "web"):
        assert (
            service.client.get("/api/v1/search", query_string={"q": q[:1_000]}).status_code == 200
        )


def suggested(service, q):
    answer = service.client.get("/api/v1/search/suggest", query_string={"q": q})
    assert answer.status_code == 200
    return [(one["text"], one["post"]) for one in answer.get_json()["items"]]


def test_suggestions_are_words_and_titles(service):
    assert suggested(service, "fla") == [
        ("flask", None),
        ("Flask is a small web framework", "reddit:flask"),
    ]
    assert suggested(service, "web fram")[0] == ("web framework", None)
    assert ("A web framework nobody should see", "reddit:nsfw") not in suggested(service, "web")
    assert suggested(service, "zzz") == []
    assert suggested(service, "?!") == []


def test_names_of_subreddits_are_suggested_where_no_title_has_them(service):
    assert suggested(service, "learnp") == [
        ("learnprogramming", None),
        ("Learning Python the hard way", "reddit:python"),
    ]
    assert suggested(service, "pyt")[:2] == [
        ("python", None),
        ("Learning Python the hard way", "reddit:python"),
    ]
    assert suggested(service, "cat aw")[0] == ("cat aww", None)


def test_the_last_word_is_completed_also_where_no_post_has_it_with_the_others(service):
    assert suggested(service, "derailleur fla") == [
        ("derailleur flask", None),
        ("Flask is a small web framework", "reddit:flask"),
    ]


def test_suggestions_need_a_text(service):
    response = service.client.get("/api/v1/search/suggest", query_string={"q": " "})
    assert response.status_code == 400
    assert response.get_json()["errors"][0]["field"] == "q"


def test_the_openapi_document_is_valid(service):
    document = service.client.get("/openapi.json").get_json()
    validate(document)
    assert {"/api/v1/search", "/api/v1/search/suggest"} <= set(document["paths"])
