"""Works on imports in the background: claims one, runs it, claims the next."""

import logging
import threading
import time
import uuid
from contextlib import suppress
from functools import partial
from typing import Any

from pymongo.errors import PyMongoError

from . import metrics
from .domain import Batch, Outcome, Refused, Unreadable, counts_of, rejected_of
from .files import Uploads, file_below
from .formats import FORMATS, Format, Options
from .pipeline import Stopped, run
from .reading import Counted, Limits
from .sending import Away, Receivers, SendError
from .settings import IngestSettings
from .store import ImportStore, LeaseLost

log = logging.getLogger(__name__)
_IDLE_SECONDS = 1.0
_CLEAN_SECONDS = 60.0
# Claims without any progress between them, as when a file makes every pod run out of memory.
_ATTEMPTS = 20
_LONGEST_PAUSE = 20.0


class Worker:
    """The background threads of one process.

    A pod that is told to end finishes the batches on their way, commits them, and gives its leases
    back. The leases of a pod that just dies run out, and another goes on from what was committed.
    """

    def __init__(self, settings: IngestSettings, store: ImportStore, uploads: Uploads) -> None:
        self.settings = settings
        self.store = store
        self.uploads = uploads
        self._owner = uuid.uuid4().hex
        self.stopping = threading.Event()
        self._wake = threading.Event()
        self._indexed = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; returns at once."""
        names = [f"import-{number}" for number in range(self.settings.import_workers)]
        loops = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        cleaner = threading.Thread(target=self._housekeep, name="housekeeping", daemon=True)
        self._threads = [*loops, cleaner]
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    def begin_stop(self) -> None:
        """Take nothing new, and come to an end with what is under way."""
        self.stopping.set()
        self._wake.set()

    def stop(self, timeout: float = 20.0) -> None:
        """End, and wait until that is done, at most `timeout` seconds."""
        self.begin_stop()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        owner = f"{self._owner}:{threading.current_thread().name}"
        while not self.stopping.is_set():
            try:
                document = self.store.claim(owner)
            except PyMongoError as error:
                log.warning("cannot look for imports: %s", error)
                document = None
            if document is None:
                self._wake.wait(_IDLE_SECONDS)
                self._wake.clear()
            else:
                self._attempt(document, owner)

    def _attempt(self, document: dict[str, Any], owner: str) -> None:
        attempt = Attempt(self, document, owner)
        try:
            attempt.run()
        except LeaseLost:
            log.info("import %s is not ours any more", document["_id"])
        except PyMongoError as error:
            log.warning("import %s: %s", document["_id"], error)
            self._put_back(document, owner)

    def _put_back(self, document: dict[str, Any], owner: str) -> None:
        """Give back an import that the database failed; if that fails, too, the lease runs out."""
        attempts = document["attempts"]
        self.stopping.wait(min(_LONGEST_PAUSE, 2**attempts))
        with suppress(PyMongoError, LeaseLost):
            self.store.release(document["_id"], owner, attempts=attempts)

    def check_ready(self) -> None:
        """Raise unless the indexes are there."""
        if not self._indexed.is_set():
            raise RuntimeError("the indexes are not made yet")

    def _housekeep(self) -> None:
        while not self._try_to_index():
            if self.stopping.wait(_IDLE_SECONDS):
                return
        while not self.stopping.is_set():
            try:
                self.clean()
            except PyMongoError as error:
                log.warning("cannot clean up uploads: %s", error)
            self.stopping.wait(_CLEAN_SECONDS)

    def _try_to_index(self) -> bool:
        try:
            self.store.ensure_indexes()
            self.uploads.ensure_indexes()
        except PyMongoError as error:
            log.warning("cannot make indexes: %s", error)
            return False
        self._indexed.set()
        return True

    def clean(self) -> None:
        """Delete the files that no import needs any more."""
        for import_id, upload_id in self.store.spent_uploads(self.settings.failed_upload_days):
            self.uploads.delete(upload_id)
            self.store.upload_deleted(import_id)


class Attempt:
    """One run of an import by the holder of its lease."""

    def __init__(self, worker: "Worker", document: dict[str, Any], owner: str) -> None:
        self._document = document
        self._id: str = document["_id"]
        self._owner = owner
        self._settings = worker.settings
        self._store = worker.store
        self._uploads = worker.uploads
        self._stop = worker.stopping
        self._over = threading.Event()
        self._lost = threading.Event()
        self._kept = worker.store.rejected_kept(self._id)

    def run(self) -> None:
        """Run it to its end, or as far as it gets.

        Raises:
            LeaseLost: the import was cancelled, or somebody else took over.
            PyMongoError: the database is away.
        """
        heart = threading.Thread(target=self._beat, name="lease", daemon=True)
        heart.start()
        try:
            self._run()
        finally:
            self._over.set()
            heart.join()

    def _run(self) -> None:
        log.info("import %s starts behind position %d", self._id, self._document["position"])
        if self._document["attempts"] > _ATTEMPTS:
            self._finish("failed", f"given up: {_ATTEMPTS} attempts came to nothing")
            return
        try:
            self._send_all()
        except (Stopped, Away):
            self._store.release(self._id, self._owner, attempts=0)
            log.info("import %s is given back", self._id)
        except (Unreadable, Refused, SendError) as error:
            self._finish("failed", str(error))
        except OSError as error:
            self._finish("failed", f"the file cannot be read: {error.strerror}")
        except (LeaseLost, PyMongoError):
            raise
        except Exception:
            log.exception("import %s: a bug", self._id)
            self._finish("failed", "something went wrong in this service")
        else:
            self._finish("done", None)

    def _send_all(self) -> None:
        document = self._document
        name = document.get("name") or ""
        options = Options(**document["options"], path=name, user=document["by"])
        form = FORMATS[document["format"]]
        with Counted(self._open()) as source, self._receivers(form) as client:
            run(
                form.items(source, self._limits(), options, document["position"]),
                send=client.send,
                commit=self._commit,
                offset=partial(getattr, source, "offset"),
                stopped=self._halted,
            )

    def _open(self) -> Any:
        if path := self._document.get("path"):
            return file_below(self._settings.import_dir, path).open("rb", buffering=0)
        return self._uploads.source(self._document["upload_id"])

    def _limits(self) -> Limits:
        return Limits(
            window=self._settings.zstd_window_bytes,
            window_setting="ZSTD_WINDOW_BYTES",
            expanded=self._settings.max_expanded_bytes,
        )

    def _receivers(self, form: Format) -> Receivers:
        settings = self._settings
        return Receivers(settings.urls(form.verbs), settings.service_token_file, self._wait)

    def _commit(self, batch: Batch, outcome: Outcome) -> None:
        counts = counts_of(batch, outcome)
        room = max(0, self._settings.rejected_kept - self._kept)
        kept = rejected_of(batch, outcome)[:room]
        self._store.commit(
            self._id,
            self._owner,
            position=batch.position,
            offset=batch.offset,
            counts=counts,
            rejected=kept,
        )
        self._kept += len(kept)
        metrics.count(self._document["format"], counts)

    def _finish(self, state: str, reason: str | None) -> None:
        self._store.finish(self._id, self._owner, state=state, reason=reason)
        log.info("import %s is %s%s", self._id, state, f": {reason}" if reason else "")
        if state == "done" and (upload_id := self._document.get("upload_id")):
            self._uploads.delete(upload_id)
            self._store.upload_deleted(self._id)

    def _halted(self) -> bool:
        return self._stop.is_set() or self._lost.is_set()

    def _wait(self, seconds: float) -> bool:
        return self._lost.is_set() or self._stop.wait(seconds)

    def _beat(self) -> None:
        """Keep the lease while batches are slow, and notice when it is lost."""
        while not self._over.wait(self._settings.import_lease_seconds / 3):
            try:
                self._store.renew(self._id, self._owner)
            except LeaseLost:
                self._lost.set()
                return
            except PyMongoError as error:
                log.warning("cannot renew the lease of import %s: %s", self._id, error)
