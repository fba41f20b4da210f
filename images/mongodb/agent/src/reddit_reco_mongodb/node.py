"""One mongod, asked directly whatever its state, never through the replica set."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from .settings import Credentials

Document = dict[str, Any]

STATES = {
    0: "STARTUP",
    1: "PRIMARY",
    2: "SECONDARY",
    3: "RECOVERING",
    5: "STARTUP2",
    6: "UNKNOWN",
    7: "ARBITER",
    8: "DOWN",
    9: "ROLLBACK",
    10: "REMOVED",
}


class Node:
    """A mongod at `address` (host:port), logged in or not. Every call has a time limit."""

    def __init__(self, address: str, credentials: Credentials | None = None) -> None:
        self.address = address
        self._credentials = credentials

    @cached_property
    def _client(self) -> "MongoClient[Document]":
        login: Document = {}
        if self._credentials:
            login = {
                "username": self._credentials.username,
                "password": self._credentials.password,
                "authSource": "admin",
                "authMechanism": "SCRAM-SHA-256",
            }
        return MongoClient(
            f"mongodb://{self.address}/",
            directConnection=True,
            serverSelectionTimeoutMS=2_000,
            connectTimeoutMS=2_000,
            socketTimeoutMS=30_000,
            appname="reddit-reco-mongodb-agent",
            **login,
        )

    def run(self, command: str, value: Any = 1, /, **arguments: Any) -> Document:
        """Run an admin command.

        Raises:
            PyMongoError: mongod is not there, or refuses.
        """
        answer: Document = self._client.admin.command(command, value, **arguments)
        return answer

    def hello(self) -> Document:
        """What mongod says of itself; needs no login."""
        return self.run("hello")

    def answers(self) -> Document | None:
        """`hello`, or None where nobody answers."""
        try:
            return self.hello()
        except PyMongoError:
            return None


def state_of(hello: Mapping[str, Any]) -> str:
    """A member's state in a word, as far as `hello` tells it."""
    if hello.get("isWritablePrimary"):
        return "PRIMARY"
    if hello.get("secondary"):
        return "SECONDARY"
    return "RECOVERING" if hello.get("setName") else "not initiated"
