"""Users, their sessions, and the tokens that every service believes."""

__version__ = "0.1.0"
