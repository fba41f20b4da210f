"""Metrics of a run. Freshness is exported by the targets, as a CronJob's pod is soon gone."""

from prometheus_client import Counter, start_http_server

WRITTEN = Counter(
    "reddit_reco_sync_documents",
    "Documents written to or removed from a target.",
    ["stream", "how"],
)
HISTORY_LOST = Counter(
    "reddit_reco_sync_history_lost", "Times a saved position was lost and a copy began.", ["stream"]
)


def serve(port: int) -> None:
    """Answer `/metrics` on `port` until the process ends; 0 means not at all."""
    if port:
        start_http_server(port)
