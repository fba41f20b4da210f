"""What every service that sync writes to keeps to, as it runs in a pod."""

import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from pymongo.database import Database

from reddit_reco_chassis import Settings

from .process import serving


def serves_tells_how_far_sync_is_and_ends_on_sigterm(
    verb: str,
    stream: str,
    *,
    settings: Settings,
    database: Database[dict[str, Any]],
    eventually: Callable[..., None],
    ask: Callable[[str], None],
) -> None:
    """Run the service; `ask` gets its URL; what it says of `stream` is what its database has."""
    state = {"phase": "tail", "source_time": datetime.now(UTC) - timedelta(minutes=5)}
    database["synced_state"].insert_one({"_id": stream, **state})
    with serving(verb, settings, database.name) as service:
        ask(service.url)
        phase = f'reddit_reco_sync_phase{{phase="tail",stream="{stream}"}} 1.0'
        age = f'reddit_reco_sync_age_seconds{{stream="{stream}"}} 3'
        eventually(lambda: phase in (text := httpx2.get(service.metrics).text) and age in text)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=90) == 0
