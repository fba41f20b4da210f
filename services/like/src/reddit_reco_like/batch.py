"""Likes by the thousand, as an import brings them: the same batch again changes nothing."""

from collections.abc import Sequence
from datetime import datetime

from reddit_reco_synced.batches import Answer
from reddit_reco_synced.records import Document, keep_all

from .domain import kept, like_id
from .models import LikeLine
from .store import LikeStore


def write(store: LikeStore, lines: Sequence[LikeLine], now: datetime) -> list[Answer]:
    """Keep the like of every line; one that is there stays as it is."""
    records: dict[str, Document] = {}
    for line in lines:
        record = {"user": line.user, "post": line.post, "at": line.at or kept(now)}
        records.setdefault(like_id(line.user, line.post), record)
    written = keep_all(store.likes, records)
    return written.answers((like_id(line.user, line.post), line.user) for line in lines)
