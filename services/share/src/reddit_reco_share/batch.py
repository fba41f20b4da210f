"""Shares by the thousand, as an import brings them: the same batch again changes nothing."""

from collections.abc import Sequence
from datetime import datetime

from reddit_reco_synced.batches import Answer
from reddit_reco_synced.records import Document, keep_all

from .domain import code_of, milliseconds
from .models import ShareLine
from .store import SHARES, ShareStore


def write(store: ShareStore, lines: Sequence[ShareLine], now: datetime) -> list[Answer]:
    """Keep a share with nobody for every line; user, post and time make it the same one again."""
    key = store.visitor_key()
    codes = [
        code_of(key, line.user, line.post, milliseconds(line.at) if line.at else None)
        for line in lines
    ]
    records: dict[str, Document] = {}
    for code, line in zip(codes, lines, strict=True):
        records.setdefault(code, _record(line, now))
    written = keep_all(store.database[SHARES], records, owner="from")
    users = (line.user for line in lines)
    return written.answers(zip(codes, users, strict=True))


def _record(line: ShareLine, now: datetime) -> Document:
    return {
        "from": line.user,
        "from_name": "",
        "to": None,
        "post": line.post,
        "at": line.at or now,
        "visits": 0,
    }
