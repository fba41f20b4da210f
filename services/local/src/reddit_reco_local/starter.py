"""The small set of posts that a first run begins with."""

import subprocess
import sys
from pathlib import Path

from .stack import Stack

STARTER = Path(__file__).parents[4] / "charts" / "reddit-reco" / "files" / "starter-posts.ndjson"


def add_starter_posts(stack: Stack) -> int:
    """Import the starter posts; doing it again changes nothing. Returns how many there are.

    Raises:
        RuntimeError: the import failed.
    """
    token = stack.home / "keys" / "ingest.token"
    command = [sys.executable, "-m", "reddit_reco_ingest", str(STARTER)]
    command += [
        "--format",
        "reddit-top-csv",
        "--url",
        stack.url("posts"),
        "--token-file",
        str(token),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"the starter posts could not be imported: {done.stderr.strip()[-300:]}")
    return len(STARTER.read_bytes().splitlines())
