"""The Secrets job against a small API server that speaks the calls it makes."""

import base64
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from pymongo import uri_parser

from reddit_reco_chassis import Settings
from reddit_reco_chassis.auth import Verifier
from reddit_reco_mongodb.keys import new_key

BASE = "/api/v1/namespaces/reddit-reco"
WANTED: dict[str, Any] = {
    "release": "reddit-reco",
    "namespace": "reddit-reco",
    "replicaSet": "rs0",
    "members": ["m0.db:27017", "m1.db:27017", "m2.db:27017"],
    "databases": {"posts": "posts", "search": "search", "sync": None},
    "tokens": {"ingest": ["posts:write"]},
    "labels": {"app.kubernetes.io/instance": "reddit-reco"},
    "admin": "admin",
    "pvc_selector": "app.kubernetes.io/component=mongodb",
}


class FakeApi(ThreadingHTTPServer):
    """Secrets and volume claims in memory."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), FakeApiHandler)
        self.secrets: dict[str, dict[str, Any]] = {}
        self.claims: list[str] = []
        self.writes: list[str] = []
        self.failures = 0

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.failures:
            self.failures -= 1
            return 503, {"message": "starting"}
        if path.startswith(f"{BASE}/persistentvolumeclaims?labelSelector="):
            return 200, {"items": [{"metadata": {"name": name}} for name in self.claims]}
        if method == "POST":
            return self.create(body)
        name = path.removeprefix(f"{BASE}/secrets/")
        if name not in self.secrets:
            return 404, {"message": f"secrets {name} not found"}
        if method == "PATCH":
            self.writes.append(f"patch {name}")
            self.secrets[name]["data"].update(encoded(body))
        return 200, self.secrets[name]

    def create(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name = body["metadata"]["name"]
        if name in self.secrets:
            return 409, {"message": "exists"}
        self.writes.append(f"create {name}")
        self.secrets[name] = {"metadata": body["metadata"], "data": encoded(body)}
        return 201, self.secrets[name]

    def read(self, name: str, key: str) -> str:
        return base64.b64decode(self.secrets[f"reddit-reco-{name}"]["data"][key]).decode()


def encoded(body: dict[str, Any]) -> dict[str, str]:
    return {k: base64.b64encode(v.encode()).decode() for k, v in body["stringData"].items()}


class FakeApiHandler(BaseHTTPRequestHandler):
    server: FakeApi

    def handle_any(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        status, answer = 401, {"message": "who are you?"}
        if self.headers["Authorization"] == "Bearer of-the-account":
            status, answer = self.server.answer(self.command, self.path, body)
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PATCH = handle_any  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(api: FakeApi, folder: Path, **changes: Any) -> "subprocess.CompletedProcess[str]":
    (folder / "secrets.json").write_text(json.dumps({**WANTED, **changes}))
    (folder / "token").write_text("of-the-account")
    environ = {
        "SECRETS_FILE": str(folder / "secrets.json"),
        "SERVICE_ACCOUNT_DIR": str(folder),
        "KUBERNETES_API_URL": f"http://127.0.0.1:{api.server_port}",
    }
    command = [sys.executable, "-m", "reddit_reco_mongodb", "secrets"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_all_secrets_are_made_with_the_labels(api: FakeApi, tmp_path: Path) -> None:
    done = run(api, tmp_path)
    assert done.returncode == 0, done.stderr
    names = ["admin", "jwks", "mongodb-keyfile", "mongodb-posts", "mongodb-root", "mongodb-search"]
    names += ["mongodb-sync", "signing-key", "token-ingest"]
    assert sorted(api.secrets) == [f"reddit-reco-{name}" for name in names]
    for secret in api.secrets.values():
        assert secret["metadata"]["labels"] == WANTED["labels"]


def test_same_input_twice_writes_nothing_the_second_time(api: FakeApi, tmp_path: Path) -> None:
    run(api, tmp_path)
    api.writes.clear()
    before = json.dumps(api.secrets)
    assert run(api, tmp_path).returncode == 0
    assert api.writes == []
    assert json.dumps(api.secrets) == before


def test_uri_names_user_members_and_a_majority(api: FakeApi, tmp_path: Path) -> None:
    run(api, tmp_path)
    parsed = uri_parser.parse_uri(api.read("mongodb-posts", "uri"))
    assert parsed["nodelist"] == [("m0.db", 27017), ("m1.db", 27017), ("m2.db", 27017)]
    assert parsed["username"] == api.read("mongodb-posts", "username") == "posts"
    assert parsed["password"] == api.read("mongodb-posts", "password")
    assert parsed["options"]["w"] == "majority"
    assert parsed["options"]["replicaSet"] == "rs0"


def test_the_first_admin_has_a_name_and_a_password_that_stay(api: FakeApi, tmp_path: Path) -> None:
    run(api, tmp_path)
    assert api.read("admin", "username") == "admin"
    password = api.read("admin", "password")
    assert len(password) >= 20
    run(api, tmp_path, admin="other")
    assert api.read("admin", "password") == password


def test_keyfile_is_one_that_mongod_takes(api: FakeApi, tmp_path: Path) -> None:
    run(api, tmp_path)
    assert re.fullmatch(r"[A-Za-z0-9+/=]{6,1024}", api.read("mongodb-keyfile", "keyfile"))


def test_more_members_change_the_uri_and_not_the_password(api: FakeApi, tmp_path: Path) -> None:
    run(api, tmp_path, members=["m0.db:27017"])
    password = api.read("mongodb-posts", "password")
    run(api, tmp_path)
    assert api.read("mongodb-posts", "password") == password
    assert "m2.db:27017" in api.read("mongodb-posts", "uri")
    assert f":{password}@" in api.read("mongodb-posts", "uri")


def test_service_token_is_accepted_by_the_services(api: FakeApi, tmp_path: Path) -> None:
    run(api, tmp_path)
    (tmp_path / "jwks.json").write_text(api.read("jwks", "jwks.json"))
    verifier = Verifier(Settings(jwks_file=str(tmp_path / "jwks.json")))
    principal = verifier.principal(api.read("token-ingest", "token"))
    assert principal.subject == "service:ingest"
    assert principal.scopes == {"posts:write"}


def test_token_is_signed_anew_only_when_its_scopes_differ(api: FakeApi, tmp_path: Path) -> None:
    run(api, tmp_path)
    api.writes.clear()
    run(api, tmp_path, tokens={"ingest": ["posts:write", "likes:write"]})
    assert api.writes == ["patch reddit-reco-token-ingest"]


def test_lost_signing_key_is_replaced_and_old_tokens_stay_readable(
    api: FakeApi, tmp_path: Path
) -> None:
    run(api, tmp_path)
    old = api.read("token-ingest", "token")
    del api.secrets["reddit-reco-signing-key"]
    run(api, tmp_path)
    new = api.read("token-ingest", "token")
    assert new != old
    (tmp_path / "jwks.json").write_text(api.read("jwks", "jwks.json"))
    verifier = Verifier(Settings(jwks_file=str(tmp_path / "jwks.json")))
    assert verifier.principal(old) == verifier.principal(new)


def test_a_key_that_takes_over_is_published_and_signs_the_tokens_of_services(
    api: FakeApi, tmp_path: Path
) -> None:
    run(api, tmp_path)
    old = json.loads(api.read("signing-key", "key.json"))
    new = {**new_key(), "iat": 1_700_000_000}
    both = {"keys": [new, {**old, "iat": 1_600_000_000}]}
    api.secrets["reddit-reco-signing-key"]["data"] = encoded(
        {"stringData": {"key.json": json.dumps(both)}}
    )
    assert run(api, tmp_path).returncode == 0
    published = json.loads(api.read("jwks", "jwks.json"))["keys"]
    assert [key["kid"] for key in published] == [new["kid"], old["kid"]]
    assert all("d" not in key for key in published)
    header = jwt.get_unverified_header(api.read("token-ingest", "token"))
    assert header["kid"] == new["kid"]


def test_volumes_without_their_password_stop_everything(api: FakeApi, tmp_path: Path) -> None:
    api.claims = ["data-reddit-reco-mongodb-0"]
    done = run(api, tmp_path)
    assert done.returncode == 1
    assert api.writes == []
    assert "data-reddit-reco-mongodb-0" in done.stderr
    assert "delete pvc -l app.kubernetes.io/component=mongodb" in done.stderr
    assert done.stderr.count("\n") == 1


def test_volumes_with_their_password_are_fine(api: FakeApi, tmp_path: Path) -> None:
    run(api, tmp_path)
    api.claims = ["data-reddit-reco-mongodb-0"]
    del api.secrets["reddit-reco-mongodb-search"]
    assert run(api, tmp_path).returncode == 0
    assert "reddit-reco-mongodb-search" in api.secrets


def test_api_server_that_is_starting_is_waited_for(api: FakeApi, tmp_path: Path) -> None:
    api.failures = 1
    done = run(api, tmp_path)
    assert done.returncode == 0
    assert "waiting for the Kubernetes API: 503 starting" in done.stdout


def test_refusal_by_the_api_server_is_one_plain_line(api: FakeApi, tmp_path: Path) -> None:
    done = run(api, tmp_path, namespace="other")
    assert done.returncode == 1
    assert done.stderr.startswith("secrets: the Kubernetes API refused")
    assert done.stderr.count("\n") == 1


def test_unknown_field_in_the_file_is_named(api: FakeApi, tmp_path: Path) -> None:
    done = run(api, tmp_path, surprise=1)
    assert done.returncode == 1
    assert "'surprise'" in done.stderr


def test_databases_elsewhere_leave_only_keys_and_tokens_to_make(
    api: FakeApi, tmp_path: Path
) -> None:
    api.claims = ["data-reddit-reco-mongodb-0"]
    assert run(api, tmp_path, members=[], databases={}, admin=None).returncode == 0
    assert sorted(api.secrets) == [
        "reddit-reco-jwks",
        "reddit-reco-signing-key",
        "reddit-reco-token-ingest",
    ]
