"""What services can be told that show no hidden post: they ask hide, and have a copy beside."""

from pydantic import Field

from reddit_reco_chassis import Settings


class HidingSettings(Settings):
    """The settings of every service, and those of asking hide."""

    hide_url: str = Field(
        "", description="Where hide answers; empty: only the synced copy is looked at."
    )
    hide_deadline_ms: int = Field(
        80,
        ge=1,
        le=5_000,
        description="How long hide is waited for before the copy is used, in ms.",
    )
