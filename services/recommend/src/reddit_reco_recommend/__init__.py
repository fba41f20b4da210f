"""Recommend posts: by what people like, tag, share and hide, by topic, by likeness."""

__version__ = "0.1.0"
