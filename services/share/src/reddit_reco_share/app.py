"""Wiring: settings in, a Flask app out."""

import atexit
from contextlib import ExitStack

from flask import Flask
from prometheus_client import REGISTRY

from reddit_reco_chassis import Mongo, Service, create_app

from . import __version__
from .api import PROXIES, STORE, api, links
from .erasing import Eraser
from .settings import ShareSettings
from .store import ShareStore
from .sync_state import SyncState
from .workers import Worker

_STOPS = "reddit_reco_share_stops"

SERVICE = Service("share", __version__, "Share posts by short links that count their visitors.")


def make_app(settings: ShareSettings) -> Flask:
    """The app; it is ready while its database answers, with its indexes made."""
    mongo = Mongo(settings)
    store = ShareStore(lambda: mongo.database)
    app = create_app(
        SERVICE,
        settings,
        blueprints=[api, links],
        checks={"database": mongo.ping, "indexes": store.make_indexes},
    )
    app.extensions[STORE] = store
    app.extensions[PROXIES] = settings.trusted_proxies
    app.extensions[_STOPS] = stops = ExitStack()
    stops.callback(mongo.client.close)
    sync_state = SyncState(lambda: mongo.database)
    REGISTRY.register(sync_state)
    stops.callback(REGISTRY.unregister, sync_state)
    for worker in (
        Worker("eraser", Eraser(lambda: mongo.database, store.erase).run),
        Worker("sync-state", sync_state.read, pause=5),
    ):
        worker.start()
        stops.callback(worker.stop)
    atexit.register(stops.close)
    return app


def stop(app: Flask) -> None:
    """End the threads of an app."""
    app.extensions[_STOPS].close()
