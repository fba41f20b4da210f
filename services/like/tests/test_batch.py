"""Many likes at once, as an import brings them."""

from typing import Any

from flask.testing import FlaskClient

from reddit_reco_like import batch
from reddit_reco_like.models import LikeLine
from reddit_reco_like.store import LikeStore
from reddit_reco_local.kit.batch import OncePerPostContract, statuses


class TestBatch(OncePerPostContract):
    url = "/api/v1/likes/batch"
    list_url = "/api/v1/likes"
    collection = "likes"
    model = LikeLine
    write = batch.write

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
