"""Hide posts and subreddits from their reader."""

__version__ = "0.1.0"
