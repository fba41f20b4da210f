"""How far sync is with what it copies into this service's database, for the metrics."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pymongo.database import Database

from reddit_reco_chassis.workers import Stopping, Worker

_PHASES = ("new", "copy", "tail")
_STATE = "synced_state"
_FIELDS = {"phase": 1, "source_time": 1, "history_lost": 1, "blocked.reason": 1}


class SyncState(Collector):
    """Sync's state as it was read last. While the database is away, the age goes on growing.

    Args:
        database: gives the database.
        pause: seconds between two looks.
    """

    def __init__(
        self, database: Callable[[], Database[dict[str, Any]]], pause: float = 5.0
    ) -> None:
        self._database = database
        self._states: list[dict[str, Any]] = []
        self._worker = Worker("sync-state", self._read, pause)

    def start(self) -> None:
        """Begin to look, and to tell Prometheus."""
        REGISTRY.register(self)
        self._worker.start()

    def stop(self) -> None:
        """End."""
        self._worker.stop()
        REGISTRY.unregister(self)

    def describe(self) -> Iterable[Metric]:
        """Nothing: there may be several in one process, where tests run several services."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Where each stream is, and how far behind: never negative, since clocks differ."""
        age = _of_streams("age_seconds", "How far this service's copy is behind its source.")
        lost = _of_streams(
            "history_lost", "Times the stream's position was lost, and all was copied anew."
        )
        blocked = _of_streams(
            "blocked", "1 while a copy would remove more than a fifth, and waits for force."
        )
        phase = GaugeMetricFamily(
            "reddit_reco_sync_phase",
            "1 for the phase that the stream is in.",
            labels=["stream", "phase"],
        )
        now = datetime.now(UTC)
        for state in self._states:
            stream, current = str(state["_id"]), state.get("phase", "new")
            for name in _PHASES:
                phase.add_metric([stream, name], name == current)
            lost.add_metric([stream], state.get("history_lost", 0))
            blocked.add_metric([stream], bool(state.get("blocked")))
            if (since := state.get("source_time")) is not None:
                age.add_metric([stream], max(0.0, (now - since).total_seconds()))
        return age, phase, lost, blocked

    def _read(self, _: Stopping) -> None:
        self._states = list(self._database()[_STATE].find({}, _FIELDS))


def _of_streams(name: str, documentation: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"reddit_reco_sync_{name}", documentation, labels=["stream"])
