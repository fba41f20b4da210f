"""Each user of the database may do what the table says, and is refused everything else: N x N."""

from typing import Any

import pytest
from harness import Release
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

UNAUTHORIZED = 13


def _databases(release: Release) -> dict[str, str]:
    return {verb: its["database"] for verb, its in release.verbs().items() if its["database"]}


def _may_read(collection: Collection[Any]) -> bool:
    try:
        collection.find_one({"_id": "rights"})
    except OperationFailure as error:
        return _unless_refused(error)
    return True


def _unless_refused(error: OperationFailure) -> bool:
    if error.code != UNAUTHORIZED:
        raise error
    return False


def _may_write(collection: Collection[Any]) -> bool:
    try:
        collection.delete_one({"_id": "rights"})
    except OperationFailure as error:
        return _unless_refused(error)
    return True


def test_a_verb_owns_its_database_and_sees_no_other(release: Release) -> None:
    databases = _databases(release)
    for verb in databases:
        with release.mongo(verb) as mongo:
            for owner, database in databases.items():
                rights = _may_read(mongo[database]["x"]), _may_write(mongo[database]["x"])
                assert rights == ((owner == verb),) * 2, f"{verb} in {database}"


def test_sync_writes_only_what_it_owns_in_a_target(release: Release) -> None:
    with release.mongo("sync") as mongo:
        for verb, its in release.verbs().items():
            if not its["database"]:
                continue
            database = mongo[its["database"]]
            assert not _may_write(database["records"]), verb
            for sync in its.get("syncs") or []:
                assert _may_write(database[sync["collection"]])
                assert _may_write(database["inbox"])
                assert _may_read(mongo[release.verbs()[sync["from"]]["database"]][sync["stream"]])
                assert not _may_write(
                    mongo[release.verbs()[sync["from"]]["database"]][sync["stream"]]
                )


def test_no_user_administers_anything(release: Release) -> None:
    for user in [*_databases(release), "sync"]:
        with release.mongo(user) as mongo, pytest.raises(OperationFailure) as refused:
            mongo.admin.command("createUser", "x", pwd="x", roles=[])
        assert refused.value.code == UNAUTHORIZED
