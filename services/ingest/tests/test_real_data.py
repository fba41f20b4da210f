"""Real dumps, as far as they are here: every post of them is taken."""

import pytest
from backports import zstd


def taken(found):
    return sum(found["counts"][name] for name in ("created", "updated", "unchanged"))


def totals(found):
    return {name: number for name, number in found["counts"].items() if number}


def test_a_thousand_posts_of_mongoexport_are_taken(service, real_data):
    content = (real_data / "reddit-python-1000.mongoexport.json").read_bytes()
    found = service.imported(content, format="mongoexport")
    assert totals(found)["read"] == 1000
    assert taken(found) == 1000
    post = service.post("reddit:1fymy0")
    assert post["title"].startswith("I got a funny error")
    assert (post["subreddit"], post["author"]) == ("Python", "thegnome54")
    assert post["created_at"] == "2013-06-09T02:54:42Z"
    assert (post["score"], post["ups"], post["over_18"]) == (1003, 1204, False)


def test_a_thousand_posts_of_csv_are_taken(service, real_data):
    content = (real_data / "reddit-top-csv" / "Python.csv").read_bytes()
    found = service.imported(content, "Python.csv", format="reddit-top-csv")
    assert totals(found)["read"] == 1000
    assert taken(found) == 1000
    assert service.post("reddit:14ghah")["title"] == "Dropbox Hires Away Google’s Guido Van Rossum"


def test_the_questions_of_a_stack_exchange_site_are_taken(service, real_data):
    content = (real_data / "stackexchange-bicycles-meta" / "Posts.xml").read_bytes()
    found = service.imported(content, "Posts.xml", format="stackexchange-xml", site="bicycles.meta")
    assert totals(found) == {"read": 1446, "created": 453, "skipped": 993}
    post = service.post("stackexchange:bicycles.meta:1")
    assert post["title"] == "Suggest a domain name"
    assert post["attribution"]["licence"].startswith("CC BY-SA")
    assert post["tags"] == ["discussion", "essential-meta-questions"]


def test_the_first_posts_of_400_subreddits_are_taken(service, real_data):
    packed = (real_data / "reddit-top.ndjson.zst").read_bytes()[:4_000_000]
    content = zstd.ZstdDecompressor().decompress(packed)
    whole = zstd.compress(content[: content.rindex(b"\n")])
    found = service.imported(whole, format="reddit-top-csv")
    assert found["counts"]["read"] > 10_000
    assert taken(found) == found["counts"]["read"]


@pytest.mark.long
def test_all_posts_of_400_subreddits_are_taken(service, real_data):
    content = (real_data / "reddit-top.ndjson.zst").read_bytes()
    found = service.ended(service.begin(content, format="reddit-top-csv"), 600)
    assert found["counts"]["read"] == 394_209
    assert taken(found) == 394_209
