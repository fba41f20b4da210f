"""Posts and signals for the benchmark over HTTP: made up, or posts of a real dump."""

import io
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import zstandard

Document = dict[str, Any]

TOPICS = 200
_WORDS_OF_TOPIC = 150
_SEED = 20260101
_START = datetime(2026, 1, 1, tzinfo=UTC)
# Dumps are often made with a window that decoders refuse unless told (zstd --long=31).
_WINDOW = 2**31


def made_posts(number: int) -> Iterator[Document]:
    """Posts of 200 subreddits, each with words of its own; scores as uneven as real ones."""
    rng = random.Random(_SEED)
    for at in range(number):
        topic = at % TOPICS
        words = [f"t{topic}w{int(_WORDS_OF_TOPIC * rng.random() ** 2)}" for _ in range(9)]
        words += [f"w{int(20_000 * rng.random() ** 3)}" for _ in range(30)]
        text = " ".join(words[6:])
        yield _post(f"{at}", " ".join(words[:6]), text, f"Sub{topic}", int(rng.paretovariate(0.7)))


def dumped_posts(dump: Path, number: int) -> Iterator[Document]:
    """The first posts of a dump in the NDJSON form of `reddit-top-csv`."""
    with dump.open("rb") as raw:
        reader: BinaryIO = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(raw)
        lines: Iterator[bytes] = io.BufferedReader(reader, 1 << 20)  # type: ignore[type-var]
        for line in islice(lines, number):
            row = orjson.loads(line)
            post = _post(
                row["id"], row["title"], row["selftext"], row["subreddit"], int(row["score"])
            )
            post["created_at"] = datetime.fromtimestamp(float(row["created_utc"]), UTC)
            yield post


def made_likes(users: int, each: int, posts: int) -> Iterator[Document]:
    """Likes of users of three topics each, mostly of what many like."""
    rng = random.Random(_SEED)
    for user in range(users):
        topics = rng.sample(range(TOPICS), 3)
        there = posts // TOPICS
        liked = {rng.choice(topics) + TOPICS * int(there * rng.random() ** 2) for _ in range(each)}
        for at, post in enumerate(sorted(liked)):
            yield like(user, f"{post}", _START + timedelta(seconds=at))


def like(user: int, native: str, at: datetime) -> Document:
    """A like as sync writes it."""
    name = subject(user)
    return {"_id": f"{name}|reddit:{native}", "user": name, "post": f"reddit:{native}", "at": at}


def subject(user: int) -> str:
    """The user of a number, as in a token."""
    return f"user:{user:026d}"


def _post(native: str, title: str, text: str, subreddit: str, score: int) -> Document:
    return {
        "_id": f"reddit:{native}",
        "source": "reddit",
        "title": title,
        "text": text,
        "url": f"https://example.org/{native}",
        "permalink": f"/r/{subreddit}/{native}",
        "subreddit": subreddit,
        "author": "somebody",
        "created_at": _START,
        "score": score,
        "num_comments": 3,
        "over_18": False,
        "tags": [],
        "attribution": None,
    }
