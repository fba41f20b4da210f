"""A person takes what they did along, and it is there for whoever imports the file."""

import json

import httpx2
import pytest

from reddit_reco_local.kit.waiting import eventually

PASSWORD = "a long passphrase"
LIKES = 130


@pytest.fixture
def person(url):
    """Signs somebody up; gives a client with their token, which the pages take as a cookie."""
    clients = []

    def make(name):
        client = httpx2.Client(base_url=url, timeout=60)
        clients.append(client)
        account = {"username": name, "password": PASSWORD}
        assert client.post("/api/v1/users", json=account).status_code == 201
        token = client.post("/api/v1/sessions", json=account).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        client.cookies.set("reddit_reco_access", token)
        return client

    yield make
    for client in clients:
        client.close()


def everything(client, path, **params):
    """All items of a list."""
    found, cursor = [], None
    while True:
        answer = client.get(path, params=params | ({"cursor": cursor} if cursor else {})).json()
        found += answer["items"]
        if not (cursor := answer["next_cursor"]):
            return found


def lists(client):
    """What a person did, by verb, without what their site alone knows: codes, visits, readers."""
    tags = everything(client, "/api/v1/tags")
    return {
        "like": everything(client, "/api/v1/likes"),
        "hide": everything(client, "/api/v1/hidden"),
        "tags": tags,
        "tagged": [
            [
                (one["post"], one["at"], one["by"])
                for one in everything(client, f"/api/v1/tags/{name}/posts")
            ]
            for name in sorted(one["tag"] for one in tags)
        ],
        "rules": client.get("/api/v1/tags/rules").json()["rules"],
        "share": [(one["post"], one["at"]) for one in everything(client, "/api/v1/shares")],
    }


def test_what_a_person_took_along_gives_another_the_same_lists(person, house):
    ada, bea = person("taking-ada"), person("taking-bea")
    for number in range(LIKES):
        ada.put(f"/api/v1/likes/reddit:taken{number}")
    for post, tag in (("reddit:1", "to-read"), ("reddit:2", "to-read"), ("hn:3", "Python-3.x_y")):
        assert ada.put(f"/api/v1/tags/{post}/{tag}").status_code == 201
    for path in ("reddit:5", "subreddits/Funny", "hn:6"):
        assert ada.put(f"/api/v1/hidden/{path}").status_code == 201
    for shared in ({"post": "reddit:1"}, {"post": "reddit:1", "to": "taking-bea"}):
        assert ada.post("/api/v1/shares", json=shared).status_code == 201

    rules = [
        {"tag": "Python-3.x_y", "when": {"subreddit": "Python", "words": ["decorators"]}},
        {"tag": "to-read", "when": {"author": "bea", "source": "hn"}},
    ]
    assert ada.put("/api/v1/tags/rules", json={"rules": rules}).status_code == 201

    operator = {"Authorization": f"Bearer {house.token('posts:write', 'admin')}"}
    post = {"source": "reddit", "title": "Of decorators", "subreddit": "python"}
    post |= {"created_at": "2024-01-02T03:04:05Z"}
    answer = ada.put("/api/v1/posts/reddit:ruled", json=post, headers=operator)
    assert answer.status_code == 201, answer.text
    eventually(lambda: everything(ada, "/api/v1/tags", post="reddit:ruled"), "the rule's tag")

    taken = ada.get("/account/export")
    assert taken.status_code == 200
    wanted = lists(ada)
    assert len(taken.text.splitlines()) == LIKES + 4 + 3 + 2 + len(rules)
    lines = [json.loads(line) for line in taken.text.splitlines()]
    sent = [line.get("to") for line in lines if line["verb"] == "share"]
    assert sorted(sent, key=str) == [None, "taking-bea"]
    by = {line["post"]: line["by"] for line in lines if "by" in line}
    assert by.pop("reddit:ruled") == "rule"
    assert by == dict.fromkeys(("reddit:1", "reddit:2", "hn:3"), "user")
    inbox = everything(bea, "/api/v1/shares", box="in")

    started = bea.post(
        "/api/v1/imports?format=reddit-reco-export",
        files={"file": ("taken.jsonl", taken.content)},
    )
    assert started.status_code == 202, started.text
    at = started.headers["Location"]
    eventually(lambda: bea.get(at).json()["state"] == "done", "the import")
    state = bea.get(at)
    assert state.json()["counts"]["rejected"] == 0
    assert lists(bea) == wanted
    # Nobody is written to again.
    assert everything(bea, "/api/v1/shares", box="in") == inbox
    assert {one["to"] for one in everything(bea, "/api/v1/shares")} == {None}
