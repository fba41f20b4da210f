from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

Put = Callable[..., Any]
Batch = Callable[..., list[dict[str, Any]]]


def get(client: FlaskClient, *ids: str, status: int = 200, more: str = "") -> Any:
    query = "&".join(f"id={one}" for one in ids)
    response = client.get(f"/api/v1/posts?{query}{more}")
    assert response.status_code == status, response.text
    return response.get_json()


def shown(client: FlaskClient, *ids: str) -> list[str]:
    return [item["id"] for item in get(client, *ids)["items"]]


def test_posts_come_in_the_order_of_their_ids_each_once(client: FlaskClient, put: Put) -> None:
    for post_id in ("reddit:a", "reddit:b", "hn:1"):
        put(post_id)
    assert shown(client, "hn:1", "reddit:b", "hn:1", "reddit:a") == ["hn:1", "reddit:b", "reddit:a"]


def test_what_is_unknown_or_deleted_is_left_out(
    client: FlaskClient, put: Put, writer: dict[str, str]
) -> None:
    put("reddit:a")
    put("reddit:b")
    client.delete("/api/v1/posts/reddit:a", headers=writer)
    assert shown(client, "reddit:a", "reddit:never", "reddit:b") == ["reddit:b"]
    assert shown(client, "reddit:a") == []


def test_a_post_looks_as_in_any_list_and_the_page_is_the_only_one(
    client: FlaskClient, put: Put
) -> None:
    put("reddit:a", text="x" * 1000, over_18=True)
    answer = get(client, "reddit:a")
    assert answer["items"] == client.get("/api/v1/posts?over_18=include").get_json()["items"]
    assert answer["next_cursor"] is None
    assert answer["_links"] == {"self": {"href": "/api/v1/posts?id=reddit%3Aa"}}


def test_a_hundred_can_be_asked_for_and_no_more(
    client: FlaskClient, batch: Batch, post: Callable[..., dict[str, Any]]
) -> None:
    ids = [f"reddit:{number}" for number in range(101)]
    batch(*(post(id=one) for one in ids))
    assert shown(client, *ids[:100]) == ids[:100]
    assert get(client, *ids, status=400)["errors"][0]["field"] == "id"


@pytest.mark.parametrize("more", ["&sort=new", "&limit=5", "&cursor=x", "&over_18=include"])
def test_nothing_else_goes_with_ids(client: FlaskClient, more: str) -> None:
    answer = get(client, "reddit:a", status=400, more=more)
    assert answer["errors"][0]["field"] == "id"
    assert more.strip("&").partition("=")[0] in answer["detail"]


@pytest.mark.parametrize("odd", ["", "a", "reddit:", "reddit:a%20b", "Reddit:a", "x:" + "y" * 200])
def test_an_id_that_is_none_is_refused(client: FlaskClient, odd: str) -> None:
    assert get(client, "reddit:a", odd, status=400)["errors"][0]["field"].startswith("id")
