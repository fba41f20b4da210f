"""Runs overlap each minute: the newer one takes over, and no change waits for that."""

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from reddit_reco_local.kit.waiting import eventually
from reddit_reco_sync.settings import read_plan
from reddit_reco_sync.state import Fence, Fenced

World = Any
MOST_SECONDS = 2.0


class Traffic:
    """Somebody writes posts to the source all the time, and somebody sees them in the target."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.written: dict[str, float] = {}
        self.seen: dict[str, float] = {}
        self.events: Counter[tuple[str, str]] = Counter()
        self._enough, self._over = threading.Event(), threading.Event()
        self._stream = world.target.watch(max_await_time_ms=100)
        self._threads = [threading.Thread(target=it) for it in (self._write, self._see)]

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._threads[0].join()
        deadline = time.monotonic() + 15
        while self.seen.keys() != self.written.keys() and time.monotonic() < deadline:
            time.sleep(0.05)
        self._over.set()
        self._threads[1].join()
        self._stream.close()

    def _write(self) -> None:
        while not self._enough.wait(0.01):
            key = f"reddit:{len(self.written):06}"
            self.world.source.insert_one({"_id": key})
            self.written[key] = time.monotonic()

    def _see(self) -> None:
        while not self._over.is_set():
            if event := self._stream.try_next():
                key = event["documentKey"]["_id"]
                self.events[key, event["operationType"]] += 1
                self.seen.setdefault(key, time.monotonic())

    def slowest(self) -> float:
        """The longest time from a write to its being in the target, in seconds."""
        return max(self.seen[key] - at for key, at in self.written.items())


def test_no_change_waits_while_a_newer_run_takes_over(world: World) -> None:
    world.target.insert_one({"_id": "made before it is watched", "_gen": 0})
    world.target.delete_many({})
    older = world.start(SYNC_FOLLOW_SECONDS="60")
    eventually(lambda: world.state().get("phase") == "tail")
    newer = None
    try:
        with Traffic(world) as traffic:
            eventually(lambda: len(traffic.seen) > 50)
            newer = world.start(SYNC_FOLLOW_SECONDS="60")
            out, err = older.communicate(timeout=90)
            before = len(traffic.seen)
            eventually(lambda: len(traffic.seen) > before + 50)
        assert older.returncode == 0, out + err
        assert traffic.slowest() < MOST_SECONDS
        assert dict(traffic.events) == {(key, "insert"): 1 for key in traffic.written}
        assert world.mismatches() == []
        _ended_plainly(out, f"{world.target_db}.posts: another run has taken over; tail; 0 copied")
    finally:
        for run in filter(None, [older, newer]):
            run.terminate()
            out, err = run.communicate(timeout=90)
    assert newer is not None
    assert newer.returncode == 0, out + err
    assert out.splitlines()[-1].startswith(f"{world.target_db}.posts: ok; tail; 0 copied")


def test_newer_run_takes_over_from_one_that_moves_the_state_all_the_time(world: World) -> None:
    (stream,) = read_plan(world.folder / "plan.json")
    older, newer = Fence(world.client, stream), Fence(world.client, stream)
    older.claim()

    def move_on() -> None:
        while True:
            older.commit(lambda session: world.target.insert_one({}, session=session))

    with ThreadPoolExecutor(1) as pool:
        moving = pool.submit(move_on)
        eventually(lambda: world.state()["rev"] > 20)
        newer.claim()
        with pytest.raises(Fenced):
            moving.result(timeout=90)
    newer.commit()
    assert world.target.count_documents({}) == world.state()["rev"] - 3
    older.close()
    newer.close()


def _ended_plainly(out: str, line: str) -> None:
    logged = [json.loads(each) for each in out.splitlines() if each.startswith("{")]
    (plain,) = [each for each in out.splitlines() if not each.startswith("{")]
    assert {entry["level"] for entry in logged} <= {"info"}
    assert plain.startswith(line)
