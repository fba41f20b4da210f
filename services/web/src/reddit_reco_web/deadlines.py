"""Until when an answer must be done."""

from flask import current_app, g, request

from .backends import Deadline
from .settings import WebSettings


def deadline() -> Deadline:
    """When this answer must be done: all its calls share it. What changes something may wait."""
    if "deadline" not in g:
        settings: WebSettings = current_app.config["WEB"]
        reads = request.method in ("GET", "HEAD")
        g.deadline = Deadline(settings.fan_out_seconds if reads else settings.act_seconds)
    found: Deadline = g.deadline
    return found
