"""Tags by the thousand, as an import brings them: the same batch again changes nothing."""

from collections.abc import Sequence
from datetime import datetime

from reddit_reco_synced.batches import Answer
from reddit_reco_synced.records import Document, keep_all

from .domain import folded, tag_id
from .models import TagLine
from .store import REMOVED, TAGS, TagStore


def write(store: TagStore, lines: Sequence[TagLine], now: datetime) -> list[Answer]:
    """Give every line's tag as its user does by hand: it wins over rules and removals."""
    spelling: dict[tuple[str, str], str] = {}
    records: dict[str, Document] = {}
    for line in lines:
        name = line.user, folded(line.value)
        if name not in spelling:
            spelling[name] = store.spelled(line.user, line.value)
        records.setdefault(_id(line), _record(line, spelling[name], now))
    ids = list(records)
    store.database[REMOVED].delete_many({"_id": {"$in": ids}})
    written = keep_all(store.database[TAGS], records)
    by_rule = {"_id": {"$in": ids}, "by": "rule"}
    store.database[TAGS].update_many(by_rule, {"$set": {"by": "user"}})
    return written.answers((_id(line), line.user) for line in lines)


def _record(line: TagLine, tag: str, now: datetime) -> Document:
    return {
        "user": line.user,
        "post": line.post,
        "tag": tag,
        "folded": folded(tag),
        "at": line.at or now,
        "by": "user",
    }


def _id(line: TagLine) -> str:
    return tag_id(line.user, line.post, line.value)
