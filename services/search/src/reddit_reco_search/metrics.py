"""What this service tells Prometheus, on top of what every service does."""

from datetime import UTC, datetime

from prometheus_client import Counter, Gauge, Histogram

from reddit_reco_synced.following import Age

DOCUMENTS = Gauge("reddit_reco_search_index_documents", "Posts in the index of this pod.")
AGE = Gauge(
    "reddit_reco_search_index_age_seconds",
    "Time since the index was last known to be the same as the database.",
)
FOLLOWING = Gauge(
    "reddit_reco_search_following", "1 while the index follows the database, 0 while it cannot."
)
BUILDS = Counter("reddit_reco_search_index_builds_total", "How often the index was built.")
BUILD_SECONDS = Gauge("reddit_reco_search_index_build_seconds", "Time that the last build took.")
COMMITS = Counter("reddit_reco_search_index_commits_total", "Commits of the index.")
COMMIT_SECONDS = Histogram(
    "reddit_reco_search_index_commit_seconds",
    "Time that a commit took.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SKIPPED = Counter(
    "reddit_reco_search_posts_skipped_total", "Posts left out since they are not in form."
)
DEGRADED = Counter(
    "reddit_reco_search_degraded_total",
    "Answers made with the synced copy of what the reader hides, since hide did not answer.",
)


def committed(documents: int) -> None:
    """Note a commit."""
    COMMITS.inc()
    DOCUMENTS.set(documents)


def built(seconds: float) -> None:
    """Note a build."""
    BUILDS.inc()
    BUILD_SECONDS.set(seconds)


def fresh() -> None:
    """Note that at this moment the index is the same as the database."""
    AGE.set_function(Age(datetime.now(UTC)))
