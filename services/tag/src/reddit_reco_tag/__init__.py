"""Tag posts by hand, by suggestion and by rule."""

__version__ = "0.1.0"
