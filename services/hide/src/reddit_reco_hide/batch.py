"""Hidden posts by the thousand, as an import brings them: the same batch again changes nothing."""

from collections.abc import Sequence
from datetime import datetime

from reddit_reco_synced.batches import Answer
from reddit_reco_synced.records import Document, keep_all

from .domain import kept, record_id
from .models import HiddenLine
from .store import HideStore


def write(store: HideStore, lines: Sequence[HiddenLine], now: datetime) -> list[Answer]:
    """Hide the post, or the subreddit, of every line; what is hidden stays as it is."""
    records: dict[str, Document] = {}
    for line in lines:
        what = line.what
        record = {"user": line.user, what.kind: what.value, "at": line.at or kept(now)}
        records.setdefault(_id(line), record)
    written = keep_all(store.hidden, records)
    return written.answers((_id(line), line.user) for line in lines)


def _id(line: HiddenLine) -> str:
    return record_id(line.user, line.what.key)
