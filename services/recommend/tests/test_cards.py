"""Cards of posts: read once, kept as long as the change stream vouches for them."""

import pytest

from reddit_reco_local.kit.waiting import eventually
from reddit_reco_recommend.cards import Cards
from reddit_reco_recommend.store import RecommendStore

from .conftest import post


class Counted(RecommendStore):
    """Counts what it is asked to read."""

    read = 0

    def listed(self, ids):
        self.read += len(list(ids))
        return super().listed(ids)


@pytest.fixture
def store(database):
    database["synced_posts"].insert_many([post(str(n), text="x" * 500) for n in range(20)])
    return Counted(lambda: database)


def test_what_was_read_is_kept_as_lists_show_it(store):
    cards = Cards(store, 1_000_000)
    cards.confirm()
    first = cards.listed(["reddit:1", "reddit:2", "reddit:1", "reddit:no"])
    again = cards.listed(["reddit:2", "reddit:1"])
    assert store.read == 3
    assert first == again
    assert list(first) == ["reddit:1", "reddit:2"]
    assert first["reddit:1"]["created_at"] == "2013-06-09T00:00:00Z"
    assert first["reddit:1"]["text"] == "x" * 300
    assert "_gen" not in first["reddit:1"]


def test_what_the_stream_does_not_vouch_for_is_read(store):
    cards = Cards(store, 1_000_000)
    for _ in range(2):
        cards.listed(["reddit:1"])
    assert store.read == 2
    cards.confirm()
    cards.listed(["reddit:1"])
    assert store.read == 2
    cards.clear()
    cards.listed(["reddit:1"])
    assert store.read == 3


def test_a_changed_post_is_shown_as_it_is_and_a_dropped_one_is_read(store):
    cards = Cards(store, 1_000_000)
    cards.confirm()
    cards.listed(["reddit:1", "reddit:2"])
    cards.put(post("1", "new"))
    cards.drop("reddit:2")
    found = cards.listed(["reddit:1", "reddit:2"])
    assert found["reddit:1"]["title"] == "new"
    assert store.read == 3


def test_what_was_read_before_a_change_does_not_replace_what_came_with_it(store):
    cards = Cards(store, 1_000_000)
    cards.confirm()
    reading = store.listed

    def overtaken(ids):
        found = reading(ids)
        cards.put(post("1", "newer"))
        return found

    store.listed = overtaken
    cards.listed(["reddit:1"])
    assert cards.listed(["reddit:1"])["reddit:1"]["title"] == "newer"


def test_cards_take_no_more_room_than_they_may(store):
    cards = Cards(store, 5_000)
    cards.confirm()
    for _ in range(3):
        for number in range(20):
            cards.listed([f"reddit:{number}"])
            cards.put(post(str(100 + number)))
    assert cards.used <= 5_000
    before = store.read
    cards.listed(["reddit:19"])
    assert store.read == before


def test_a_service_asks_its_database_once_for_a_readers_page(start):
    service = start(*[post(str(n), f"snake s{n}", subreddit=f"Sub{n % 9}") for n in range(60)])
    service.like("ann", "1", "2")
    database = service.database

    def asked():
        """What a page asked for, but for what goes on beside it."""
        database.command("profile", 0)
        database["system.profile"].drop()
        database.command("profile", 2)
        service.get(user="ann")
        database.command("profile", 0)
        beside = {"op": {"$nin": ["getmore"]}, "command.profile": None, "command.create": None}
        found = list(database["system.profile"].find(beside))
        written = [each for each in found if each["ns"].endswith((".lists", ".erased"))]
        return [each["command"] for each in found if each not in written]

    eventually(lambda: len(asked()) == 1)
    assert "aggregate" in asked()[0]
