from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import TypeAdapter

from reddit_reco_chassis import Problem, decode_cursor, decode_moment, encode_cursor, encode_moment

MakeApp = Callable[..., Flask]
SHAPE: TypeAdapter[tuple[float, str]] = TypeAdapter(tuple[float, str])


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    return make_app().test_client()


@pytest.mark.parametrize("position", [(1.5, "reddit:1"), (-0.1 + 0.3, "é/ñ?&="), (1e300, "")])
def test_a_position_comes_back_exactly(position: tuple[float, str]) -> None:
    cursor = encode_cursor(position)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert decode_cursor(cursor, SHAPE) == position


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "é", "====", "a+b/", encode_cursor({"$gt": 1}), encode_cursor(["1", "x"]), "A" * 99],
)
def test_a_forged_cursor_is_a_400_on_cursor(cursor: str) -> None:
    with pytest.raises(Problem) as caught:
        decode_cursor(cursor, SHAPE)
    assert caught.value.status == 400
    assert caught.value.document["errors"][0]["field"] == "cursor"


def test_a_page_links_to_itself_and_the_next(client: FlaskClient) -> None:
    page = client.get("/api/v1/things?limit=5").get_json()
    assert page == {
        "items": [5],
        "next_cursor": "next",
        "total": 2,
        "_links": {
            "self": {"href": "/api/v1/things?limit=5"},
            "next": {"href": "/api/v1/things?limit=5&cursor=next"},
        },
    }


def test_the_last_page_has_no_next(client: FlaskClient) -> None:
    page = client.get("/api/v1/things?limit=5&cursor=next").get_json()
    assert page["next_cursor"] is None
    assert page["_links"] == {"self": {"href": "/api/v1/things?limit=5&cursor=next"}}


@pytest.mark.parametrize("limit", ["0", "101", "1e9", "x", "", "-5", "9" * 5000])
def test_a_limit_out_of_bounds_is_a_400_on_limit(client: FlaskClient, limit: str) -> None:
    response = client.get(f"/api/v1/things?limit={limit}")
    errors: list[dict[str, Any]] = response.get_json()["errors"]
    assert (response.status_code, errors[0]["field"]) == (400, "limit")


def test_an_unknown_parameter_is_named(client: FlaskClient) -> None:
    response = client.get("/api/v1/things?ofset=5")
    assert (response.status_code, response.get_json()["errors"][0]["field"]) == (400, "ofset")


@pytest.mark.parametrize(
    "moment",
    [(datetime(1970, 1, 1, tzinfo=UTC), ""), (datetime(2024, 2, 29, 1, 2, 3, 4_000, UTC), "r:é|")],
)
def test_the_end_of_a_page_by_time_is_read_back_to_the_millisecond(
    moment: tuple[datetime, str],
) -> None:
    assert decode_moment(encode_moment(moment)) == moment


def test_the_first_page_has_no_cursor_and_the_last_leads_nowhere() -> None:
    assert decode_moment(None) is None
    assert encode_moment(None) is None


@pytest.mark.parametrize("position", [[-1, "a"], [2**43, "a"], [1, 2], ["1", "a"], [1], {}])
def test_a_cursor_of_another_list_is_refused(position: Any) -> None:
    with pytest.raises(Problem, match="not made by this list"):
        decode_moment(encode_cursor(position))
