"""Uninstalling keeps what cannot be made again; a new install finds it."""

import time
from collections.abc import Callable

from harness import Release, found, wait_until

SECRETS = ["mongodb-keyfile", "mongodb-root", "mongodb-posts", "mongodb-sync", "signing-key"]


def test_a_reinstall_finds_the_data_and_the_same_passwords(
    release: Release, imported: int, say: Callable[[str], None]
) -> None:
    secrets = {name: release.secret(name) for name in SECRETS}
    token = release.token
    with release.database("posts") as database:
        posts = {p["_id"]: p["etag"] for p in database["posts"].find({}, {"etag": 1})}
    release.helm("uninstall", release.name, "--wait", "--timeout", "5m")
    claims = release.core.list_namespaced_persistent_volume_claim(release.namespace).items
    assert claims
    wait_until(lambda: not release.pods("mongodb"), "MongoDB's pods are gone", 300)

    started = time.monotonic()
    release.upgrade()
    say(f"helm install to all Ready: {time.monotonic() - started:.0f} s")

    assert {name: release.secret(name) for name in SECRETS} == secrets
    with release.database("posts") as database:
        assert {p["_id"]: p["etag"] for p in database["posts"].find({}, {"etag": 1})} == posts
    assert len(posts) >= imported
    assert token == release.token
    with release.http() as http:
        assert wait_until(lambda: found(http, "python"), "search answers", 180)


def test_volumes_without_their_secret_stop_the_install_with_advice(release: Release) -> None:
    root = release.kubectl("get", "secret", "reddit-reco-mongodb-root", "-o", "yaml")
    release.kubectl("delete", "secret", "reddit-reco-mongodb-root")
    try:
        refused = _refusal(release)
    finally:
        release.kubectl("apply", "-f", "-", stdin=root)
    release.upgrade()
    assert "reddit-reco-mongodb-root" in refused
    assert "kubectl -n reddit-reco delete pvc" in refused


def _refusal(release: Release) -> str:
    try:
        release.upgrade()
    except AssertionError as error:
        return str(error)
    raise AssertionError("the upgrade went through")
