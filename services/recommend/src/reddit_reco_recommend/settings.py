"""What this service can be told by environment variables."""

from pydantic import Field

from reddit_reco_synced.hiding import HidingSettings


class RecommendSettings(HidingSettings):
    """The settings of every service that asks hide, and recommend's own."""

    weight_like: float = Field(1.0, ge=0, le=10, description="How much a like counts.")
    weight_tag: float = Field(1.2, ge=0, le=10, description="How much a tag given by hand counts.")
    weight_rule: float = Field(
        0.2, ge=0, le=10, description="How much a tag counts that a rule of the reader gave."
    )
    weight_share: float = Field(1.5, ge=0, le=10, description="How much a share counts.")
    weight_hide: float = Field(
        0.2, ge=0, le=10, description="How much all that a reader hides counts against it."
    )
    diversity: float = Field(
        2.0,
        ge=0,
        le=10,
        description="How much a post in a reader's list waits for what it has in common (tags, "
        "subreddit) with those before it; 0 for not at all.",
    )
    refit_seconds: float = Field(
        60, ge=0.1, le=86_400, description="Least time between two fits of the model, in seconds."
    )
    fit_signals: int = Field(
        2_000_000,
        ge=1_000,
        description="Most signals that the model is fitted with, all verbs together, newest first; "
        "where there are more, each verb has an equal share.",
    )
    commit_seconds: float = Field(
        0.5,
        ge=0.05,
        le=60,
        description="Least time between taking in changes of posts, in seconds.",
    )
    cards_mb: int = Field(
        80,
        ge=0,
        le=100_000,
        description="How much memory posts as lists show them may take, in MB; the others are read "
        "from the database as they are needed.",
    )
    list_seconds: int = Field(
        3_600, ge=60, le=604_800, description="How long a list can be walked, in seconds."
    )
