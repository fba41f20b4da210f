"""`python -m reddit_reco_share` serves until SIGTERM."""

from reddit_reco_chassis import serve

from .app import make_app
from .settings import ShareSettings

serve("share", ShareSettings, make_app)
