"""`python -m reddit_reco_search` serves until SIGTERM."""

from reddit_reco_chassis import serve

from .app import make_app
from .settings import SearchSettings

serve("search", SearchSettings, make_app)
