"""The baseline answers in the same shape, by MongoDB's text index."""

import pytest

from .conftest import post


@pytest.fixture(scope="module")
def service(start_for_all):
    return start_for_all(
        post("1", "Flask is a small web framework", score=5),
        post("2", "Django: a web framework for perfectionists", score=9, author="Bob"),
        post("3", "My cat", subreddit="aww", tags=["pet"], text="web"),
        post("4", "A web framework nobody should see", over_18=True),
        {"_id": "reddit:5", "source": "reddit", "deleted": True},
        search_engine="mongodb",
    )


def test_words_are_ranked_by_text_score(service):
    answer = service.get("small web framework")
    assert [item["id"] for item in answer["items"]] == ["reddit:1", "reddit:2"]
    assert answer["items"][0]["relevance"] > answer["items"][1]["relevance"]
    assert answer["engine"] == "mongodb"
    assert answer["total"] == 2
    assert answer["facets"]["subreddit"] == [{"value": "Python", "count": 2}]
    assert answer["items"][0]["highlights"]["title"].count("<mark>") == 3


def test_phrases_exclusions_fields_and_filters(service):
    assert service.ids('"small web"') == ["1"]
    assert service.ids("framework -django") == ["1"]
    assert service.ids("framework author:bob") == ["2"]
    assert service.ids("subreddit:aww") == ["3"]
    assert service.ids("subreddit:aww -tag:pet") == []
    assert service.ids("cat", tag="PET") == ["3"]
    assert set(service.ids("framework", over_18="include")) == {"1", "2", "4"}


def test_orders_and_pages(service):
    assert service.ids("web", sort="top") == ["2", "1"]
    for sort in ("relevance", "top", "new"):
        first = service.get("web", sort=sort, limit=1)
        second = service.get("web", sort=sort, limit=1, cursor=first["next_cursor"])
        assert second["next_cursor"] is None
        assert {first["items"][0]["id"], second["items"][0]["id"]} == {"reddit:1", "reddit:2"}


def test_suggestions_are_titles(service):
    response = service.client.get("/api/v1/search/suggest", query_string={"q": "Dja"})
    assert [one["post"] for one in response.get_json()["items"]] == ["reddit:2"]


@pytest.mark.parametrize("q", ["$where", "a\\", '"(" x', "{}[] y", "-a b", "x" * 900])
def test_no_text_brings_it_down(service, q):
    response = service.client.get("/api/v1/search", query_string={"q": q})
    assert response.status_code in (200, 400)
