"""Run the service: `python -m reddit_reco_web`."""

from reddit_reco_chassis import serve

from .app import make_app
from .settings import WebSettings

if __name__ == "__main__":
    serve("web", WebSettings, make_app)
