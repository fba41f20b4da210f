from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from pymongo.database import Database

from reddit_reco_chassis import Settings, stop
from reddit_reco_tag.app import make_app
from reddit_reco_tag.taggings import Tagging, write

Documents = Database[dict[str, Any]]
RULES = {"rules": [{"tag": "news", "when": {"source": "hn"}}]}


def test_an_order_in_the_inbox_erases_that_user_and_nobody_else(
    ann: FlaskClient, bob: FlaskClient, tagged: Documents, eventually: Callable[..., None]
) -> None:
    for each in (ann, bob):
        each.put("/api/v1/tags/reddit:1/a")
        each.put("/api/v1/tags/reddit:1/b")
        each.delete("/api/v1/tags/reddit:1/b")
        each.put("/api/v1/tags/rules", json=RULES)
    tagged["inbox"].insert_one({"_id": "user:ann", "at": datetime.now(UTC), "_gen": 1})
    eventually(lambda: tagged["erased"].count_documents({"_id": "user:ann", "done": True}) == 1)
    for name in ("tags", "rules", "removed"):
        left = str(list(tagged[name].find()))
        assert "user:ann" not in left
        assert "user:bob" in left


def test_nothing_is_kept_for_an_erased_user_any_more(ann: FlaskClient, tagged: Documents) -> None:
    tagged["erased"].insert_one({"_id": "user:ann"})
    assert ann.put("/api/v1/tags/reddit:1/a").status_code == 403
    assert ann.put("/api/v1/tags/rules", json=RULES).status_code == 403
    write(tagged, [Tagging("user:ann", "hn:1", "news")])
    assert tagged["tags"].count_documents({}) == tagged["rules"].count_documents({}) == 0


def test_an_order_that_came_while_no_pod_ran_is_carried_out_at_the_start(
    make_settings: Callable[[str], Settings],
    database: Documents,
    eventually: Callable[..., None],
) -> None:
    database["tags"].insert_one({"_id": "user:ann|reddit:1|a", "user": "user:ann"})
    database["inbox"].insert_one({"_id": "user:ann", "at": datetime.now(UTC)})
    app = make_app(make_settings(database.name))
    eventually(lambda: database["erased"].count_documents({"done": True}) == 1)
    assert database["tags"].count_documents({}) == 0
    stop(app)
