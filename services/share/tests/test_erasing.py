from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from pymongo.database import Database

from reddit_reco_chassis import stop
from reddit_reco_share.app import make_app
from reddit_reco_share.settings import ShareSettings

URL = "/api/v1/shares"
Documents = Database[dict[str, Any]]


def test_an_order_in_the_inbox_erases_that_user_and_nobody_else(
    ann: FlaskClient, bob: FlaskClient, visit: Any, kept: Documents, eventually: Any
) -> None:
    mine = ann.post(URL, json={"post": "reddit:1", "to": "bob"}).get_json()["code"]
    theirs = bob.post(URL, json={"post": "reddit:2", "to": "Ann"}).get_json()["code"]
    for code in (mine, theirs):
        visit(code)
    assert len(ann.get(f"{URL}?box=in").get_json()["items"]) == 1
    kept["inbox"].insert_one({"_id": "user:ann", "at": datetime.now(UTC), "_gen": 1})
    eventually(lambda: kept["erased"].count_documents({"_id": "user:ann", "done": True}) == 1)
    assert visit(mine).status_code == 404
    assert bob.get(f"{URL}?box=in").get_json()["items"] == []
    (left,) = bob.get(URL).get_json()["items"]
    assert (left["code"], left["to"], left["visits"]) == (theirs, None, 1)
    assert "ann" not in str(list(kept["shares"].find())).casefold()
    assert kept["visitors"].count_documents({}) == 1


def test_nothing_is_kept_for_an_erased_user_any_more(ann: FlaskClient, kept: Documents) -> None:
    kept["erased"].insert_one({"_id": "user:ann"})
    assert ann.post(URL, json={"post": "reddit:1"}).status_code == 403
    assert kept["shares"].count_documents({}) == 0


def test_what_is_shared_with_an_erased_user_is_not_delivered(
    ann: FlaskClient, bob: FlaskClient, kept: Documents
) -> None:
    kept["erased"].insert_one({"_id": "user:ann"})
    bob.post(URL, json={"post": "reddit:1", "to": "ann"})
    assert ann.get(f"{URL}?box=in").get_json()["items"] == []
    assert kept["shares"].count_documents({"to": None}) == 1


def test_an_order_that_came_while_no_pod_ran_is_carried_out_at_the_start(
    make_settings: Callable[..., ShareSettings], database: Documents, eventually: Any
) -> None:
    database["shares"].insert_one({"_id": "abcdefghijkl", "from": "user:ann"})
    database["inbox"].insert_one({"_id": "user:ann", "at": datetime.now(UTC)})
    app = make_app(make_settings(database.name))
    eventually(lambda: database["erased"].count_documents({"done": True}) == 1)
    assert database["shares"].count_documents({}) == 0
    stop(app)
