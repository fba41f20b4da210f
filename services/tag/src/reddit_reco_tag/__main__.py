"""`python -m reddit_reco_tag` serves until SIGTERM."""

from reddit_reco_chassis import Settings, serve

from .app import make_app

serve("tag", Settings, make_app)
