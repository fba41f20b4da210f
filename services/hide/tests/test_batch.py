"""Many hidden posts at once, as an import brings them."""

from typing import Any

from flask.testing import FlaskClient

from reddit_reco_hide import batch
from reddit_reco_hide.models import HiddenLine
from reddit_reco_local.kit.batch import OncePerPostContract, statuses


class TestBatch(OncePerPostContract):
    url = "/api/v1/hidden/batch"
    list_url = "/api/v1/hidden"
    collection = "hidden"
    model = HiddenLine
    write = batch.write

    def test_a_line_hides_a_subreddit_as_well(self, send: Any, ann: FlaskClient) -> None:
        whole = {"user": "user:ann", "subreddit": "Funny", "at": "2014-05-06T07:08:09Z"}
        assert statuses(send(whole, self.line(1), whole)) == [201, 201, 200]
        assert ann.get("/api/v1/hidden/all").json["subreddits"] == ["funny"]
        assert ann.get("/api/v1/hidden").json["items"][-1] == {
            "subreddit": "funny",
            "at": "2014-05-06T07:08:09Z",
        }

    def test_a_line_hides_one_thing(self, send: Any) -> None:
        both, none = self.line(1, subreddit="funny"), {"user": "user:ann"}
        answers = send(both, none)
        assert statuses(answers) == [400, 400]
        assert all("a post or a subreddit" in each["detail"] for each in answers)

    def test_a_batch_and_a_single_wish_are_the_same_one(self, send: Any, ann: FlaskClient) -> None:
        ann.put("/api/v1/hidden/reddit:1")
        assert statuses(send(self.line(1), self.line(2))) == [200, 201]
        assert ann.put("/api/v1/hidden/reddit:2").status_code == 200
        ann.delete("/api/v1/hidden/reddit:1")
        assert ann.get("/api/v1/hidden/all").json["posts"] == ["reddit:2"]
