"""Feedback through the service: who may import what, and what the verbs then have."""

import io
import json
import subprocess
import sys
import zipfile

import httpx2
import pytest

TIME = "2014-05-06T07:08:09Z"


def a_zip(votes, saved="", hidden=""):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("post_votes.csv", "id,permalink,direction\n" + votes)
        archive.writestr("saved_posts.csv", "id,permalink\n" + saved)
        archive.writestr("hidden_posts.csv", "id,permalink\n" + hidden)
    return whole.getvalue()


def lines(*rows):
    return "".join(json.dumps({"time": TIME, **row}) + "\n" for row in rows).encode()


@pytest.fixture
def as_user(service):
    """A client of a service with the token of a user."""
    clients = []

    def make(name, verb="ingest", scope=""):
        headers = {"Authorization": f"Bearer {service.stack.token(scope, f'user:{name}')}"}
        clients.append(httpx2.Client(base_url=service.stack.url(verb), headers=headers, timeout=60))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def upload(client, content, form="reddit-export", name="export.zip"):
    url = f"/api/v1/imports?format={form}"
    return client.post(url, files={"file": (name, content)})


def ended(service, client, response):
    assert response.status_code == 202, response.text
    at = response.headers["Location"]
    service.wait_until(lambda: client.get(at).json()["state"] not in ("queued", "running"))
    return client.get(at)


def test_an_export_becomes_the_importer_s_own_likes_tags_and_hidden_posts(service, as_user):
    me = as_user("exp")
    found = ended(service, me, upload(me, a_zip("1a,,up\n2b,,down\nX,,up\n", "3c,\n", "4d,\n")))
    assert found.status_code == 303
    result = me.get(found.headers["Location"]).json()
    assert (result["state"], result["by"], result["progress"]) == ("done", "user:exp", 1.0)
    counts = result["counts"]
    assert (counts["read"], counts["created"], counts["skipped"]) == (5, 3, 1)
    assert counts["rejected"] == 1
    likes = as_user("exp", "like").get("/api/v1/likes").json()["items"]
    assert [like["post"] for like in likes] == ["reddit:1a"]
    tagged = as_user("exp", "tag").get("/api/v1/tags/saved/posts").json()["items"]
    assert [each["post"] for each in tagged] == ["reddit:3c"]
    assert as_user("exp", "hide").get("/api/v1/hidden/all").json()["posts"] == ["reddit:4d"]
    again = ended(service, me, upload(me, a_zip("1a,,up\n")))
    assert again.json()["counts"]["unchanged"] == 1


def test_feedback_reaches_every_verb_with_its_time(service, as_user):
    rows = [
        {"user": "fb", "verb": "like", "post": "hn:1"},
        {"user": "fb", "verb": "hide", "post": "hn:2"},
        {"user": "fb", "verb": "tag", "post": "hn:3", "value": "later"},
        {"user": "fb", "verb": "share", "post": "hn:4"},
        {"user": "fb", "verb": "tag", "post": "hn:5", "value": "not a tag"},
        {"user": "fb", "verb": "like", "post": "hn:6", "time": "2090-01-01T00:00:00Z"},
    ]
    found = service.imported(lines(*rows), "feedback.jsonl", format="feedback")
    assert (found["state"], found["counts"]["created"]) == ("done", 4)
    fields = [(each["line"], each["field"]) for each in service.rejected(found)]
    assert fields == [(5, "value"), (6, "at")]
    for verb, path in [("like", "likes"), ("hide", "hidden"), ("share", "shares")]:
        (item,) = as_user("fb", verb).get(f"/api/v1/{path}").json()["items"]
        assert item["at"] == TIME
    (item,) = as_user("fb", "tag").get("/api/v1/tags/later/posts").json()["items"]
    assert (item["post"], item["at"]) == ("hn:3", TIME)


def test_feedback_of_an_erased_user_is_rejected(service, mongo_of):
    mongo_of(service, "like")["erased"].insert_one({"_id": "user:gone"})
    row = {"user": "gone", "verb": "like", "post": "hn:1"}
    found = service.imported(lines(row), "f.jsonl", format="feedback")
    assert found["counts"]["rejected"] == 1
    assert "erased" in service.rejected(found)[0]["reason"]


def test_only_admins_import_feedback_and_only_operators_posts_or_paths(service, as_user):
    me, operator = as_user("who"), as_user("op", scope="posts:write")
    assert upload(me, b"{}", "feedback").json()["scope"] == "admin"
    assert upload(operator, b"{}", "feedback").status_code == 403
    assert upload(me, b"{}", "hn").json()["scope"] == "posts:write"
    (service.folder / "post_votes.csv").write_text("id,direction\n1a,up\n")
    body = {"path": "post_votes.csv"}
    response = me.post("/api/v1/imports?format=reddit-export", json=body)
    assert (response.status_code, response.json()["scope"]) == (403, "posts:write")


def test_an_import_of_somebody_else_is_not_there(service, as_user):
    me, other = as_user("own"), as_user("other", scope="posts:write")
    at = upload(me, a_zip("X,,up\n")).headers["Location"]
    service.wait_until(lambda: me.get(at).json()["state"] == "done")
    for path in ("", "/result", "/rejected", "/rejected.ndjson"):
        assert me.get(at + path).status_code in (200, 303)
        assert other.get(at + path).status_code == 404
        assert service.client.get(at + path).status_code in (200, 303)
    assert other.post(f"{at}/resume").status_code == 404
    assert other.delete(at).status_code == 404
    mine = me.get("/api/v1/imports").json()["items"]
    assert [one["_links"]["self"]["href"] for one in mine] == [at]
    assert other.get("/api/v1/imports").json()["items"] == []
    assert at.rpartition("/")[2] in service.client.get("/api/v1/imports?limit=100").text


def test_a_hostile_zip_fails_with_its_reason(service, as_user):
    me = as_user("bomb")
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("post_votes.csv", bytes(64 * 2**20))
    found = ended(service, me, upload(me, whole.getvalue())).json()
    assert (found["state"], found["counts"]["read"]) == ("failed", 0)
    assert "zip bomb" in found["reason"]


def test_a_user_keeps_three_files_at_most_and_can_delete_them(service, as_user):
    me = as_user("many")
    made = [ended(service, me, upload(me, b"nonsense")).json() for _ in range(3)]
    refused = upload(me, b"nonsense")
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    assert me.delete(made[0]["_links"]["self"]["href"]).status_code == 204
    assert upload(me, b"nonsense").status_code == 202


def test_an_erased_user_s_imports_go_and_none_is_taken_any_more(service, as_user, mongo_of):
    me, database = as_user("leaving"), mongo_of(service)
    at = ended(service, me, upload(me, a_zip("X,,up\n"))).json()["_links"]["self"]["href"]
    import_id = at.rpartition("/")[2]
    assert database["rejected"].count_documents({"_id": {"$regex": f"^{import_id}"}}) == 1
    database["inbox"].insert_one({"_id": "user:leaving", "at": None})
    service.wait_until(lambda: database["imports"].find_one({"by": "user:leaving"}) is None)
    service.wait_until(
        lambda: database["erased"].find_one({"_id": "user:leaving", "done": True}) is not None
    )
    assert database["rejected"].count_documents({"_id": {"$regex": f"^{import_id}"}}) == 0
    assert upload(me, a_zip("1a,,up\n")).status_code == 403


def test_an_interrupted_import_of_feedback_goes_on_and_counts_nothing_twice(service):
    rows = [{"user": f"r{n % 50}", "verb": "like", "post": f"hn:r{n}"} for n in range(30_000)]
    at = service.begin(lines(*rows), "feedback.jsonl", format="feedback")
    service.wait_until(lambda: service.at(at)["counts"]["read"] > 0)
    service.kill("ingest", 9)
    service.start()
    found = service.ended(at, 120)
    counts = found["counts"]
    assert (found["state"], counts["read"], counts["rejected"]) == ("done", 30_000, 0)
    assert counts["created"] + counts["unchanged"] == 30_000


def test_the_command_imports_feedback_and_an_export(service, as_user, tmp_path):
    (tmp_path / "token").write_text(service.stack.token("feedback:write", "service:ingest"))
    (tmp_path / "f.jsonl").write_bytes(lines({"user": "cmd", "verb": "like", "post": "hn:1"}))
    (tmp_path / "export.zip").write_bytes(a_zip("1a,,up\n", "1a,\n"))

    def command(file, *more):
        environment = {
            f"{verb.upper()}_URL": service.stack.url(verb)
            for verb in ("like", "hide", "tag", "share")
        }
        arguments = [sys.executable, "-m", "reddit_reco_ingest", str(tmp_path / file), *more]
        arguments += ["--token-file", str(tmp_path / "token")]
        return subprocess.run(
            arguments, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    assert "1 created" in command("f.jsonl", "--format", "feedback").stdout
    assert command("export.zip", "--format", "reddit-export").returncode == 2
    ended_ = command("export.zip", "--format", "reddit-export", "--user", "cmd")
    assert "2 created" in ended_.stdout, ended_.stderr
    likes = as_user("cmd", "like").get("/api/v1/likes").json()["items"]
    assert {like["post"] for like in likes} == {"hn:1", "reddit:1a"}
