"""Indexes of several versions of the service, one after the other and side by side."""

from typing import Any

from pymongo.database import Database

from reddit_reco_posts.store import PostStore, indexes

Db = Database[dict[str, Any]]


def definitions(database: Db) -> list[str]:
    found = database["posts"].list_indexes()
    return sorted(str((index["key"], index.get("partialFilterExpression"))) for index in found)


def test_an_index_that_another_version_defined_otherwise_stays_beside_ours(database: Db) -> None:
    database["posts"].create_index([("folded.tags", 1), ("created_at", -1), ("_id", -1)])
    PostStore(lambda: database["posts"]).ensure_indexes()
    assert len(definitions(database)) == len(indexes()) + 2


def test_the_same_index_under_another_name_is_not_made_twice(database: Db) -> None:
    database["posts"].create_index([("source", 1)])
    PostStore(lambda: database["posts"]).ensure_indexes()
    assert len(definitions(database)) == len(indexes()) + 1


def test_making_the_indexes_again_changes_nothing(database: Db) -> None:
    store = PostStore(lambda: database["posts"])
    store.ensure_indexes()
    before = definitions(database)
    store.ensure_indexes()
    assert definitions(database) == before
