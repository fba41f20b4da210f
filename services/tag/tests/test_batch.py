"""Many tags at once, as an import brings them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from reddit_reco_local.kit.batch import BatchContract, statuses
from reddit_reco_tag import batch
from reddit_reco_tag.models import TagLine
from reddit_reco_tag.rules import MOST_RULES
from reddit_reco_tag.store import TagStore


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

    def test_a_tag_that_a_rule_gave_stays_one_and_wins_over_no_hand(
        self, send: Any, tagged: Database[dict[str, Any]], ann: FlaskClient
    ) -> None:
        ann.put("/api/v1/tags/reddit:1/later")
        ann.put("/api/v1/tags/reddit:2/later")
        ann.delete("/api/v1/tags/reddit:2/later")
        lines = [self.line(number, by="rule") for number in (1, 2, 3)]
        assert statuses(send(*lines, self.line(4, by="user"))) == [200, 200, 201, 201]
        assert self.givers(ann) == {"reddit:1": "user", "reddit:3": "rule", "reddit:4": "user"}
        assert tagged["removed"].distinct("_id") == ["user:ann|reddit:2|later"]
        assert statuses(send(self.line(5, by="rule"), self.line(5), self.line(3))) == [
            201,
            200,
            200,
        ]
        assert {self.givers(ann)[post] for post in ("reddit:3", "reddit:5")} == {"user"}
        (answer,) = send(self.line(6, by="bob"))
        assert (answer["status"], answer["field"]) == (400, "by")

    def test_a_removal_amid_the_import_of_a_rules_tag_wins(
        self, store: TagStore, ann: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep = batch.keep_all

        def then_remove(*args: Any) -> Any:
            kept = keep(*args)
            ann.delete("/api/v1/tags/reddit:1/later")
            # As if the removal had come just before the write.
            keep(*args)
            return kept

        monkeypatch.setattr(batch, "keep_all", then_remove)
        batch.write(store, [TagLine(**self.line(1, by="rule"))], datetime.now(UTC))
        assert self.givers(ann) == {}

    def givers(self, user: FlaskClient) -> dict[str, str]:
        found = user.get("/api/v1/tags/later/posts").json["items"]
        return {each["post"]: each["by"] for each in found}

    def rule(self, tag: str = "later", **when: Any) -> dict[str, Any]:
        return {"user": "user:ann", "value": tag, "when": when or {"subreddit": "python"}}

    def test_rules_are_put_behind_those_that_are_kept(self, send: Any, ann: FlaskClient) -> None:
        first = {"tag": "own", "when": {"author": "bob"}}
        ann.put("/api/v1/tags/rules", json={"rules": [first]})
        words = self.rule("Words", words=["a", "b"], source="hn")
        lines = (self.rule(), self.line(1), words, self.rule(), self.rule("own", author="bob"))
        assert statuses(send(*lines)) == [201, 201, 201, 200, 200]
        rules = [first, *({"tag": each["value"], "when": each["when"]} for each in lines[:3:2])]
        assert [
            {"tag": each["tag"], "when": {k: v for k, v in each["when"].items() if v}}
            for each in ann.get("/api/v1/tags/rules").json["rules"]
        ] == rules
        assert statuses(send(*lines)) == [200] * 5

    def test_there_are_no_more_rules_than_may_be(self, send: Any, ann: FlaskClient) -> None:
        lines = [self.rule(f"t{number}") for number in range(MOST_RULES + 2)]
        answers = send(*lines)
        assert statuses(answers) == [201] * MOST_RULES + [400] * 2
        assert "100 rules already" in answers[-1]["detail"]
        assert len(ann.get("/api/v1/tags/rules").json["rules"]) == MOST_RULES

    def test_rules_that_come_at_once_are_all_kept(self, store: TagStore) -> None:
        lines = [TagLine(**self.rule(f"t{number}")) for number in range(24)]
        with ThreadPoolExecutor(8) as pool:
            found = pool.map(lambda line: batch.write(store, [line], datetime.now(UTC)), lines)
            assert [statuses(answers) for answers in found] == [[201]] * len(lines)
        assert len(store.rules("user:ann")) == len(lines)

    @pytest.mark.parametrize(
        ("when", "field"),
        [
            ({}, "when"),
            ({"words": ["a b"]}, "when.words.0"),
            ({"more": 1}, "when.more"),
            ("x", "when"),
        ],
    )
    def test_a_rule_that_makes_no_sense_is_refused(self, send: Any, when: Any, field: str) -> None:
        [answer] = send({**self.rule(), "when": when})
        assert (answer["status"], answer["field"]) == (400, field)

    def test_a_line_is_a_tag_or_a_rule(self, send: Any) -> None:
        both, neither = {**self.rule(), "post": "reddit:1"}, {"user": "user:ann", "value": "a"}
        assert statuses(send(both, neither)) == [400, 400]

    def test_no_rule_is_kept_of_a_user_who_was_erased(
        self, send: Any, tagged: Database[dict[str, Any]]
    ) -> None:
        tagged["erased"].insert_one({"_id": "user:ann"})
        assert statuses(send(self.rule(), {**self.rule(), "user": "user:bob"})) == [410, 201]
        assert [each["_id"] for each in tagged["rules"].find()] == ["user:bob"]
