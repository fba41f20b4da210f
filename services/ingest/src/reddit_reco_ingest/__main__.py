"""`python -m reddit_reco_ingest` serves until SIGTERM; with a FILE it imports that and ends."""

import sys

from reddit_reco_chassis import serve

if len(sys.argv) > 1:
    from .command import main

    sys.exit(main(sys.argv[1:]))

from .app import make_app
from .settings import IngestSettings

serve("ingest", IngestSettings, make_app)
