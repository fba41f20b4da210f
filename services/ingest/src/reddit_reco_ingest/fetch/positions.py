"""How far each fetcher is, in ingest's own database."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo.database import Database

Document = dict[str, Any]


class Positions:
    """The collection `fetches`: what is fetched -> how far it is."""

    def __init__(self, database: Database[Document]) -> None:
        self._fetches = database["fetches"]

    def of(self, what: str) -> Document:
        """Where to go on; empty at the first time."""
        found = self._fetches.find_one({"_id": what}) or {}
        state: Document = found.get("state", {})
        return state

    def save(self, what: str, state: Mapping[str, Any]) -> None:
        """Keep it, once everything before is written."""
        entry = {"state": dict(state), "at": datetime.now(UTC)}
        self._fetches.replace_one({"_id": what}, entry, upsert=True)
