"""`python -m reddit_reco_hide` serves until SIGTERM."""

from reddit_reco_chassis import Settings, serve

from .app import make_app

serve("hide", Settings, make_app)
