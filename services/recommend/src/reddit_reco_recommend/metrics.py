"""What this service tells Prometheus, on top of what every service does."""

from datetime import UTC, datetime

from prometheus_client import Counter, Gauge

from reddit_reco_synced.following import Age

POSTS = Gauge("reddit_reco_recommend_posts", "Posts that this pod can recommend.")
FOLLOWING = Gauge(
    "reddit_reco_recommend_following", "1 while the posts follow the database, 0 while they cannot."
)
AGE = Gauge(
    "reddit_reco_recommend_posts_age_seconds",
    "Time since the posts were last known to be the same as in the database.",
)
BUILD_SECONDS = Gauge(
    "reddit_reco_recommend_build_seconds", "Time that reading all posts took, the last time."
)
SKIPPED = Counter(
    "reddit_reco_recommend_posts_skipped_total", "Posts left out since they are not in form."
)
MODEL_AGE = Gauge("reddit_reco_recommend_model_age_seconds", "Time since the model was fitted.")
FITS = Counter("reddit_reco_recommend_fits_total", "How often the model was fitted.")
FIT_SECONDS = Gauge("reddit_reco_recommend_fit_seconds", "Time that the last fit took.")
MODEL_USERS = Gauge("reddit_reco_recommend_model_users", "Users whose signals are in the model.")
MODEL_ITEMS = Gauge("reddit_reco_recommend_model_items", "Posts that the model knows.")
DEGRADED = Counter(
    "reddit_reco_recommend_degraded_total", "Answers made with the copy, as hide did not answer."
)


def built(seconds: float) -> None:
    """Note that all posts were read."""
    BUILD_SECONDS.set(seconds)


def fresh() -> None:
    """Note that at this moment the posts are the same as in the database."""
    AGE.set_function(Age(datetime.now(UTC)))


def fitted(seconds: float, users: int, items: int) -> None:
    """Note a fit."""
    FITS.inc()
    FIT_SECONDS.set(seconds)
    MODEL_USERS.set(users)
    MODEL_ITEMS.set(items)
    MODEL_AGE.set_function(Age(datetime.now(UTC)))
