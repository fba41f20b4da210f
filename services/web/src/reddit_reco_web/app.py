"""Put the service together."""

from flask import Flask

from reddit_reco_chassis import Service, create_app

from . import api, errors, filters, security
from .backends import Backends
from .settings import WebSettings

_DESCRIPTION = "Pages for the browser. It has no data of its own: it asks the other services."


def make_app(settings: WebSettings) -> Flask:
    """The app. It is ready without any other service: a page degrades instead."""
    app = create_app(Service("web", "0.1.0", _DESCRIPTION), settings, blueprints=[])
    # No page asks one service more than twice at the same time.
    app.extensions["backends"] = Backends(settings.addresses(), 2 * settings.threads)
    app.config["WEB"] = settings
    app.register_blueprint(api.pages)
    filters.register(app)
    errors.register(app)
    security.register(app)
    return app
