"""Put the service together."""

from flask import Flask

from reddit_reco_chassis import Service, create_app

from . import compression, errors, filters, oidc, security, sessions
from .account import account
from .acting import acting
from .api import pages
from .backends import Backends
from .documents import Documents
from .importing import ROOM, importing
from .lists import lists
from .reference import DOCUMENTS, MINUTES, reference
from .room import Room
from .rules import rules
from .settings import WebSettings
from .site import site
from .taking import taking
from .topics import picker

_DESCRIPTION = "Pages for the browser. It has no data of its own: it asks the other services."


def make_app(settings: WebSettings) -> Flask:
    """The app. It is ready without any other service: a page degrades instead."""
    app = create_app(Service("web", "0.1.0", _DESCRIPTION), settings, blueprints=[])
    # Few pages ask one service more than twice at the same time.
    app.extensions["backends"] = Backends(settings.addresses(), 2 * settings.threads)
    app.extensions[DOCUMENTS] = Documents(60 * MINUTES)
    app.extensions[ROOM] = Room(settings.max_upload_bytes)
    app.config["WEB"] = settings
    # Last of all to see a response: what is compressed is no longer changed.
    compression.register(app)
    sessions.register(app, settings)
    signed_in = (acting, account, taking, lists, rules, importing)
    for blueprint in (pages, picker, *signed_in, reference, site):
        app.register_blueprint(blueprint)
    oidc.register(app, settings)
    filters.register(app)
    errors.register(app)
    security.register(app)
    return app
