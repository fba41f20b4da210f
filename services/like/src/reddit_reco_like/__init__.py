"""Like posts, and count who does."""

__version__ = "0.1.0"
