"""What people do with posts, through the Ingress: like, tag, hide, share, undo it, be forgotten."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from harness import Release, wait_until
from harness.people import Person, people, strangers

WRITERS = 100
ERASED_WITHIN = 120
# The order to erase, and the mark that it was carried out, are what stays of a user.
STAYS = {"inbox", "erased", "erasures", "synced_posts"}


@pytest.fixture
def ann(release: Release) -> Iterator[Person]:
    with people(release, 1) as found:
        yield found[0]


@pytest.fixture
def both(release: Release) -> Iterator[list[Person]]:
    with people(release, 2) as found:
        yield found


def _post() -> str:
    return f"test:{time.time_ns():x}"


def _count(http: httpx2.Client, post: str) -> int:
    found: int = http.get(f"/api/v1/likes/{post}/count").raise_for_status().json()["count"]
    return found


def test_the_first_admin_signs_in_with_the_secret(release: Release) -> None:
    with release.http(token=False) as http:
        tokens = http.post("/api/v1/sessions", json=release.secret("admin")).raise_for_status()
        bearer = {"Authorization": f"Bearer {tokens.json()['access_token']}"}
        me = http.get("/api/v1/me", headers=bearer).raise_for_status().json()
    assert "admin" in me["scopes"]


@pytest.mark.parametrize(
    ("wish", "listed"),
    [
        ("/api/v1/likes/{post}", "/api/v1/likes"),
        ("/api/v1/hidden/{post}", "/api/v1/hidden"),
        ("/api/v1/tags/{post}/fine", "/api/v1/tags/fine/posts"),
    ],
)
def test_a_wish_counts_once_is_listed_and_taken_back(ann: Person, wish: str, listed: str) -> None:
    post = _post()
    path = wish.format(post=post)
    assert [ann.http.put(path).status_code for _ in range(2)] == [201, 200]
    assert [item["post"] for item in ann.items(listed)] == [post]
    assert [ann.http.delete(path).status_code for _ in range(2)] == [204, 204]
    assert ann.items(listed) == []


def test_a_short_link_leads_to_the_post_until_it_is_taken_back(
    ann: Person, release: Release
) -> None:
    post = _post()
    share = ann.http.post("/api/v1/shares", json={"post": post})
    assert share.status_code == 201, share.text
    href = share.json()["href"]
    with release.http(token=False) as visitor:
        for _ in range(3):
            found = visitor.get(href, follow_redirects=False)
            assert found.status_code == 302
            assert post.split(":")[1] in found.headers["Location"]
    assert [(s["post"], s["visits"]) for s in ann.items("/api/v1/shares")] == [(post, 1)]
    assert ann.http.delete(f"/api/v1/shares/{share.json()['code']}").status_code == 204
    assert ann.http.get(href, follow_redirects=False).status_code == 404


def test_a_long_list_comes_page_by_page_without_a_repeat_or_a_gap(ann: Person) -> None:
    posts = [_post() for _ in range(25)]
    for post in posts:
        ann.http.put(f"/api/v1/likes/{post}").raise_for_status()
        ann.http.put(f"/api/v1/hidden/{post}").raise_for_status()
        ann.http.put(f"/api/v1/tags/{post}/many").raise_for_status()
        ann.http.post("/api/v1/shares", json={"post": post}).raise_for_status()
    newest = posts[::-1]
    for path in ("likes", "hidden", "tags/many/posts", "shares"):
        assert [item["post"] for item in ann.items(f"/api/v1/{path}", limit=10)] == newest, path


def test_a_share_arrives_in_the_inbox_of_whom_it_is_for(both: list[Person]) -> None:
    ann, bob = both
    post = _post()
    ann.http.post("/api/v1/shares", json={"post": post, "to": bob.name}).raise_for_status()
    received = bob.items("/api/v1/shares?box=in")
    assert [(item["post"], item["from"]) for item in received] == [(post, ann.name)]


def test_two_people_see_nothing_of_each_other(both: list[Person]) -> None:
    ann, bob = both
    post = _post()
    for path in (f"likes/{post}", f"hidden/{post}", f"tags/{post}/secret"):
        ann.http.put(f"/api/v1/{path}").raise_for_status()
        assert bob.http.delete(f"/api/v1/{path}").status_code == 204
    code = ann.http.post("/api/v1/shares", json={"post": post}).json()["code"]
    bob.http.delete(f"/api/v1/shares/{code}")
    for path in ("likes", "hidden", "tags", "tags/secret/posts", "shares", "shares?box=in"):
        assert bob.items(f"/api/v1/{path}") == [], path
    for path in ("likes", "hidden", "tags/secret/posts", "shares"):
        assert [item["post"] for item in ann.items(f"/api/v1/{path}")] == [post], path
    assert bob.http.get("/api/v1/me").json()["id"] == bob.subject


def test_a_count_is_right_after_a_hundred_writers_at_once(
    release: Release, say: Callable[[str], None]
) -> None:
    post = _post()
    headers = strangers(release, WRITERS)
    with release.http(token=False) as http, ThreadPoolExecutor(WRITERS) as pool:

        def write(number: int) -> list[int]:
            path = f"/api/v1/likes/{post}"
            mine = headers[number]
            statuses = [http.put(path, headers=mine).status_code for _ in range(2)]
            if number % 4 == 0:
                statuses.append(http.delete(path, headers=mine).status_code)
            return statuses

        started = time.monotonic()
        answers = list(pool.map(write, range(WRITERS)))
        seconds = time.monotonic() - started
        assert _count(http, post) == WRITERS * 3 // 4
    assert all(answer[:2] == [201, 200] for answer in answers), answers
    say(f"{sum(map(len, answers))} writes of {WRITERS} writers at once in {seconds:.1f} s")


def test_whoever_leaves_is_gone_from_every_database_and_stays_gone(
    release: Release, ann: Person, say: Callable[[str], None]
) -> None:
    post = _post()
    for path in (f"likes/{post}", f"hidden/{post}", f"tags/{post}/x"):
        ann.http.put(f"/api/v1/{path}").raise_for_status()
    ann.http.post("/api/v1/shares", json={"post": post}).raise_for_status()
    with release.mongo() as mongo:
        databases = [its["database"] for its in release.verbs().values() if its["database"]]

        def traces() -> list[str]:
            return [trace for name in databases for trace in _traces(mongo[name], ann.subject)]

        assert {trace.split(".")[0] for trace in traces()} >= {"login", "like", "hide", "tag"}
        assert ann.http.delete("/api/v1/me").status_code == 202
        started = time.monotonic()

        def forgotten() -> bool:
            assert not (left := traces()), left
            return True

        wait_until(forgotten, "every service has forgotten", ERASED_WITHIN, pause=0.2)
        say(f"erased from {len(databases)} databases in {time.monotonic() - started:.1f} s")
        _writes_in_vain(release, ann, post)
        assert traces() == []


def _writes_in_vain(release: Release, ann: Person, post: str) -> None:
    """Neither the token that is still valid, nor an import, brings anything back."""
    for path in (f"likes/{post}", f"hidden/{post}", f"tags/{post}/x"):
        assert ann.http.put(f"/api/v1/{path}").status_code == 403, path
    assert ann.http.post("/api/v1/shares", json={"post": post}).status_code == 403
    line = f'{{"user": "{ann.subject}", "post": "{post}"}}\n'
    with release.http() as admin:
        for verb in ("likes", "hidden"):
            answer = admin.post(f"/api/v1/{verb}/batch", content=line).raise_for_status()
            assert answer.json()["status"] == 410, answer.text
    refused = ann.http.post("/api/v1/sessions", json=ann.account)
    assert refused.status_code == 401


def _traces(database: Any, subject: str) -> list[str]:
    """Collections with a document that names the user."""
    return [
        f"{database.name}.{name}"
        for name in database.list_collection_names()
        if name not in STAYS and any(subject in str(document) for document in database[name].find())
    ]
