"""Share posts by short links that count their visitors."""

__version__ = "0.1.0"
