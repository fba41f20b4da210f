"""One lazily made MongoDB client a process."""

from functools import cached_property
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from .settings import Settings, SettingsError

Document = dict[str, Any]


class Mongo:
    """This service's own database; the client is made at first use: it does not survive a fork."""

    def __init__(self, settings: Settings) -> None:
        if not settings.mongodb_uri or not settings.mongodb_database:
            raise SettingsError("MONGODB_URI and MONGODB_DATABASE: this service needs a database")
        self._uri = settings.mongodb_uri
        self._name = settings.mongodb_database

    @cached_property
    def client(self) -> "MongoClient[Document]":
        """The client; times are aware and in UTC, writes wait for a majority."""
        return MongoClient(
            self._uri,
            tz_aware=True,
            w="majority",
            # A failover takes a second or two; a request should not wait much longer than that.
            serverSelectionTimeoutMS=8_000,
            connectTimeoutMS=3_000,
            socketTimeoutMS=60_000,
        )

    @property
    def database(self) -> Database[Document]:
        """The service's own database."""
        return self.client[self._name]

    def ping(self) -> None:
        """Raise a PyMongoError unless the database answers."""
        self.database.command("ping")
