"""The pictures of posts, fetched for the reader and made small."""

__version__ = "0.1.0"
