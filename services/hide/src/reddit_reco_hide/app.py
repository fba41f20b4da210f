"""Wiring: settings in, a Flask app out."""

from flask import Flask

from reddit_reco_chassis import Mongo, Service, Settings, create_app, run_beside
from reddit_reco_synced import Eraser, SyncState
from reddit_reco_synced.problems import OF_BATCHES, USER_ERASED

from . import __version__
from .api import STORE, api
from .store import HideStore

SERVICE = Service(
    "hide",
    __version__,
    "Hide posts and subreddits from their reader.",
    problems=(*OF_BATCHES, USER_ERASED),
)


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
    run_beside(
        app,
        mongo,
        SyncState(lambda: mongo.database),
        Eraser(lambda: mongo.database, store.erase),
    )
    return app
