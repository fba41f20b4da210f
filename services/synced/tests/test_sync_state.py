from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from pymongo.database import Database

from reddit_reco_local.kit.waiting import eventually
from reddit_reco_synced import SyncState


@pytest.fixture
def state(database: Database[dict[str, Any]]) -> Iterator[SyncState]:
    state = SyncState(lambda: database, pause=0.02)
    state.start()
    yield state
    state.stop()


def sample(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"reddit_reco_sync_{name}", labels)


def wait_for_phase(stream: str, phase: str) -> None:
    eventually(lambda: sample("phase", stream=stream, phase=phase) == 1, phase)


def test_the_age_and_the_phase_of_each_stream_are_told(
    state: SyncState, database: Database[dict[str, Any]]
) -> None:
    behind = datetime.now(UTC) - timedelta(seconds=30)
    database["synced_state"].insert_many(
        [{"_id": "posts", "phase": "tail", "source_time": behind}, {"_id": "fresh"}]
    )
    wait_for_phase("posts", "tail")
    age = sample("age_seconds", stream="posts")
    assert age is not None
    assert 29 < age < 300
    assert sample("phase", stream="posts", phase="copy") == 0
    wait_for_phase("fresh", "new")
    assert sample("age_seconds", stream="fresh") is None


def test_a_lost_position_and_a_copy_that_waits_for_force_are_told(
    state: SyncState, database: Database[dict[str, Any]]
) -> None:
    blocked = {"reason": "the copy would remove 9 of 10 documents", "source_size": 1}
    database["synced_state"].insert_many(
        [
            {"_id": "posts", "phase": "copy", "history_lost": 2, "blocked": blocked},
            {"_id": "likes", "phase": "tail", "history_lost": 0, "blocked": None},
            {"_id": "fresh"},
        ]
    )
    wait_for_phase("posts", "copy")
    assert [sample("history_lost", stream=name) for name in ("posts", "likes", "fresh")] == [
        2,
        0,
        0,
    ]
    assert [sample("blocked", stream=name) for name in ("posts", "likes", "fresh")] == [1, 0, 0]


def test_a_source_whose_clock_is_ahead_is_not_behind(
    state: SyncState, database: Database[dict[str, Any]]
) -> None:
    ahead = datetime.now(UTC) + timedelta(seconds=30)
    database["synced_state"].insert_one({"_id": "posts", "phase": "tail", "source_time": ahead})
    wait_for_phase("posts", "tail")
    assert sample("age_seconds", stream="posts") == 0


def test_after_its_end_nothing_is_told(database: Database[dict[str, Any]]) -> None:
    database["synced_state"].insert_one({"_id": "ended", "phase": "tail"})
    state = SyncState(lambda: database, pause=0.02)
    state.start()
    wait_for_phase("ended", "tail")
    state.stop()
    assert sample("phase", stream="ended", phase="tail") is None
