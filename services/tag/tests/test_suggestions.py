from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from reddit_reco_tag.suggesting import History, Tagged, names, suggest
from reddit_reco_tag.words import telling

Arrive = Callable[..., None]


def tagged(title: str, *tags: str, subreddit: str = "misc") -> Tagged:
    return Tagged(frozenset(tags), telling({"title": title, "subreddit": subreddit}))


HISTORY = [
    tagged("Asyncio event loops explained", "concurrency", subreddit="python"),
    tagged("Threads and event loops", "concurrency", subreddit="java"),
    tagged("A pot roast for Sunday", "dinner", subreddit="cooking"),
    tagged("Bread without kneading", "dinner", subreddit="cooking"),
    tagged("Knives worth their price", "dinner", subreddit="cooking"),
]


def top(title: str, subreddit: str = "misc", **options: Any) -> list[str]:
    words = telling({"title": title, "subreddit": subreddit})
    return [each.tag for each in suggest(HISTORY, words, options.get("have", ()), 3)]


def test_the_tag_of_the_posts_most_alike_comes_before_the_one_used_most() -> None:
    assert max(History(HISTORY).most_used().items(), key=lambda pair: pair[1])[0] == "dinner"
    assert top("Why event loops scale") == ["concurrency", "dinner"]
    assert top("Soup", subreddit="cooking") == ["dinner", "concurrency"]


def test_a_post_like_none_gets_the_tags_used_most() -> None:
    (first, *_) = suggest(HISTORY, telling({"title": "Stamps"}), (), 3)
    assert first.tag == "dinner"
    assert first.reason == "One of your tags: you gave it to 3 posts."


def test_a_tag_that_the_post_names_counts_for_more() -> None:
    history = [*HISTORY, tagged("Pumps and spokes", "bike-tours")]
    words = telling({"title": "Sleeping well on a bike tour"})
    (first, *_) = suggest(history, words, (), 3)
    assert first.tag == "bike-tours"
    assert first.reason == "The post says it, and you gave it to 1 post."
    assert names("python", {"r/python"})
    assert not names("...", {"a"})


def test_a_name_counts_as_often_as_it_meant_the_tag_before() -> None:
    said = [tagged(f"A short guide to item{n}", "wheels") for n in range(8)]
    history = [*HISTORY, *said, tagged("Around the world", "guide")]
    words = telling({"title": "A guide to rims"})
    # Eight posts said "guide", and none of them was tagged with it.
    assert [each.tag for each in suggest(history, words, (), 2)] == ["wheels", "guide"]
    # Where nothing is known of it, a name is believed.
    assert suggest([*HISTORY, history[-1]], words, (), 1)[0].tag == "guide"
    assert History(history).meant("guide") < 0.3 < History(HISTORY).meant("guide")


def test_the_reason_names_the_words_that_are_shared() -> None:
    words = telling({"title": "Event loops, again"})
    (first, *_) = suggest(HISTORY, words, (), 1)
    assert first.reason == "You gave it to 2 posts like this one: event, loops."
    assert 0 < first.score <= 1


def test_tags_that_the_post_has_are_not_suggested() -> None:
    assert top("Why event loops scale", have={"concurrency"}) == ["dinner"]


def test_who_tagged_nothing_gets_no_suggestion() -> None:
    assert suggest([], frozenset({"a"}), (), 3) == []


def test_suggestions_over_http_are_learned_from_synced_posts(
    ann: FlaskClient, bob: FlaskClient, arrive: Arrive
) -> None:
    arrive("reddit:1", "Asyncio event loops", subreddit="python")
    arrive("reddit:2", "Pot roast", subreddit="cooking")
    arrive("reddit:3", "Event loops compared", subreddit="java")
    ann.put("/api/v1/tags/reddit:1/Concurrency")
    ann.put("/api/v1/tags/reddit:2/dinner")
    found = ann.get("/api/v1/tags/suggest/reddit:3").get_json()["items"]
    assert [each["tag"] for each in found] == ["Concurrency", "dinner"]
    assert found[0]["score"] > found[1]["score"]
    assert "event" in found[0]["reason"]
    ann.put("/api/v1/tags/reddit:3/concurrency")
    found = ann.get("/api/v1/tags/suggest/reddit:3?limit=1").get_json()["items"]
    assert [each["tag"] for each in found] == ["dinner"]
    assert bob.get("/api/v1/tags/suggest/reddit:3").get_json()["items"] == []


def test_for_a_post_that_sync_has_not_brought_yet_there_are_suggestions_too(
    ann: FlaskClient,
) -> None:
    ann.put("/api/v1/tags/reddit:1/a")
    found = ann.get("/api/v1/tags/suggest/reddit:404").get_json()["items"]
    assert [each["tag"] for each in found] == ["a"]
