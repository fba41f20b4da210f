"""`python -m reddit_reco_login` serves until SIGTERM."""

from reddit_reco_chassis import serve

from .app import make_app
from .settings import LoginSettings

serve("login", LoginSettings, make_app)
