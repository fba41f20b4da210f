"""Wiring: settings in, a Flask app out."""

import atexit
from contextlib import ExitStack

from flask import Flask
from prometheus_client import REGISTRY

from reddit_reco_chassis import Mongo, Service, Settings, create_app

from . import __version__
from .api import STORE, api
from .erasing import Eraser
from .store import HideStore
from .sync_state import SyncState
from .workers import Worker

_STOPS = "reddit_reco_hide_stops"

SERVICE = Service("hide", __version__, "Hide posts and subreddits from their reader.")


def make_app(settings: Settings) -> Flask:
    """The app; it is ready while its database answers, with its indexes made."""
    mongo = Mongo(settings)
    store = HideStore(lambda: mongo.database)
    app = create_app(
        SERVICE,
        settings,
        blueprints=[api],
        checks={"database": mongo.ping, "indexes": store.make_indexes},
    )
    app.extensions[STORE] = store
    app.extensions[_STOPS] = stops = ExitStack()
    stops.callback(mongo.client.close)
    sync_state = SyncState(lambda: mongo.database)
    REGISTRY.register(sync_state)
    stops.callback(REGISTRY.unregister, sync_state)
    eraser = Eraser(lambda: mongo.database, store.erase)
    for worker in (
        Worker("eraser", eraser.run),
        Worker("sweeper", eraser.sweep, pause=60),
        Worker("sync-state", sync_state.read, pause=5),
    ):
        worker.start()
        stops.callback(worker.stop)
    atexit.register(stops.close)
    return app


def stop(app: Flask) -> None:
    """End the threads of an app."""
    app.extensions[_STOPS].close()
