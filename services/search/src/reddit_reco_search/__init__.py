"""Find posts by words: a full-text index of this service's own copy of the posts."""

__version__ = "0.1.0"
