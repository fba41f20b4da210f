"""Batches, their order, and what is committed when something breaks."""

import threading

import orjson
import pytest

from reddit_reco_ingest.domain import (
    BATCH_BYTES,
    BATCH_POSTS,
    BATCH_RECORDS,
    SKIPPED,
    Gone,
    Outcome,
    Rejected,
    Unreadable,
    batches,
    counts_of,
    rejected_of,
)
from reddit_reco_ingest.pipeline import IN_FLIGHT, Stopped, run


def post(number, **fields):
    return {"id": f"reddit:{number}", "title": "T", **fields}


def items(number, make=post):
    return [(one, make(one)) for one in range(1, number + 1)]


def ids(batch):
    return [orjson.loads(line)["id"] for line in batch.lines]


def test_a_batch_has_a_thousand_posts_at_most():
    found = list(batches(items(BATCH_POSTS * 2 + 1)))
    assert [len(batch.lines) for batch in found] == [BATCH_POSTS, BATCH_POSTS, 1]
    assert [batch.position for batch in found] == [1000, 2000, 2001]


def test_a_batch_is_no_larger_than_a_request_may_be():
    found = list(batches(items(30, lambda one: post(one, text="x" * 400_000))))
    assert all(batch.size <= BATCH_BYTES for batch in found)
    assert sum(len(batch.lines) for batch in found) == 30


def test_progress_is_made_without_a_single_post():
    found = list(batches(items(BATCH_RECORDS * 2, lambda _: SKIPPED)))
    assert [batch.position for batch in found] == [BATCH_RECORDS, BATCH_RECORDS * 2]


def test_an_id_is_in_a_batch_only_once():
    found = list(batches([(1, post("a", score=1)), (2, post("b")), (3, post("a", score=2))]))
    assert [ids(batch) for batch in found] == [["reddit:a", "reddit:b"], ["reddit:a"]]


def test_everything_is_counted():
    batch = next(
        batches(
            [
                (1, post("a")),
                (2, Rejected("why", "id", "{")),
                (3, Gone("reddit:b")),
                (4, SKIPPED),
                (5, post("c")),
                (7, post("d")),
            ]
        )
    )
    outcome = Outcome(updated=1, unchanged=1, rejected=[(5, Rejected("gone", None, ""))])
    counts = counts_of(batch, outcome)
    assert (counts.read, counts.updated, counts.unchanged) == (6, 1, 1)
    assert (counts.deleted, counts.skipped, counts.rejected) == (1, 1, 2)
    assert [position for position, _ in rejected_of(batch, outcome)] == [2, 5]


def test_a_post_that_cannot_be_written_as_json_is_rejected():
    batch = next(batches([(1, post("a", text="\ud800"))]))
    assert batch.lines == []
    assert batch.rejected[0][1].reason == "not valid UTF-8"


def test_what_was_read_before_a_file_breaks_is_a_batch():
    def breaking():
        yield 1, post("a")
        raise Unreadable("cut short")

    found = batches(breaking())
    assert ids(next(found)) == ["reddit:a"]
    with pytest.raises(Unreadable):
        next(found)


class Log:
    """Commits, in their order."""

    def __init__(self):
        self.positions = []

    def commit(self, batch, _outcome):
        self.positions.append(batch.position)


def run_with(source, log, send, stopped=lambda: False):
    run(source, send=send, commit=log.commit, offset=lambda: 0, stopped=stopped)


def test_batches_are_committed_in_order_whichever_is_done_first():
    log, second_done = Log(), threading.Event()

    def send(batch):
        if batch.position == BATCH_POSTS:
            assert second_done.wait(60)
        elif batch.position == BATCH_POSTS * 2:
            second_done.set()
        return Outcome()

    run_with(items(BATCH_POSTS * 4), log, send)
    assert log.positions == [1000, 2000, 3000, 4000]


def test_several_batches_are_on_their_way_at_once():
    together = threading.Barrier(IN_FLIGHT, timeout=60)

    def send(batch):
        together.wait()
        return Outcome()

    log = Log()
    run_with(items(BATCH_POSTS * IN_FLIGHT), log, send)
    assert len(log.positions) == IN_FLIGHT


def test_nothing_behind_a_failed_batch_is_committed():
    def send(batch):
        if batch.position == BATCH_POSTS * 2:
            raise ConnectionError
        return Outcome()

    log = Log()
    with pytest.raises(ConnectionError):
        run_with(items(BATCH_POSTS * 6), log, send)
    assert log.positions == [1000]


def test_nothing_behind_a_failed_commit_is_committed():
    log = Log()

    def commit(batch, outcome):
        if batch.position == BATCH_POSTS * 2:
            raise ConnectionError
        log.commit(batch, outcome)

    with pytest.raises(ConnectionError):
        run(
            items(BATCH_POSTS * 9),
            send=lambda _: Outcome(),
            commit=commit,
            offset=lambda: 0,
            stopped=lambda: False,
        )
    assert log.positions == [1000]


def test_what_was_read_before_a_file_breaks_is_committed():
    def breaking():
        yield from items(BATCH_POSTS * 5)
        raise Unreadable("cut short")

    log = Log()
    with pytest.raises(Unreadable):
        run_with(breaking(), log, lambda _: Outcome())
    assert log.positions == [1000, 2000, 3000, 4000, 5000]


def test_two_versions_of_a_post_are_never_on_their_way_together():
    under_way, clashes = set(), []

    def send(batch):
        clashes.extend(batch.ids & under_way)
        under_way.update(batch.ids)
        threading.Event().wait(0.05)
        under_way.difference_update(batch.ids)
        return Outcome()

    run_with([(one, post("same", score=one)) for one in range(1, 6)], Log(), send)
    assert clashes == []


def test_a_stop_commits_what_is_on_its_way():
    log = Log()
    sent = []

    def send(batch):
        sent.append(batch.position)
        return Outcome()

    with pytest.raises(Stopped):
        run_with(items(BATCH_POSTS * 9), log, send, stopped=lambda: len(sent) >= 2)
    assert log.positions == sent
    assert 2 <= len(sent) <= 2 + IN_FLIGHT
