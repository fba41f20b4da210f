"""The follower where the database fails in ways that a test cannot bring about for real."""

import pytest
from pymongo.errors import OperationFailure

from reddit_reco_local.kit.waiting import eventually
from reddit_reco_search.follower import Follower
from reddit_reco_search.index import PostIndex
from reddit_reco_search.store import SearchStore

from .conftest import post


class FailingStore(SearchStore):
    """A store that fails when its changes are asked for the first times."""

    def __init__(self, database, failures):
        super().__init__(lambda: database)
        self.failures = failures
        self.builds = 0

    def posts(self):
        self.builds += 1
        return super().posts()

    def watch(self, after, wait_ms):
        if after is not None and self.failures:
            raise self.failures.pop()
        return super().watch(after, wait_ms)


@pytest.fixture
def follow(tmp_path):
    followers = []

    def followed(store, new_index=None):
        numbers = iter(range(100))

        def usual():
            return PostIndex(tmp_path / f"index-{next(numbers)}", 16)

        follower = Follower(store, new_index or usual, 0.05)
        followers.append(follower)
        follower.start()
        return follower

    yield followed
    for follower in followers:
        follower.stop()


def documents(follower):
    searcher = follower.snapshot()
    return searcher.num_docs if searcher else None


@pytest.mark.parametrize("code", [286, 280, 260])
def test_a_lost_position_makes_it_build_anew(database, follow, tmp_path, code):
    database["synced_posts"].insert_one(post("1", "fox"))
    store = FailingStore(database, [OperationFailure("lost", code)])
    follower = follow(store)
    eventually(lambda: store.builds == 2 and documents(follower) == 1)
    database["synced_posts"].insert_one(post("2", "fox"))
    eventually(lambda: documents(follower) == 2)
    assert [folder.name for folder in tmp_path.glob("index-*")] == ["index-1"]


def test_another_failure_does_not(database, follow):
    database["synced_posts"].insert_one(post("1", "fox"))
    store = FailingStore(database, [OperationFailure("stepped down", 189)])
    follower = follow(store)
    eventually(lambda: not store.failures)
    database["synced_posts"].insert_one(post("2", "fox"))
    eventually(lambda: documents(follower) == 2)
    assert store.builds == 1


def test_a_broken_index_is_replaced_while_the_last_one_answers(database, follow, tmp_path):
    database["synced_posts"].insert_one(post("1", "fox"))
    kinds = [PostIndex]

    class Breaking(PostIndex):
        def remove(self, post_id):
            raise OSError(f"disk full: {post_id}")

    def new_index():
        return kinds.pop()(tmp_path / f"index-{len(kinds)}", 16)

    kinds.append(Breaking)
    follower = follow(FailingStore(database, []), new_index)
    eventually(lambda: documents(follower) == 1)
    database["synced_posts"].replace_one({"_id": "reddit:1"}, post("1", "hare"))
    database["synced_posts"].insert_one(post("2", "fox"))
    eventually(lambda: documents(follower) == 2)
    assert kinds == []
