"""`python -m reddit_reco_image` serves until SIGTERM."""

from reddit_reco_chassis import serve

from .app import make_app
from .settings import ImageSettings

serve("image", ImageSettings, make_app)
