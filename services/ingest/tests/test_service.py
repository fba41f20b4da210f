"""The service over HTTP, with real posts and a real MongoDB behind it."""

import gzip
import json
import os
from datetime import datetime

import httpx2
import pytest
from backports import zstd
from openapi_spec_validator import validate


def counts(found, *names):
    return tuple(found["counts"][name] for name in names)


def field_of(response):
    problem = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    return problem["errors"][0]["field"]


def test_an_upload_is_accepted_followed_and_done(service, lines):
    response = service.create(lines(3, "whole"), "posts.ndjson")
    assert response.status_code == 202
    location = response.headers["Location"]
    assert response.json()["_links"]["self"]["href"] == location
    service.ended(location)
    done = service.client.get(location)
    assert done.status_code == 303
    result = service.client.get(done.headers["Location"])
    assert result.status_code == 200
    assert result.json()["state"] == "done"
    assert result.json()["name"] == "posts.ndjson"
    assert counts(result.json(), "read", "created", "updated", "rejected") == (3, 3, 0, 0)
    assert (result.json()["progress"], result.json()["reason"]) == (1.0, None)
    started, ended = (result.json()[name] for name in ("started_at", "finished_at"))
    assert datetime.fromisoformat(started) <= datetime.fromisoformat(ended)
    assert service.post("reddit:whole2")["title"] == "Post 2"


def test_the_same_file_twice_changes_nothing(service, lines):
    first = service.imported(lines(5, "twice"))
    before = service.posts.get("/api/v1/posts/reddit:twice1").headers["ETag"]
    second = service.imported(lines(5, "twice"))
    assert counts(first, "created", "updated") == (5, 0)
    assert counts(second, "read", "created", "updated", "unchanged") == (5, 0, 0, 5)
    assert service.posts.get("/api/v1/posts/reddit:twice1").headers["ETag"] == before


def test_two_imports_run_at_once(service, lines):
    locations = [service.begin(lines(4_000, f"both{one}")) for one in range(2)]
    found = [service.ended(location) for location in locations]
    assert [counts(one, "read", "created", "rejected") for one in found] == [(4_000, 4_000, 0)] * 2


@pytest.mark.parametrize("pack", [zstd.compress, gzip.compress])
def test_compressed_files_are_imported_whatever_their_name(service, lines, pack):
    found = service.imported(pack(lines(3, f"packed{pack.__module__}")), "posts.ndjson")
    assert counts(found, "read", "created") == (3, 3)


def test_a_raw_body_is_a_file_too(service, lines):
    headers = {"Content-Type": "application/octet-stream"}
    query = {"format": "arctic-shift", "subreddit": "cats"}
    response = service.client.post(
        "/api/v1/imports", params=query, content=lines(2, "raw"), headers=headers
    )
    assert response.status_code == 202
    assert counts(service.ended(response.headers["Location"]), "created") == (2,)
    assert service.post("reddit:raw0")["subreddit"] == "cats"


def test_chunked_uploads_are_taken(service, lines):
    query = {"format": "arctic-shift"}
    content = iter([lines(2, "chunked"), lines(2, "chunks")])
    response = service.client.post("/api/v1/imports", params=query, content=content)
    assert counts(service.ended(response.headers["Location"]), "created") == (4,)


def test_an_upload_of_many_chunks_arrives_whole(service, lines):
    content = lines(600, "large", text=os.urandom(4_000).hex())
    assert len(content) > 4 * 1024 * 1024
    assert counts(service.imported(content), "read", "created") == (600, 600)


def test_a_file_on_the_mounted_folder_is_imported(service, lines):
    (service.folder / "dumps").mkdir(exist_ok=True)
    (service.folder / "dumps" / "cats.ndjson").write_bytes(lines(2, "folder"))
    response = service.client.post(
        "/api/v1/imports", params={"format": "arctic-shift"}, json={"path": "dumps/cats.ndjson"}
    )
    assert response.status_code == 202
    assert counts(service.ended(response.headers["Location"]), "created") == (2,)


@pytest.mark.parametrize(
    "path", ["../outside", "/etc/passwd", "link", "dumps", "nowhere", "a\0b", "", "x" * 2_000]
)
def test_a_path_that_is_no_file_below_the_folder_is_refused(service, tmp_path, path):
    (service.folder.parent / "outside").write_text("secret")
    link = service.folder / "link"
    if not link.is_symlink():
        link.symlink_to(service.folder.parent / "outside")
    response = service.client.post(
        "/api/v1/imports", params={"format": "arctic-shift"}, json={"path": path}
    )
    assert response.status_code == 400
    assert field_of(response) == "path"
    assert "secret" not in response.text


def test_an_empty_file_is_refused(service):
    response = service.create(b"")
    assert response.status_code == 400
    assert field_of(response) == "file"
    (service.folder / "empty").touch()
    response = service.client.post("/api/v1/imports?format=hn", json={"path": "empty"})
    assert (response.status_code, field_of(response)) == (400, "path")


@pytest.mark.parametrize("query", ["", "?format=", "?format=nonsense"])
def test_an_unknown_format_is_refused_however_large_the_file(service, query):
    files = {"file": ("x", b"x" * 20_000_000)}
    response = service.client.post(f"/api/v1/imports{query}", files=files)
    assert response.status_code == 400
    assert field_of(response) == "format"
    # The connection is still good.
    assert service.client.get("/healthz").status_code == 200


def test_a_form_without_a_file_or_with_two_is_refused(service):
    for files in ([("text", (None, "text"))], [("a", ("a", b"a")), ("b", ("b", b"b"))]):
        response = service.client.post("/api/v1/imports?format=hn", files=files)
        assert response.status_code == 400
        assert field_of(response) == "file"


def test_a_form_that_is_cut_short_is_refused(service):
    content = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ntext'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    response = service.client.post("/api/v1/imports?format=hn", content=content, headers=headers)
    assert response.status_code == 400
    assert field_of(response) == "file"


def test_a_file_that_is_too_large_is_refused(service):
    content = b"x" * (64 * 1024 * 1024 + 1)
    response = service.create(content)
    assert response.status_code == 413
    assert field_of(response) == "file"
    headers = {"Content-Type": "application/octet-stream"}
    pieces = iter([content[:1_000_000]] * 70)
    response = service.client.post("/api/v1/imports?format=hn", content=pieces, headers=headers)
    assert response.status_code == 413


def test_refused_uploads_leave_nothing_behind(service, mongo_of):
    database = mongo_of(service)
    before = database["uploads.chunks"].estimated_document_count()
    service.create(b"x" * (66 * 1024 * 1024))
    service.create(b"")
    assert database["uploads.chunks"].count_documents({}) == before
    assert database["imports"].count_documents({"state": "uploading"}) == 0


def test_done_imports_leave_no_file_behind(service, mongo_of, lines):
    service.imported(lines(10, "tidy"), "tidy.ndjson")
    database = mongo_of(service)
    tidy = {"state": "done", "name": "tidy.ndjson"}
    assert database["imports"].find_one(tidy)
    # It is done a moment before its file is gone.
    with_file = {**tidy, "upload_id": {"$exists": True}}
    service.wait_until(lambda: not database["imports"].find_one(with_file))
    assert not database["uploads.files"].find_one({"filename": "tidy.ndjson"})


def test_bad_lines_are_kept_with_their_reasons_and_the_others_taken(service, record):
    rows = [
        json.dumps(record(id="fine1")).encode(),
        b'{"id": "a", "title": "\xff"}',
        json.dumps(record(id="a/b")).encode(),
        json.dumps(record(id="nan", created_utc=float("nan"))).encode(),
        json.dumps(record(id="long", selftext="x" * 20_000_000)).encode(),
        json.dumps(record(id="title", title="x" * 3_000)).encode(),
        json.dumps(record(id="fine2", title="<script>alert(1)</script>")).encode(),
    ]
    found = service.imported(b"\n".join(rows))
    assert found["state"] == "done"
    assert counts(found, "read", "created", "rejected") == (7, 2, 5)
    rejected = service.rejected(found)
    assert [one["line"] for one in rejected] == [2, 3, 4, 5, 6]
    assert [one["field"] for one in rejected] == [None, "id", "created_utc", None, "title"]
    assert service.post("reddit:fine2")["title"] == "<script>alert(1)</script>"
    lines = service.client.get(found["_links"]["rejected_ndjson"]["href"])
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    assert "attachment" in lines.headers["Content-Disposition"]
    assert [json.loads(line) for line in lines.text.splitlines()] == rejected


def test_rejected_records_come_page_by_page_and_only_the_first_are_kept(service):
    found = service.imported(b"nonsense\n" * 400)
    assert found["state"] == "done"
    assert counts(found, "read", "rejected") == (400, 400)
    seen, target = [], found["_links"]["rejected"]["href"] + "?limit=40"
    while target:
        page = service.client.get(target).json()
        assert page["rejected"] == 400
        seen += [one["line"] for one in page["items"]]
        target = page["_links"].get("next", {}).get("href")
    assert seen == list(range(1, 151))


def test_a_truncated_file_fails_and_what_was_read_is_kept(service, lines):
    packed = zstd.compress(lines(20_000, "half"))
    found = service.imported(packed[: len(packed) // 2])
    assert found["state"] == "failed"
    assert "cut short" in found["reason"]
    read, created = counts(found, "read", "created")
    assert 0 < read == created < 20_000
    assert service.post(f"reddit:half{read - 1}")
    assert service.client.get(f"{found['_links']['self']['href']}/result").status_code == 404


def test_a_failed_import_goes_on_where_it_stopped(service, lines):
    packed = zstd.compress(lines(9_000, "mended"))
    file = service.folder / "mended.zst"
    file.write_bytes(packed[: len(packed) // 2])
    response = service.client.post("/api/v1/imports?format=arctic-shift", json={"path": file.name})
    failed = service.ended(response.headers["Location"])
    assert failed["state"] == "failed"
    file.write_bytes(packed)
    response = service.client.post(failed["_links"]["resume"]["href"])
    assert response.status_code == 202
    found = service.ended(response.headers["Location"])
    assert counts(found, "read", "created", "updated") == (9_000, 9_000, 0)
    assert service.client.post(failed["_links"]["resume"]["href"]).status_code == 409


def test_a_window_beyond_the_setting_fails_and_names_it(service, lines):
    options = {
        zstd.CompressionParameter.window_log: 30,
        zstd.CompressionParameter.content_size_flag: 0,
    }
    compressor = zstd.ZstdCompressor(options=options)
    packed = compressor.compress(lines(10, "window")) + compressor.flush()
    found = service.imported(packed)
    assert found["state"] == "failed"
    assert "ZSTD_WINDOW_BYTES" in found["reason"]


def test_a_zip_bomb_fails(service):
    found = service.imported(zstd.compress(bytes(512 * 1024 * 1024)))
    assert found["state"] == "failed"
    assert "zip bomb" in found["reason"]


def test_xml_with_entities_fails(service):
    content = b'<!DOCTYPE posts [<!ENTITY x SYSTEM "file:///etc/passwd">]><posts></posts>'
    found = service.imported(content, "Posts.xml", format="stackexchange-xml", site="x")
    assert found["state"] == "failed"
    assert "DOCTYPE" in found["reason"]


def test_a_stack_exchange_file_needs_its_site(service):
    response = service.create(b"<posts></posts>", "Posts.xml", format="stackexchange-xml")
    assert response.status_code == 400
    assert field_of(response) == "site"


def test_posts_that_were_deleted_later_are_deleted_here_too(service, record):
    first = record(id="regret", title="Said too much")
    service.imported(json.dumps(first).encode())
    assert service.post("reddit:regret")
    first["_meta"] = {"was_deleted_later": True}
    found = service.imported(json.dumps(first).encode())
    assert counts(found, "read", "deleted") == (1, 1)
    assert service.posts.get("/api/v1/posts/reddit:regret").status_code == 410
    del first["_meta"]
    again = service.imported(json.dumps(first).encode())
    assert counts(again, "rejected") == (1,)
    assert "deleted" in service.rejected(again)[0]["reason"]


def test_the_later_of_two_records_of_a_post_wins(service, record):
    rows = [record(id="versions", score=score) for score in range(20)]
    found = service.imported(b"\n".join(json.dumps(row).encode() for row in rows))
    assert counts(found, "read", "created", "updated", "unchanged") == (20, 1, 19, 0)
    assert service.post("reddit:versions")["score"] == 19


def test_an_idempotency_key_makes_one_import(service, lines):
    first = service.create(lines(2, "key"), key="a-key")
    again = service.create(lines(2, "key"), key="a-key")
    assert again.status_code == 202
    assert again.headers["Location"] == first.headers["Location"]
    other = service.create(lines(2, "key"), key="a-key", format="mongoexport")
    assert other.status_code == 422
    assert field_of(other) == "Idempotency-Key"
    assert service.create(lines(2, "key"), key="x" * 300).status_code == 400


def test_an_import_is_cancelled(service, lines):
    location = service.begin(lines(40_000, "stop"))
    assert service.client.delete(location).status_code == 204
    found = service.ended(location)
    assert found["state"] == "cancelled"
    assert found["counts"]["read"] < 40_000
    assert service.client.delete(location).status_code == 204


def test_cancelling_leaves_a_done_import_as_it_is(service, lines):
    location = service.begin(lines(1, "late"))
    service.ended(location)
    assert service.client.delete(location).status_code == 204
    assert service.at(location)["state"] == "done"


@pytest.mark.parametrize("rest", ["", "/result", "/rejected", "/rejected.ndjson"])
def test_an_unknown_import_is_not_found(service, rest):
    response = service.client.get(f"/api/v1/imports/nope{rest}")
    assert response.status_code == 404
    assert response.json()["type"].endswith("import-not-found")


def test_imports_are_listed_the_newest_first(service, lines):
    made = [service.begin(lines(1, f"list{one}")).rpartition("/")[2] for one in range(3)]
    page = service.client.get("/api/v1/imports?limit=2").json()
    more = service.client.get(page["_links"]["next"]["href"]).json()
    found = [one["id"] for one in page["items"] + more["items"]]
    assert found[:3] == made[::-1]
    for location in made:
        service.ended(f"/api/v1/imports/{location}")
    states = service.client.get("/api/v1/imports?state=done&limit=5").json()["items"]
    assert {one["state"] for one in states} == {"done"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1e9", "limit"),
        ("cursor=forged", "cursor"),
        ("state=x", "state"),
    ],
)
def test_a_bad_list_query_names_its_field(service, query, field):
    response = service.client.get(f"/api/v1/imports?{query}")
    assert response.status_code == 400
    assert field_of(response) == field


def test_everything_needs_a_token(service):
    with httpx2.Client(base_url=service.stack.url("ingest")) as client:
        for method, path in [("POST", ""), ("GET", ""), ("GET", "/x"), ("DELETE", "/x")]:
            target = f"/api/v1/imports{path}?format=hn"
            assert client.request(method, target).status_code == 401


def test_a_stranger_s_large_upload_is_refused_before_it_is_stored(service, mongo_of):
    before = mongo_of(service)["uploads.chunks"].count_documents({})
    with httpx2.Client(base_url=service.stack.url("ingest")) as client:
        response = client.post("/api/v1/imports?format=hn", files={"file": ("x", b"x" * 900_000)})
    assert response.status_code == 401
    assert mongo_of(service)["uploads.chunks"].count_documents({}) == before


def test_metrics_count_records_and_imports(service, lines):
    service.imported(lines(2, "metric") + b"nonsense\n")
    url = f"http://127.0.0.1:{service.stack.metrics_ports['ingest']}/metrics"
    text = httpx2.get(url).text
    assert 'reddit_reco_ingest_records_total{format="arctic-shift",result="created"}' in text
    assert 'reddit_reco_ingest_records_total{format="arctic-shift",result="rejected"}' in text
    assert 'reddit_reco_ingest_imports{state="done"}' in text


def test_the_api_describes_itself(service):
    document = service.client.get("/openapi.json").json()
    validate(document)
    assert "$defs" not in str(document)
    create = document["paths"]["/api/v1/imports"]["post"]
    assert set(create["requestBody"]["content"]) == {
        "multipart/form-data",
        "application/octet-stream",
        "application/json",
    }
    assert create["security"] == [{"bearer": []}]
