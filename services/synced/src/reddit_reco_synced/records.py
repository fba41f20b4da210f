"""Records that belong to users: many are kept at once, and none of a user who was erased."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, BulkWriteError

from .erasing import erased_among

Document = dict[str, Any]

ERASED = {"status": 410, "detail": "This account was erased.", "field": "user"}


@dataclass(frozen=True)
class Kept:
    """What became of records: ids of the new ones, and the users for whom nothing is kept."""

    new: frozenset[str]
    erased: frozenset[str]

    def answers(self, wishes: Iterable[tuple[str, str]]) -> list[Document]:
        """The answer to each wish, given its record's id and its user; of equals the first is new.

        The statuses are those of single requests, but 410 for a user who was erased.
        """
        left = set(self.new)
        answers: list[Document] = []
        for key, user in wishes:
            if user in self.erased:
                answers.append(dict(ERASED))
            else:
                answers.append({"status": 201 if key in left else 200})
                left.discard(key)
        return answers


def keep_all(
    collection: Collection[Document], records: Mapping[str, Document], owner: str = "user"
) -> Kept:
    """Insert those records that are not there, each on its own.

    Args:
        collection: where; the users who were erased are in `erased` of the same database.
        records: id -> the rest of the record.
        owner: the field that names a record's user.
    """
    users = {record[owner] for record in records.values()}
    erased = erased_among(collection.database, users)
    wanted = {key: record for key, record in records.items() if record[owner] not in erased}
    new = _insert(collection, wanted)
    # The eraser may have been here meanwhile: whoever is later removes what was written.
    late = erased_among(collection.database, users - erased)
    if late:
        gone = [key for key, record in wanted.items() if record[owner] in late]
        collection.delete_many({"_id": {"$in": gone}})
        new = new.difference(gone)
    return Kept(frozenset(new), frozenset(erased | late))


def _insert(collection: Collection[Document], records: Mapping[str, Document]) -> set[str]:
    if not records:
        return set()
    writes = [
        UpdateOne({"_id": key}, {"$setOnInsert": record}, upsert=True)
        for key, record in records.items()
    ]
    try:
        done = collection.bulk_write(writes, ordered=False)
    except BulkWriteError as error:
        if error.details["writeErrors"]:
            raise
        # Written, but not known to be on a majority: not to be acknowledged.
        raise AutoReconnect(str(error.details["writeConcernErrors"][0])) from None
    return {str(key) for key in (done.upserted_ids or {}).values()}
