"""`python -m reddit_reco_like` serves until SIGTERM."""

from reddit_reco_chassis import Settings, serve

from .app import make_app

serve("like", Settings, make_app)
