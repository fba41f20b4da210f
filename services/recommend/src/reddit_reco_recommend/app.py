"""Wiring: settings in, a Flask app out."""

from flask import Flask

from reddit_reco_chassis import Mongo, Service, Worker, create_app, run_beside
from reddit_reco_synced import Eraser, SyncState

from . import __version__
from .api import RECOMMENDER, api
from .cards import Cards
from .engine import Blend
from .fitter import Fitter
from .follower import Follower
from .hiding import Hiding
from .lists import Lists
from .recommender import Recommender
from .seals import Seals
from .settings import RecommendSettings
from .store import RecommendStore
from .walks import Walks

SERVICE = Service("recommend", __version__, "Recommend posts: personal, by topic, by likeness.")


def make_app(settings: RecommendSettings) -> Flask:
    """The app. It is ready once all posts are read, and its database answers."""
    mongo = Mongo(settings)
    store = RecommendStore(lambda: mongo.database)
    cards = Cards(store, settings.cards_mb * 1_000_000)
    lists = Lists(lambda: mongo.database, settings.list_seconds)
    seals = Seals(lambda: mongo.database)
    hiding = Hiding(store, settings.hide_url, settings.hide_deadline_ms / 1000)
    weights = _weights(settings)
    blend = Blend(dislike=settings.weight_hide, diversity=settings.diversity)
    fitter = Fitter(store, weights, settings.refit_seconds, settings.fit_signals, blend)
    follower = Follower(store, cards, fitter.publish, fitter.signalled, settings.commit_seconds)
    app = create_app(
        SERVICE,
        settings,
        blueprints=[api],
        checks={
            "database": mongo.ping,
            "indexes": store.make_indexes,
            "lists": lists.make_indexes,
            "seals": seals.load,
            "posts": fitter.engine,
        },
    )
    app.extensions[RECOMMENDER] = Recommender(
        store, cards, Walks(lists, seals), hiding, fitter.engine, weights=weights
    )
    run_beside(
        app,
        mongo,
        hiding,
        SyncState(lambda: mongo.database),
        Eraser(lambda: mongo.database, lists.erase),
        Worker("fitter", fitter.run),
        follower,
    )
    return app


def _weights(settings: RecommendSettings) -> dict[str, float]:
    return {
        "like": settings.weight_like,
        "tag": settings.weight_tag,
        "rule": settings.weight_rule,
        "share": settings.weight_share,
    }
