"""Many tags at once, as an import brings them."""

from typing import Any, ClassVar

from flask.testing import FlaskClient
from pymongo.database import Database

from reddit_reco_local.kit.batch import BatchContract, statuses
from reddit_reco_tag import batch
from reddit_reco_tag.models import TagLine


class TestBatch(BatchContract):
    url = "/api/v1/tags/batch"
    collection = "tags"
    model = TagLine
    write = batch.write
    fields: ClassVar = {"value": "later"}
    bad_values = (None, 1, "a b", "rules", "a" * 51)
    good_values = ("later", "a" * 50)

    def test_the_time_of_a_line_is_kept_and_that_of_the_first_wins(
        self, send: Any, ann: FlaskClient
    ) -> None:
        send(
            self.line(1, at="2014-05-06T07:08:09.123456Z"), self.line(1, at="2015-01-01T00:00:00Z")
        )
        (tagging,) = ann.get("/api/v1/tags/later/posts").json["items"]
        expected = {
            "post": "reddit:1",
            "tag": "later",
            "at": "2014-05-06T07:08:09.123Z",
            "by": "user",
        }
        assert tagging == expected

    def test_a_tag_is_spelled_as_it_was_first(
        self, send: Any, ann: FlaskClient, bob: FlaskClient
    ) -> None:
        ann.put("/api/v1/tags/reddit:1/Later")
        new = {"user": "user:bob", "post": "reddit:1", "value": "LATER"}
        assert statuses(send(self.line(1), self.line(2), new, {**new, "value": "later"})) == [
            200,
            201,
            201,
            200,
        ]
        assert ann.get("/api/v1/tags").json["items"] == [{"tag": "Later", "count": 2}]
        assert bob.get("/api/v1/tags").json["items"] == [{"tag": "LATER", "count": 1}]

    def test_a_tag_of_a_batch_wins_over_a_rule_and_over_a_removal(
        self, send: Any, tagged: Database[dict[str, Any]], ann: FlaskClient
    ) -> None:
        ann.put("/api/v1/tags/reddit:1/later")
        tagged["tags"].update_one({"post": "reddit:1"}, {"$set": {"by": "rule"}})
        ann.put("/api/v1/tags/reddit:2/later")
        ann.delete("/api/v1/tags/reddit:2/later")
        assert statuses(send(self.line(1), self.line(2))) == [200, 201]
        found = ann.get("/api/v1/tags/later/posts").json["items"]
        assert {(each["post"], each["by"]) for each in found} == {
            ("reddit:1", "user"),
            ("reddit:2", "user"),
        }
        assert tagged["removed"].count_documents({}) == 0
