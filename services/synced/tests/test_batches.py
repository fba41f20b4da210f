"""Lines in, answers out: what all batches do alike."""

import orjson
import pytest
from flask import Flask
from pydantic import BaseModel, TypeAdapter

from reddit_reco_chassis import Problem
from reddit_reco_synced.batches import MOST_LINES, PastMoment, answered


class Line(BaseModel):
    post: str
    at: PastMoment | None = None


def answers_to(body: bytes) -> list[dict[str, object]]:
    def write(lines):
        return [{"status": 201, "at": str(line.at)} for line in lines]

    with Flask("test").test_request_context(method="POST", data=body):
        response = answered(TypeAdapter(Line), write)
    return [orjson.loads(line) for line in response.get_data().splitlines()]


def test_good_and_bad_lines_are_answered_at_their_places() -> None:
    found = answers_to(b'{"post": "a"}\n\nnonsense\n{"post": 7}\n{"post": "b"}\r\n')
    assert [(each["line"], each["post"], each["status"]) for each in found] == [
        (1, "a", 201),
        (3, None, 400),
        (4, None, 400),
        (5, "b", 201),
    ]
    assert found[2]["field"] == "post"


def test_a_time_is_kept_in_utc_to_the_millisecond() -> None:
    (found,) = answers_to(b'{"post": "a", "at": "2014-05-06T09:08:09.123987+02:00"}')
    assert found["at"] == "2014-05-06 07:08:09.123000+00:00"


@pytest.mark.parametrize(("body", "status"), [(b"", 400), (b"{}\n" * (MOST_LINES + 1), 413)])
def test_no_lines_and_too_many_are_refused(body: bytes, status: int) -> None:
    with pytest.raises(Problem) as refused:
        answers_to(body)
    assert refused.value.status == status
