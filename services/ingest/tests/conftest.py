"""Small files of our own writing, and the service on real processes: MongoDB, posts, ingest."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pymongo import MongoClient
from pymongo.database import Database

from reddit_reco_ingest.domain import Feedback, Gone, Rejected, Skipped
from reddit_reco_ingest.formats import FORMATS, Options
from reddit_reco_ingest.reading import Counted, Limits
from reddit_reco_local.kit.waiting import eventually
from reddit_reco_local.stack import Stack, running

LEASE_SECONDS = 3
REAL_DATA = Path(__file__).parents[3].parent / "shared" / "data"
Import = dict[str, Any]


@dataclass
class Found:
    """What a format made of a file."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[tuple[int, Rejected]] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    skipped: int = 0
    positions: list[int] = field(default_factory=list)

    @property
    def post(self) -> dict[str, Any]:
        """The only post."""
        assert self.rejected == []
        assert len(self.posts) == 1
        return self.posts[0]

    @property
    def refusal(self) -> Rejected:
        """The only rejected record."""
        assert (self.posts, self.feedback) == ([], [])
        assert len(self.rejected) == 1
        return self.rejected[0][1]


def read_file(
    format_name: str,
    content: bytes | str | dict[str, Any],
    *,
    start: int = 0,
    limits: Limits | None = None,
    **options: Any,
) -> Found:
    """Read a file of this content; a dict is one JSON document."""
    content = json.dumps(content) if isinstance(content, dict) else content
    raw = content.encode() if isinstance(content, str) else content
    source, found = Counted(BytesIO(raw)), Found()
    form = FORMATS[format_name]
    for position, item in form.items(source, limits or Limits(), Options(**options), start):
        found.positions.append(position)
        if isinstance(item, dict):
            found.posts.append(item)
        elif isinstance(item, Rejected):
            found.rejected.append((position, item))
        elif isinstance(item, Gone):
            found.gone.append(item.id)
        elif isinstance(item, Feedback):
            found.feedback.append(item)
        else:
            assert isinstance(item, Skipped)
            found.skipped += 1
    return found


@pytest.fixture
def read() -> Callable[..., Found]:
    """Reads content in a format."""
    return read_file


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    """A record as Reddit's API names its fields, with these fields added or replaced."""
    return make_record


def make_record(**fields: Any) -> dict[str, Any]:
    return {"id": "1a2b3c", "title": "A title", "created_utc": 1370746482, "score": 7, **fields}


def lines_of(number: int, prefix: str = "p", text: str = "") -> bytes:
    """NDJSON of so many different posts."""
    rows = (
        make_record(id=f"{prefix}{one}", title=f"Post {one}", selftext=text)
        for one in range(number)
    )
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.fixture
def lines() -> Callable[..., bytes]:
    """NDJSON of so many different posts."""
    return lines_of


@pytest.fixture
def real_data() -> Path:
    """The folder of real dumps, which is not part of the repository."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real dumps (../shared/data) are not here")
    return REAL_DATA


class Service:
    """The service as its users see it."""

    wait_until = staticmethod(eventually)

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        headers = {"Authorization": f"Bearer {stack.token()}"}
        self.client = httpx2.Client(base_url=stack.url("ingest"), headers=headers, timeout=60)
        self.posts = httpx2.Client(base_url=stack.url("posts"), headers=headers, timeout=60)

    def create(
        self, content: bytes, name: str = "file.json", *, key: str | None = None, **query: str
    ) -> httpx2.Response:
        """Upload a file."""
        query.setdefault("format", "arctic-shift")
        headers = {"Idempotency-Key": key} if key else {}
        files = {"file": (name, content)}
        return self.client.post("/api/v1/imports", params=query, files=files, headers=headers)

    def begin(self, content: bytes, name: str = "file.json", **query: Any) -> str:
        """Upload a file; gives where the import is."""
        response = self.create(content, name, **query)
        assert response.status_code == 202, response.text
        return str(response.headers["Location"])

    def ended(self, location: str, seconds: float = 60) -> Import:
        """The import when it is over."""
        eventually(
            lambda: self.at(location)["state"] not in ("queued", "running"), location, seconds
        )
        return self.at(location)

    def at(self, location: str) -> Import:
        """The import as it is now."""
        response = self.client.get(location)
        assert response.status_code in (200, 303), response.text
        found: Import = response.json()
        return found

    def imported(self, content: bytes, name: str = "file.json", **query: Any) -> Import:
        """Upload a file and wait for its import to end."""
        return self.ended(self.begin(content, name, **query))

    def rejected(self, found: Import) -> list[dict[str, Any]]:
        """The rejected records of an import."""
        response = self.client.get(found["_links"]["rejected"]["href"], params={"limit": 100})
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    def post(self, post_id: str) -> dict[str, Any]:
        """A post, from the posts service."""
        response = self.posts.get(f"/api/v1/posts/{post_id}")
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def kill(self, verb: str, signal_number: int) -> None:
        """End a service; SIGKILL hits gunicorn's worker too, which would outlive its master."""
        pid = self.stack.processes.pid(verb)
        (os.killpg if signal_number == signal.SIGKILL else os.kill)(pid, signal_number)
        eventually(lambda: self.stack.processes.ended(verb))

    def start(self, verb: str = "ingest") -> None:
        """Start a service that was ended."""
        environment = self.stack.environments[verb]
        self.stack.processes.start(verb, f"reddit_reco_{verb}", env=environment)
        self.stack.processes.wait_ready(verb, f"{self.stack.url(verb)}/readyz")


@pytest.fixture(scope="session")
def the_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("stack")
    folder = home / "files"
    folder.mkdir()
    ingest = {
        "IMPORT_DIR": str(folder),
        "IMPORT_LEASE_SECONDS": str(LEASE_SECONDS),
        "MAX_UPLOAD_BYTES": str(64 * 1024 * 1024),
        "REJECTED_KEPT": "150",
    }
    verbs = ("posts", "ingest", "like", "hide", "tag", "share")
    with running(home, verbs, follow=False, extra_env={"ingest": ingest}) as stack:
        service = Service(stack, folder)
        yield service
        service.client.close()
        service.posts.close()


@pytest.fixture
def service(the_service: Service) -> Service:
    """MongoDB, posts and ingest as processes; they live as long as the test run."""
    the_service.stack.processes.check()
    return the_service


@pytest.fixture
def mongo_of() -> Iterator[Callable[..., Database[dict[str, Any]]]]:
    """A service's own database."""
    clients: list[MongoClient[dict[str, Any]]] = []

    def database(service: Service, name: str = "ingest") -> Database[dict[str, Any]]:
        clients.append(MongoClient(service.stack.mongodb_uri))
        return clients[-1][name]

    yield database
    for client in clients:
        client.close()
