import threading
import time
from collections.abc import Callable

import pytest
from flask import Flask
from pymongo.errors import PyMongoError

from reddit_reco_chassis import Mongo, Settings, Worker, run_beside, stop


@pytest.mark.parametrize("error", [PyMongoError("away"), OSError("no file"), KeyError("a bug")])
def test_work_goes_on_after_an_error(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    worked = threading.Event()
    failures = [error]

    def work(_: threading.Event) -> None:
        if failures:
            raise failures.pop()
        worked.set()

    worker = Worker("digger", work, pause=0.01)
    worker.start()
    assert worked.wait(60)
    worker.stop()
    assert "digger" in caplog.text
    assert ("Traceback" in caplog.text) is isinstance(error, KeyError)


def test_work_that_waits_is_told_to_stop() -> None:
    ended = threading.Event()

    def work(stopping: threading.Event) -> None:
        stopping.wait(60)
        ended.set()

    worker = Worker("waiter", work)
    worker.start()
    started = time.monotonic()
    worker.stop()
    assert ended.is_set()
    assert time.monotonic() - started < 30


class Part:
    """Notes what is done to it."""

    def __init__(self, name: str, note: Callable[[str], None]) -> None:
        self._name = name
        self._note = note

    def start(self) -> None:
        self._note(f"start {self._name}")

    def stop(self) -> None:
        self._note(f"stop {self._name}")


def test_what_runs_beside_an_app_ends_in_reverse_order(mongodb_uri: str) -> None:
    app, seen = Flask("x"), list[str]()
    mongo = Mongo(Settings(mongodb_uri=mongodb_uri, mongodb_database="x"))
    run_beside(app, mongo, Part("a", seen.append), Part("b", seen.append))
    stop(app)
    assert seen == ["start a", "start b", "stop b", "stop a"]
    with pytest.raises(Exception, match="after close"):
        mongo.ping()
