"""Fixtures that the tests of every service share: a real MongoDB."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from .embedded import mongod


@pytest.fixture(scope="session")
def mongodb_uri() -> Iterator[str]:
    """URI of a real mongod, a replica set of one, that lives as long as the test run."""
    with mongod() as uri:
        yield uri


@pytest.fixture
def database(mongodb_uri: str) -> Iterator[Database[dict[str, Any]]]:
    """An empty database of the test's own."""
    with MongoClient[dict[str, Any]](mongodb_uri, tz_aware=True, w="majority") as client:
        name = f"test_{uuid.uuid4().hex[:12]}"
        yield client[name]
        client.drop_database(name)
