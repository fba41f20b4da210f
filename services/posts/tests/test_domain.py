from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reddit_reco_posts.domain import (
    PostDeleted,
    PostUnknown,
    PreconditionFailed,
    delete,
    document,
    patch,
    put,
    source_of,
    tombstone,
)

MOMENT = datetime(2013, 6, 9, 2, 54, 42, tzinfo=UTC)
CONTENT: dict[str, Any] = {
    "title": "A title",
    "text": "",
    "url": None,
    "permalink": None,
    "subreddit": "Python",
    "author": None,
    "created_at": MOMENT,
    "score": 1,
    "ups": None,
    "downs": None,
    "num_comments": 0,
    "over_18": False,
    "tags": [],
    "attribution": None,
}
POST = document("reddit:1", CONTENT)
GRAVE = tombstone("reddit:1", MOMENT)
OTHER_VALUES: dict[str, Any] = {
    "title": "Another",
    "text": "x",
    "url": "http://example.com",
    "permalink": "/x",
    "subreddit": "python",
    "author": "x",
    "created_at": MOMENT + timedelta(milliseconds=1),
    "score": 2,
    "ups": 0,
    "downs": 0,
    "num_comments": 1,
    "over_18": True,
    "tags": ["x"],
    "attribution": {"text": "x"},
}


def always(_: str | None) -> bool:
    return True


def never(_: str | None) -> bool:
    return False


def test_the_source_is_what_stands_before_the_first_colon() -> None:
    assert source_of("stackexchange:bicycles.meta:1") == "stackexchange"


def test_every_field_of_the_content_is_in_the_etag() -> None:
    assert set(OTHER_VALUES) == set(CONTENT)
    etags = {document("reddit:1", CONTENT | {name: OTHER_VALUES[name]})["etag"] for name in CONTENT}
    assert len(etags | {POST["etag"]}) == len(CONTENT) + 1


def test_the_etag_depends_on_the_id_and_not_on_the_order_of_keys() -> None:
    assert document("reddit:2", CONTENT)["etag"] != POST["etag"]
    assert document("reddit:1", dict(reversed(CONTENT.items()))) == POST


def test_names_are_folded_for_comparison_and_left_out_where_there_are_none() -> None:
    assert POST["folded"] == {"subreddit": "python"}
    full = document("reddit:1", CONTENT | {"author": "Ann", "tags": ["C++", "async"]})
    assert full["folded"] == {"subreddit": "python", "author": "ann", "tags": ["c++", "async"]}
    assert full["tags"] == ["C++", "async"]


def test_put_stores_what_is_new_and_leaves_what_is_there() -> None:
    changed = document("reddit:1", CONTENT | {"score": 2})
    assert put(None, POST, always) == POST
    assert put(POST, changed, always) == changed
    assert put(POST, POST, always) is None


def test_patch_stores_what_changed() -> None:
    changed = document("reddit:1", CONTENT | {"score": 2})
    assert patch(POST, lambda _: changed, always) == changed
    assert patch(POST, lambda _: POST, always) is None
    with pytest.raises(PostUnknown):
        patch(None, lambda _: changed, always)


def test_a_tombstone_takes_no_writes_and_is_deleted_once() -> None:
    with pytest.raises(PostDeleted):
        put(GRAVE, POST, always)
    with pytest.raises(PostDeleted):
        patch(GRAVE, lambda post: post, always)
    assert delete(GRAVE, tombstone("reddit:1", datetime.now(UTC)), never) is None


def test_delete_leaves_a_tombstone_also_for_a_post_never_seen() -> None:
    assert delete(POST, GRAVE, always) == GRAVE
    assert delete(None, GRAVE, always) == GRAVE


def test_a_condition_is_given_the_stored_etag_and_stops_the_write() -> None:
    seen = []

    def refuse(etag: str | None) -> bool:
        seen.append(etag)
        return False

    with pytest.raises(PreconditionFailed):
        put(POST, POST, refuse)
    with pytest.raises(PreconditionFailed):
        delete(None, GRAVE, refuse)
    assert seen == [POST["etag"], None]
