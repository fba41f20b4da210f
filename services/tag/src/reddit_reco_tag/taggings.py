"""Writes what rules ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prometheus_client import Counter
from pymongo import UpdateOne
from pymongo.database import Database

from reddit_reco_synced.erasing import erased_among

from .domain import folded, tag_id
from .store import REMOVED, TAGS

Document = dict[str, Any]

WRITTEN = Counter("reddit_reco_tag_by_rule_total", "Tags given by rules.")


@dataclass(frozen=True)
class Tagging:
    """A tag that a rule of `user` gives to a post."""

    user: str
    post: str
    tag: str

    @property
    def id(self) -> str:
        """The id that it has however often it is written."""
        return tag_id(self.user, self.post, self.tag)


def write(database: Database[Document], taggings: Sequence[Tagging]) -> None:
    """Write those that are not there, but none that its user removed by hand or that is erased."""
    wanted = {each.id: each for each in taggings}
    for unwanted in _unwanted(database, wanted):
        del wanted[unwanted]
    if not wanted:
        return
    now = datetime.now(UTC)
    done = database[TAGS].bulk_write([_upsert(each, now) for each in wanted.values()], False)
    WRITTEN.inc(done.upserted_count)
    # A removal during the write found nothing to remove; its mark is there now.
    if late := _unwanted(database, wanted):
        database[TAGS].delete_many({"_id": {"$in": late}, "by": "rule"})


def _unwanted(database: Database[Document], wanted: dict[str, Tagging]) -> list[str]:
    if not wanted:
        return []
    removed = set(database[REMOVED].distinct("_id", {"_id": {"$in": list(wanted)}}))
    users = {each.user for each in wanted.values()}
    erased = erased_among(database, users)
    return [key for key, each in wanted.items() if key in removed or each.user in erased]


def _upsert(tagging: Tagging, now: datetime) -> UpdateOne:
    fresh = {
        "user": tagging.user,
        "post": tagging.post,
        "tag": tagging.tag,
        "folded": folded(tagging.tag),
        "at": now,
        "by": "rule",
    }
    return UpdateOne({"_id": tagging.id}, {"$setOnInsert": fresh}, upsert=True)
