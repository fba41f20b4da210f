"""Wiring: settings in, a Flask app out."""

from flask import Flask

from reddit_reco_chassis import Mongo, Service, create_app

from . import __version__
from .api import STORE, api
from .problems import TYPES
from .settings import PostsSettings
from .store import PostStore

SERVICE = Service(
    "posts", __version__, "Master data of posts: read and write them, one or many.", TYPES
)


def make_app(settings: PostsSettings) -> Flask:
    """The app. Its indexes are made in the background; until they are there it is not ready."""
    mongo = Mongo(settings)
    store = PostStore(lambda: mongo.database["posts"])
    store.start_indexing()
    app = create_app(
        SERVICE,
        settings,
        blueprints=[api],
        checks={"database": mongo.ping, "indexes": store.check_indexes},
    )
    app.extensions[STORE] = store
    return app
