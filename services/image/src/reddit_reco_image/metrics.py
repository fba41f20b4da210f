"""What fetching came to, for Prometheus."""

from prometheus_client import Counter

_FETCHES = Counter(
    "reddit_reco_image_fetches_total",
    "Pictures fetched, or refused for a reason.",
    ["outcome"],
)


def count(outcome: str) -> None:
    """Count one fetch: `fetched`, or the reason of a refusal."""
    _FETCHES.labels(outcome).inc()
