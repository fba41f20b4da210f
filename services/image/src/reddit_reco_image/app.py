"""Wiring: settings in, a Flask app out."""

from datetime import timedelta

from flask import Flask

from reddit_reco_chassis import (
    Mongo,
    Service,
    ServiceClient,
    SettingsError,
    Worker,
    create_app,
    run_beside,
)

from . import __version__
from .addresses import networks
from .api import OPEN, PICTURES, api, lend_cookie
from .connecting import Gate, loopback_socket
from .decoding import Decoder
from .fetching import Fetcher
from .pictures import Patience, Pictures
from .posts import Posts
from .problems import TYPES
from .settings import ImageSettings
from .store import PictureStore

SERVICE = Service("image", __version__, "The pictures of posts, fetched for the reader.", TYPES)


def make_app(settings: ImageSettings) -> Flask:
    """The app; it is ready while its database answers, with its indexes made."""
    if not settings.posts_url:
        raise SettingsError("POSTS_URL: this service asks posts what a post links to")
    mongo = Mongo(settings)
    store = PictureStore(lambda: mongo.database, settings.cache_max_bytes)
    app = create_app(
        SERVICE,
        settings,
        blueprints=[api],
        checks={"database": mongo.ping, "indexes": store.make_indexes},
    )
    app.config[OPEN] = settings.open_reading
    if not settings.open_reading:
        # First, since the chassis looks for a token before anything else.
        app.before_request_funcs.setdefault(None, []).insert(0, lend_cookie)
    posts = Posts(
        ServiceClient(
            settings.posts_url,
            token_file=settings.service_token_file,
            timeout=3,
            tries=2,
            pause=0.1,
        )
    )
    app.extensions[PICTURES] = pictures = _pictures(settings, store, posts)
    run_beside(app, mongo, posts, Worker("checker", pictures.check, pause=60))
    return app


def _pictures(settings: ImageSettings, store: PictureStore, posts: Posts) -> Pictures:
    decoder = Decoder(
        most_pixels=settings.max_pixels,
        memory=settings.decode_megabytes * 1024 * 1024,
        at_once=settings.decoders_at_once,
    )
    patience = Patience(
        keep=timedelta(days=settings.keep_days),
        refused=timedelta(seconds=settings.refused_seconds),
        failed=timedelta(seconds=settings.failed_seconds),
        wait_seconds=settings.fetch_seconds + 5,
    )
    return Pictures(
        store,
        posts,
        _fetcher(settings),
        decoder,
        patience=patience,
        fetches_at_once=settings.fetches_at_once,
        waiting_at_once=settings.waiting_at_once,
    )


def _fetcher(settings: ImageSettings) -> Fetcher:
    exempt = loopback_socket(settings.test_picture_server) if settings.test_picture_server else None
    return Fetcher(
        Gate(refused=networks(settings.refused_networks), exempt=exempt),
        connect_seconds=settings.connect_seconds,
        seconds=settings.fetch_seconds,
        most_bytes=settings.max_picture_bytes,
    )
