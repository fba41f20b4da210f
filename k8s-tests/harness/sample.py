"""1,000 posts to import: real ones where they are at hand, else made from the starter posts."""

import json
from pathlib import Path

from .release import CACHE, REPO

REAL = "reddit-python-1000.mongoexport.json"


def sample_file(folder: Path) -> Path:
    """The real file in `folder`, or one of the same form made from the starter posts."""
    if (folder / REAL).exists():
        return folder / REAL
    path = CACHE / "sample-1000.mongoexport.json"
    path.write_text("".join(f"{line}\n" for line in _made(1000)))
    return path


def titles(path: Path) -> dict[str, str]:
    """Post id -> title of the file's posts."""
    posts = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    return {f"reddit:{post['id']}": post["title"] for post in posts}


def _made(count: int) -> list[str]:
    text = (REPO / "charts" / "reddit-reco" / "files" / "starter-posts.ndjson").read_text()
    starters = [json.loads(line) for line in text.splitlines()]
    lines = []
    for number in range(count):
        post = dict(starters[number % len(starters)])
        post |= {"id": f"made{number:04d}", "name": f"t3_made{number:04d}"}
        post |= {"title": f"{post['title']} ({number})", "created_utc": 1.3e9 + number}
        lines.append(json.dumps({"_id": {"$oid": f"{number:024x}"}, **post}))
    return lines
