"""Wiring: settings in, a Flask app out."""

from flask import Flask

from reddit_reco_chassis import Mongo, Service, create_app, run_beside
from reddit_reco_synced import Eraser, SyncState

from . import __version__
from .api import PROXIES, STORE, api, links
from .problems import TYPES
from .settings import ShareSettings
from .store import ShareStore

SERVICE = Service(
    "share", __version__, "Share posts by short links that count their visitors.", TYPES
)


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
    run_beside(
        app,
        mongo,
        SyncState(lambda: mongo.database),
        Eraser(lambda: mongo.database, store.erase),
    )
    return app
