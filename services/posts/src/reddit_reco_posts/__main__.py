"""`python -m reddit_reco_posts` serves until SIGTERM."""

from reddit_reco_chassis import serve

from .app import make_app
from .settings import PostsSettings

serve("posts", PostsSettings, make_app)
