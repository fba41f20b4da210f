"""Wiring: settings in, a Flask app out."""

import atexit
from contextlib import ExitStack
from functools import partial

from flask import Flask

from reddit_reco_chassis import Mongo, Service, create_app
from reddit_reco_synced import SyncState

from . import __version__
from .api import ENGINE, HIDING, api
from .domain import Engine
from .engine import TantivyEngine
from .folders import WorkFolder
from .follower import Follower
from .hiding import Hiding
from .index import PostIndex
from .mongodb_engine import MongodbEngine
from .problems import TYPES
from .settings import SearchSettings
from .store import SearchStore

_STOPS = "reddit_reco_search_stops"

SERVICE = Service("search", __version__, "Find posts by words.", TYPES)


def make_app(settings: SearchSettings) -> Flask:
    """The app. It is ready once its first index is built, and stays so while MongoDB is away."""
    mongo = Mongo(settings)
    store = SearchStore(lambda: mongo.database)
    stops = ExitStack()
    stops.callback(mongo.client.close)
    sync_state = SyncState(lambda: mongo.database)
    sync_state.start()
    stops.callback(sync_state.stop)
    hiding = Hiding(store.hidden, settings.hide_url, settings.hide_deadline_ms / 1000)
    stops.callback(hiding.close)
    engine = _engine(settings, mongo, store, stops)
    app = create_app(SERVICE, settings, blueprints=[api], checks={"index": engine.check})
    app.extensions[ENGINE] = engine
    app.extensions[HIDING] = hiding
    app.extensions[_STOPS] = stops
    # Threads that are in the index's native code must be out of it before the interpreter ends.
    atexit.register(stops.close)
    return app


def stop(app: Flask) -> None:
    """End the threads of an app, and delete its index."""
    app.extensions[_STOPS].close()


def _engine(settings: SearchSettings, mongo: Mongo, store: SearchStore, stops: ExitStack) -> Engine:
    if settings.search_engine == "mongodb":
        return MongodbEngine(lambda: mongo.database)
    folder = WorkFolder(settings.index_dir)
    stops.callback(folder.delete)
    new_index = partial(_new_index, folder, settings.index_heap_mb)
    follower = Follower(store, new_index, settings.commit_seconds)
    follower.start()
    stops.callback(follower.stop)
    return TantivyEngine(follower.snapshot)


def _new_index(folder: WorkFolder, heap_mb: int) -> PostIndex:
    return PostIndex(folder.fresh(), heap_mb)
