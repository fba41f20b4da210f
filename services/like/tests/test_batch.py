"""Many likes at once, as an import brings them."""

from typing import Any

from flask.testing import FlaskClient

from reddit_reco_like import batch
from reddit_reco_like.models import LikeLine
from reddit_reco_like.store import LikeStore
from reddit_reco_local.kit.batch import BatchContract, statuses


class TestBatch(BatchContract):
    url = "/api/v1/likes/batch"
    collection = "likes"
    model = LikeLine
    write = batch.write

    def test_the_time_of_a_line_is_kept_and_that_of_the_first_wins(
        self, send: Any, ann: FlaskClient
    ) -> None:
        send(
            self.line(1, at="2014-05-06T07:08:09.123456Z"), self.line(1, at="2015-01-01T00:00:00Z")
        )
        assert statuses(send(self.line(1, at="2016-01-01T00:00:00Z"))) == [200]
        (like,) = ann.get("/api/v1/likes").json["items"]
        assert like == {"post": "reddit:1", "at": "2014-05-06T07:08:09.123Z"}

    def test_a_batch_and_a_single_like_are_the_same_one(
        self, send: Any, ann: FlaskClient, nobody: FlaskClient
    ) -> None:
        ann.put("/api/v1/likes/reddit:1")
        assert statuses(send(self.line(1), self.line(2))) == [200, 201]
        assert ann.put("/api/v1/likes/reddit:2").status_code == 200
        ann.delete("/api/v1/likes/reddit:1")
        found = nobody.get("/api/v1/likes/counts?post=reddit:1&post=reddit:2").json["counts"]
        assert found == {"reddit:1": 0, "reddit:2": 1}

    def test_counts_are_right_after_many_writers_send_the_same(
        self, store: LikeStore, nobody: FlaskClient
    ) -> None:
        self.test_nothing_is_there_twice_after_many_writers_send_the_same(store)
        assert nobody.get("/api/v1/likes/reddit:0/count").json["count"] == 50
