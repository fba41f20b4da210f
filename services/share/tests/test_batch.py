"""Many shares at once, as an import brings them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from reddit_reco_local.kit.batch import BatchContract, statuses
from reddit_reco_share import batch
from reddit_reco_share.models import ShareLine


class TestBatch(BatchContract):
    url = "/api/v1/shares/batch"
    collection = "shares"
    owner = "from"
    model = ShareLine
    write = batch.write

    @pytest.fixture
    def importer(self, bearer: Callable[..., str]) -> dict[str, str]:
        return {"Authorization": bearer("service:ingest", "", "feedback:write")}

    def test_a_share_has_a_short_link_of_its_own_and_no_recipient(
        self, send: Any, ann: FlaskClient, visit: Any
    ) -> None:
        send(
            self.line(1, at="2014-05-06T07:08:09.123456Z"), {"user": "user:bob", "post": "reddit:1"}
        )
        (share,) = ann.get("/api/v1/shares").get_json()["items"]
        assert (share["to"], share["at"]) == (None, "2014-05-06T07:08:09.123Z")
        assert visit(share["code"]).headers["Location"] == "/posts/reddit:1"
        (share,) = ann.get("/api/v1/shares").get_json()["items"]
        assert (len(share["code"]), share["visits"]) == (12, 1)

    def test_the_same_share_again_is_the_same_one_and_at_another_time_another(
        self, send: Any, ann: FlaskClient, visit: Any
    ) -> None:
        lines = [
            self.line(1),
            self.line(1, at="2014-05-06T07:08:09Z"),
            self.line(1, at="2015-01-01T00:00:00Z"),
        ]
        assert statuses(send(*lines)) == [201, 201, 201]
        first = ann.get("/api/v1/shares").get_json()["items"]
        visit(first[0]["code"])
        assert statuses(send(*lines)) == [200, 200, 200]
        again = ann.get("/api/v1/shares").get_json()["items"]
        assert [share["code"] for share in again] == [share["code"] for share in first]
        assert again[0]["visits"] == 1
