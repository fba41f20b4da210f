"""What this service can be told by environment variables."""

from reddit_reco_chassis import Settings


class PostsSettings(Settings):
    """The settings of every service; posts needs none of its own."""
