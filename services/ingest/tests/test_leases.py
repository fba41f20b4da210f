"""Who works on an import: leases in a real MongoDB."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from bson import ObjectId
from gridfs import GridFSBucket

from reddit_reco_ingest.domain import Counts, Rejected
from reddit_reco_ingest.files import Uploads
from reddit_reco_ingest.settings import IngestSettings
from reddit_reco_ingest.store import ImportStore, KeyUsed, LeaseLost
from reddit_reco_ingest.worker import Worker

FIELDS = {"format": "hn", "options": {}, "by": "admin", "key": None, "path": "x", "size": 1}


@pytest.fixture
def store(database):
    store = ImportStore(lambda: database, lease_seconds=1)
    store.ensure_indexes()
    return store


@pytest.fixture
def queued(store):
    return store.add(FIELDS, state="queued")


def commit(store, import_id, owner, position, rejected=()):
    counts = Counts(read=1, created=1)
    store.commit(
        import_id, owner, position=position, offset=7, counts=counts, rejected=list(rejected)
    )


def test_only_one_of_many_gets_an_import(store, queued):
    together = threading.Barrier(8)

    def claim(number):
        together.wait()
        return store.claim(f"owner{number}")

    with ThreadPoolExecutor(8) as pool:
        claims = [found for found in pool.map(claim, range(8)) if found]
    assert [found["_id"] for found in claims] == [queued]


def test_the_oldest_import_is_claimed_first(store):
    made = [store.add(FIELDS, state="queued") for _ in range(3)]
    assert [store.claim("me")["_id"] for _ in made] == made
    assert store.claim("me") is None


def test_a_lease_that_is_kept_is_nobody_else_s(store, queued):
    store.claim("me")
    for _ in range(4):
        time.sleep(0.4)
        store.renew(queued, "me")
        assert store.claim("other") is None


def test_a_lease_that_ran_out_is_taken_over_and_its_holder_stopped(store, queued):
    store.claim("me")
    commit(store, queued, "me", 10)
    time.sleep(1.1)
    assert store.claim("other")["position"] == 10
    for late in (
        lambda: commit(store, queued, "me", 20),
        lambda: store.renew(queued, "me"),
        lambda: store.finish(queued, "me", state="done", reason=None),
        lambda: store.release(queued, "me", attempts=0),
    ):
        with pytest.raises(LeaseLost):
            late()
    found = store.find(queued)
    assert (found["state"], found["position"], found["counts"]["read"]) == ("running", 10, 1)


def test_a_lease_that_is_given_back_is_taken_at_once(store, queued):
    store.claim("me")
    store.release(queued, "me", attempts=3)
    assert store.claim("other")["attempts"] == 4


def test_attempts_are_counted_until_there_is_progress(store, queued):
    for attempt in (1, 2):
        assert store.claim("me")["attempts"] == attempt
        time.sleep(1.1)
    assert store.claim("me")["attempts"] == 3
    commit(store, queued, "me", 1)
    time.sleep(1.1)
    assert store.claim("me")["attempts"] == 1


def test_an_import_that_comes_to_nothing_again_and_again_is_given_up(store, queued, database):
    database["imports"].update_one({"_id": queued}, {"$set": {"attempts": 20}})
    worker = Worker(IngestSettings(posts_url="http://x"), store, Uploads(lambda: database))
    worker._attempt(store.claim("me"), "me")
    found = store.find(queued)
    assert found["state"] == "failed"
    assert "20 attempts" in found["reason"]


def test_a_cancelled_import_is_its_worker_s_no_more(store, queued):
    store.claim("me")
    store.cancel(queued)
    with pytest.raises(LeaseLost):
        commit(store, queued, "me", 1)
    assert store.find(queued)["state"] == "cancelled"


def test_what_is_rejected_twice_is_kept_once(store, queued):
    store.claim("me")
    rejected = [(3, Rejected("why", "id", "{")), (12, Rejected("$why", None, "[]"))]
    commit(store, queued, "me", 20, rejected)
    commit(store, queued, "me", 20, rejected)
    assert store.rejected_kept(queued) == 2
    assert [one["line"] for one in store.rejected(queued, 0)] == [3, 12]
    assert [one["reason"] for one in store.rejected(queued, 3)] == ["$why"]


def test_names_that_look_like_the_database_s_language_are_names(store):
    made = store.add({**FIELDS, "path": "$name", "by": "$$NOW"}, state="queued")
    found = store.find(made)
    assert (found["path"], found["by"]) == ("$name", "$$NOW")
    store.claim("me")
    store.finish(made, "me", state="failed", reason="$reason")
    assert store.find(made)["reason"] == "$reason"


def test_a_key_is_one_import_s_however_many_ask_at_once(store):
    fields = {**FIELDS, "key": "k"}

    def add(_):
        try:
            return store.add(fields, state="queued")
        except KeyUsed as error:
            return error.document["_id"]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(add, range(8)))) == 1
    assert store.add({**fields, "by": "other"}, state="queued")


def test_files_are_deleted_when_no_import_needs_them(store, database):
    uploads = Uploads(lambda: database)
    states = (
        "done",
        "cancelled",
        "failed",
        "failed long ago",
        "uploading",
        "broken off",
        "running",
    )
    made = {}
    for state in states:
        sink = uploads.sink("x", lambda: None)
        sink.write(b"x")
        sink.finish()
        made[state] = store.add(FIELDS, state="uploading")
        database["imports"].update_one(
            {"_id": made[state]}, {"$set": {"state": state.split()[0], "upload_id": sink.id}}
        )
    long_ago = ObjectId("0" * 24).generation_time
    database["imports"].update_many({"state": "failed"}, [{"$set": {"finished_at": "$$NOW"}}])
    for state, change in (
        ("failed long ago", {"finished_at": long_ago}),
        ("broken off", {"state": "uploading", "lease.until": long_ago}),
    ):
        database["imports"].update_one({"_id": made[state]}, {"$set": change})
    Worker(IngestSettings(posts_url="http://x"), store, uploads).clean()
    kept = {one["_id"] for one in database["imports"].find({"upload_id": {"$exists": True}})}
    assert kept == {made[state] for state in ("failed", "uploading", "running")}
    assert database["uploads.chunks"].count_documents({}) == 3
    assert database["uploads.files"].count_documents({}) == 3
    # Nothing else is known of an upload that was broken off.
    assert database["imports"].find_one({"_id": made["broken off"]}) is None
    assert store.find(made["done"])["state"] == "done"


def test_uploads_are_gridfs_as_others_know_it(database):
    uploads = Uploads(lambda: database)
    uploads.ensure_indexes()
    content = bytes(range(256)) * 10_000
    sink = uploads.sink("name", lambda: None)
    for start in range(0, len(content), 70_000):
        sink.write(content[start : start + 70_000])
    sink.finish()
    assert GridFSBucket(database, "uploads").open_download_stream(sink.id).read() == content
    reader = uploads.source(sink.id)
    assert b"".join(iter(lambda: reader.read(100_000), b"")) == content
