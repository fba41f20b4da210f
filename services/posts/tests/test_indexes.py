"""Indexes of several versions of the service, one after the other and side by side."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pymongo.database import Database

from reddit_reco_posts.orders import former, indexes
from reddit_reco_posts.store import PostStore

# The name that 0.1.0 gave its index for `top`.
OLD_TOP = "over_18-_id-c788b007"
Db = Database[dict[str, Any]]


def definitions(database: Db) -> list[str]:
    found = database["posts"].list_indexes()
    return sorted(str((index["key"], index.get("partialFilterExpression"))) for index in found)


def test_an_index_that_another_version_defined_otherwise_stays_beside_ours(database: Db) -> None:
    database["posts"].create_index([("folded.tags", 1), ("created_at", -1), ("_id", -1)])
    PostStore(lambda: database["posts"]).ensure_indexes()
    assert len(definitions(database)) == len(indexes()) + 2


def test_the_same_index_under_another_name_is_not_made_twice(database: Db) -> None:
    database["posts"].create_index([("score", -1), ("_id", -1)])
    PostStore(lambda: database["posts"]).ensure_indexes()
    assert len(definitions(database)) == len(indexes()) + 1


def test_what_a_former_version_made_goes_and_what_another_made_stays(database: Db) -> None:
    database["posts"].create_index([("over_18", 1), ("score", -1), ("_id", -1)], name=OLD_TOP)
    database["posts"].create_index([("source", 1)], name="by-hand")
    database["posts"].create_index([("later", 1)], name="later-_id-00000000")
    PostStore(lambda: database["posts"]).ensure_indexes()
    names = set(database["posts"].index_information())
    assert OLD_TOP not in names
    assert {"by-hand", "later-_id-00000000"} <= names


def test_two_pods_that_start_at_once_both_end_well(database: Db) -> None:
    for name in former():
        database["posts"].create_index([(f"old.{name}", 1)], name=name)
    stores = [PostStore(lambda: database["posts"]) for _ in range(4)]
    with ThreadPoolExecutor(len(stores)) as pool:
        list(pool.map(PostStore.ensure_indexes, stores))
    assert not former() & set(database["posts"].index_information())


def test_making_the_indexes_again_changes_nothing(database: Db) -> None:
    store = PostStore(lambda: database["posts"])
    store.ensure_indexes()
    before = definitions(database)
    store.ensure_indexes()
    assert definitions(database) == before
