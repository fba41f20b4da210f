"""Brings posts in: dumps and exports of many formats, as a service and as a command."""

__version__ = "0.1.0"
