"""The whole house as local processes: what `make run` gives, over its one address."""

import json

import httpx2
import pytest

from reddit_reco_local.kit.waiting import eventually
from reddit_reco_local.starter import STARTER, add_starter_posts
from reddit_reco_local.upload import UploadError, upload


@pytest.fixture
def stack(house):
    return house


def first_starter_post():
    return json.loads(STARTER.read_text().splitlines()[0])


def search(url, q):
    answer = httpx2.get(f"{url}/api/v1/search", params={"q": q})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_the_starter_posts_are_found_through_the_front(stack, url):
    first = first_starter_post()
    assert add_starter_posts(stack) >= 50
    wanted = f"reddit:{first['id']}"
    eventually(lambda: wanted in [item["id"] for item in search(url, first["title"])])


def test_adding_the_starter_posts_again_changes_nothing(stack, url):
    add_starter_posts(stack)
    before = httpx2.get(f"{url}/api/v1/posts?limit=100").json()["items"]
    add_starter_posts(stack)
    assert httpx2.get(f"{url}/api/v1/posts?limit=100").json()["items"] == before


def test_an_uploaded_dump_is_found(stack, url, tmp_path):
    dump = tmp_path / "dump.ndjson"
    post = first_starter_post() | {
        "id": "uploaded1",
        "name": "t3_uploaded1",
        "title": "A quagga in the conservatory",
    }
    dump.write_text(json.dumps(post) + "\nthis line is bad\n")
    summary = upload(dump, "reddit-top-csv", url, stack.token())
    assert summary["counts"]["created"] == 1
    assert summary["counts"]["rejected"] == 1
    eventually(lambda: "reddit:uploaded1" in [item["id"] for item in search(url, "quagga")])


def test_the_search_page_is_at_the_root(url):
    answer = httpx2.get(url)
    assert answer.status_code == 200
    assert "<title>" in answer.text


def test_an_upload_says_what_the_file_does_not(stack, url, tmp_path):
    dump = tmp_path / "Posts.xml"
    dump.write_text(
        '<?xml version="1.0"?><posts><row Id="7" PostTypeId="1" CreationDate="2010-08-25T19:50:51"'
        ' Score="1" Title="A tandem" Body="Two seats" Tags="&lt;two&gt;" AnswerCount="0"/></posts>'
    )
    with pytest.raises(UploadError, match="site"):
        upload(dump, "stackexchange-xml", url, stack.token())
    upload(dump, "stackexchange-xml", url, stack.token(), site="bicycles")
    assert httpx2.get(f"{url}/api/v1/posts/stackexchange:bicycles:7").status_code == 200


def test_a_person_signs_up_likes_and_is_forgotten(url):
    http = httpx2.Client(base_url=url)
    account = {"username": "ada", "password": "a long passphrase"}
    assert http.post("/api/v1/users", json=account).status_code == 201
    tokens = http.post("/api/v1/sessions", json=account).json()
    http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    assert http.put("/api/v1/likes/reddit:1").status_code == 201
    assert http.get("/api/v1/likes/reddit:1/count").json()["count"] == 1
    for path in ("/api/v1/tags/reddit:1/fine", "/api/v1/hidden/reddit:1"):
        assert http.put(path).status_code == 201
    shared = http.post("/api/v1/shares", json={"post": "reddit:1"}).json()
    assert http.delete("/api/v1/me").status_code == 202
    eventually(lambda: http.get("/api/v1/likes/reddit:1/count").json()["count"] == 0)
    for path in ("/api/v1/tags", "/api/v1/hidden"):
        eventually(lambda path=path: http.get(path).json()["items"] == [])
    eventually(lambda: http.get(shared["href"]).status_code == 404)


def test_the_first_admin_signs_in_with_what_the_keys_folder_says(stack, url):
    folder = stack.home / "keys" / "admin"
    given = {name: (folder / name).read_text() for name in ("username", "password")}
    answer = httpx2.post(f"{url}/api/v1/sessions", json=given)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("path", "verb"),
    [("/s/x", "share"), ("/search", "web"), ("/api/v1/search/suggest?q=a", "search")],
)
def test_the_front_goes_by_whole_segments_of_the_path(url, path, verb):
    answer = httpx2.get(f"{url}{path}")
    kinds = {"share": "application/problem+json", "web": "text/html", "search": "application/json"}
    assert answer.headers["Content-Type"].startswith(kinds[verb])
