"""The browser's side: pages made of what the other services answer in time."""

from .app import make_app

__version__ = "0.1.0"
__all__ = ["__version__", "make_app"]
