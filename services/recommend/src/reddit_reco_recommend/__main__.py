"""`python -m reddit_reco_recommend` serves until SIGTERM."""

import os

# Read when numpy is loaded. Threads of its own would fight those that answer requests.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from reddit_reco_chassis import serve

from .allocator import share_arenas
from .app import make_app
from .settings import RecommendSettings

share_arenas()
serve("recommend", RecommendSettings, make_app)
