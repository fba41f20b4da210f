"""Metrics of imports."""

import math
from collections.abc import Callable

from prometheus_client import Counter, Gauge
from pymongo.errors import PyMongoError

from .domain import STATES, Counts

RECORDS = Counter(
    "reddit_reco_ingest_records_total",
    "Records of imports that this process ran, by what became of them.",
    ["format", "result"],
)
IMPORTS = Gauge("reddit_reco_ingest_imports", "Imports known to the service.", ["state"])
_RESULTS = ("created", "updated", "unchanged", "deleted", "skipped", "rejected")


def count(format_name: str, counts: Counts) -> None:
    """Add a batch's counts."""
    for result in _RESULTS:
        if number := getattr(counts, result):
            RECORDS.labels(format_name, result).inc(number)


def watch(count_by_state: Callable[[str], int]) -> None:
    """Report the imports in each state, as `count_by_state` says when metrics are asked for."""
    for state in STATES:
        IMPORTS.labels(state).set_function(_guarded(count_by_state, state))


def _guarded(count_by_state: Callable[[str], int], state: str) -> Callable[[], float]:
    def value() -> float:
        try:
            return float(count_by_state(state))
        except PyMongoError:
            # The other metrics are wanted even when the database is away.
            return math.nan

    return value
