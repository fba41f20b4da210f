"""Wiring: settings in, a Flask app with its background worker out."""

import signal
import threading
from types import FrameType
from typing import Any

from flask import Flask

from reddit_reco_chassis import Mongo, Service, SettingsError, create_app, run_beside
from reddit_reco_synced import Eraser, SyncState

from . import __version__, metrics
from .allocator import give_back_freed_memory
from .api import EXTENSION, Parts, api
from .files import Uploads
from .problems import TYPES
from .settings import IngestSettings
from .store import ImportStore
from .uploads import UploadRequest
from .worker import Worker

SERVICE = Service("ingest", __version__, "Brings posts and feedback in, in many formats.", TYPES)


def make_app(settings: IngestSettings) -> Flask:
    """The app. Its worker starts at once, and ends with the process."""
    if not settings.posts_url:
        raise SettingsError("POSTS_URL: this service needs to know where the posts service is")
    give_back_freed_memory()
    mongo = Mongo(settings)
    store = ImportStore(lambda: mongo.database, settings.import_lease_seconds)
    uploads = Uploads(lambda: mongo.database)
    worker = Worker(settings, store, uploads)

    def erase(order: dict[str, Any]) -> None:
        for upload_id in store.erase(order):
            uploads.delete(upload_id)

    app = create_app(
        SERVICE,
        settings,
        blueprints=[api],
        checks={"database": mongo.ping, "indexes": worker.check_ready},
    )
    app.request_class = UploadRequest
    app.extensions[EXTENSION] = Parts(settings, store, uploads, worker, lambda: mongo.database)
    metrics.watch(store.count)
    _stop_with_process(worker)
    run_beside(
        app,
        mongo,
        worker,
        SyncState(lambda: mongo.database),
        Eraser(lambda: mongo.database, erase),
    )
    return app


def _stop_with_process(worker: Worker) -> None:
    """Begin to stop with SIGTERM, while the server still finishes its requests."""
    if threading.current_thread() is not threading.main_thread():
        return
    before: Any = signal.getsignal(signal.SIGTERM)

    def on_sigterm(number: int, frame: FrameType | None) -> None:
        worker.begin_stop()
        if callable(before):
            before(number, frame)

    if callable(before):
        signal.signal(signal.SIGTERM, on_sigterm)
