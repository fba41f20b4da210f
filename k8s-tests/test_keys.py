"""A new signing key takes over while people go on: nobody is ever refused."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator

import jwt
import pytest
from harness import Release, wait_until
from harness.people import Person, people
from harness.release import Document
from harness.sessions import PATHS, Sessions

from reddit_reco_mongodb import keys

PUBLISHED_WITHIN = 150


@pytest.fixture
def ann(release: Release) -> Iterator[Person]:
    with people(release, 1) as found:
        yield found[0]


def _put(release: Release, name: str, key: str, document: Document) -> None:
    body = {"stringData": {key: json.dumps(document)}}
    full = f"{release.name}-{name}"
    release.core.patch_namespaced_secret(full, release.namespace, body)


def _refresh(ann: Person) -> str:
    """Refresh the session; the `kid` of the new access token, which every service takes."""
    answer = ann.http.post(
        "/api/v1/sessions/refresh", json={"refresh_token": ann.tokens["refresh_token"]}
    )
    assert answer.status_code == 200, answer.text
    ann.tokens = answer.json()
    token = ann.tokens["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    for path in ("me", "likes", "hidden", "tags", "shares"):
        read = ann.http.get(f"/api/v1/{path}", headers=bearer)
        assert read.status_code == 200, f"{path}: {read.text}"
    kid: str = jwt.get_unverified_header(token)["kid"]
    return kid


@pytest.mark.long
def test_a_new_key_takes_over_and_no_token_is_refused(
    release: Release, ann: Person, say: Callable[[str], None]
) -> None:
    with people(release, 4) as others, Sessions(release, others) as sessions:
        _rotate(release, ann, say)
        before = sessions.answered.copy()
        wait_until(lambda: _more(before, sessions.answered, 8 * len(others)), "they go on", 300)
    say(
        f"{sessions.answered.total()} requests of {2 * len(others)} sessions went on meanwhile, "
        f"{sessions.late.total()} pages said that login was late"
    )
    assert sessions.failed == {}


def _more(before: Counter[str], now: Counter[str], times: int) -> bool:
    """Whether each path was answered so many times more."""
    return all(now[path] >= before[path] + times for path in PATHS)


def _rotate(release: Release, ann: Person, say: Callable[[str], None]) -> None:
    before = _refresh(ann)
    first = ann.tokens["access_token"]
    document = keys.rotated(json.loads(release.secret("signing-key")["key.json"]))
    new = keys.listed(document)[0]["kid"]
    started = time.monotonic()
    _put(release, "signing-key", "key.json", document)
    _put(release, "jwks", "jwks.json", keys.public_set(document))

    def published() -> bool:
        found = ann.http.get("/.well-known/jwks.json").raise_for_status().json()["keys"]
        return new in [key["kid"] for key in found]

    wait_until(published, "login publishes the new key", PUBLISHED_WITHIN)
    say(f"the new key was published after {time.monotonic() - started:.0f} s")
    assert _refresh(ann) == before
    until = time.monotonic() + keys.SETTLE_SECONDS + PUBLISHED_WITHIN
    while _refresh(ann) != new:
        assert time.monotonic() < until, "the new key does not sign"
        time.sleep(2)
    say(f"it signed after {time.monotonic() - started:.0f} s")
    bearer = {"Authorization": f"Bearer {first}"}
    assert ann.http.get("/api/v1/likes", headers=bearer).status_code == 200
    release.upgrade()
    tokens = [name for name, its in release.verbs().items() if its.get("scopes")]
    for name in tokens:
        assert jwt.get_unverified_header(release.secret(f"token-{name}")["token"])["kid"] == new
