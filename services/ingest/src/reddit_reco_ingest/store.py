"""Imports in MongoDB: their state, their progress, and who works on them.

An import is worked on by the holder of its lease alone: everything that a worker writes asks for
the lease in the same operation. Leases run by the database's clock; those of pods do not matter.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bson import ObjectId
from pymongo import DESCENDING, ReplaceOne, ReturnDocument
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from .domain import Counts, Rejected

Document = dict[str, Any]
_NOW = "$$NOW"
# How long an upload may stand still before it is taken for broken off, in milliseconds.
_UPLOAD_STANDSTILL = 600_000


class LeaseLost(Exception):
    """Somebody else works on the import now, or it was cancelled."""


class KeyUsed(Exception):
    """The idempotency key belongs to another import already.

    Attributes:
        document: that import.
    """

    def __init__(self, document: Document) -> None:
        super().__init__(document["_id"])
        self.document = document


class ImportStore:
    """The collections `imports` and `rejected`.

    Args:
        database: gives the service's database.
        lease_seconds: how long a lease lasts when it is not renewed.
    """

    def __init__(self, database: Callable[[], Database[Document]], lease_seconds: int) -> None:
        self._database = database
        self._lease = lease_seconds * 1000

    def ensure_indexes(self) -> None:
        """Make the indexes."""
        self._imports.create_index([("state", 1), ("_id", 1)])
        self._imports.create_index([("by", 1), ("_id", 1)])
        self._imports.create_index(
            [("by", 1), ("key", 1)],
            unique=True,
            partialFilterExpression={"key": {"$type": "string"}},
        )

    def add(self, fields: Mapping[str, Any], *, state: str) -> str:
        """Add an import; gives its id.

        Raises:
            KeyUsed: there is one with this key of this user.
        """
        import_id = str(ObjectId())
        lease = _UPLOAD_STANDSTILL if state == "uploading" else 0
        new = {
            "counts": dict.fromkeys(Counts.__dataclass_fields__, 0),
            "position": 0,
            "offset": 0,
            "created_at": _NOW,
            **{name: {"$literal": value} for name, value in fields.items()},
            "state": state,
            "lease": {"owner": None, "until": {"$add": [_NOW, lease]}},
        }
        try:
            # As an update, since only these know the database's time.
            self._imports.update_one({"_id": import_id}, [{"$set": new}], upsert=True)
        except DuplicateKeyError:
            found = self.with_key(fields)
            if found is None:
                raise
            raise KeyUsed(found) from None
        return import_id

    def with_key(self, fields: Mapping[str, Any]) -> Document | None:
        """The import that this user made with this idempotency key."""
        if fields["key"] is None:
            return None
        found: Document | None = self._imports.find_one({"by": fields["by"], "key": fields["key"]})
        return found

    def set_upload(self, import_id: str, upload_id: ObjectId) -> None:
        """Note where an upload goes, before it does."""
        self._imports.update_one({"_id": import_id}, {"$set": {"upload_id": upload_id}})

    def touch_upload(self, import_id: str) -> None:
        """The upload goes on."""
        until = {"$add": [_NOW, _UPLOAD_STANDSTILL]}
        self._imports.update_one({"_id": import_id}, [{"$set": {"lease.until": until}}])

    def uploaded(self, import_id: str, name: str, size: int) -> bool:
        """The upload is complete: queue the import. False if it was given up meanwhile."""
        queued = {"state": "queued", "name": _text(name), "size": size, "lease": None}
        wanted = {"_id": import_id, "state": "uploading"}
        return self._imports.update_one(wanted, [{"$set": queued}]).matched_count == 1

    def remove(self, import_id: str) -> None:
        """Forget an import whose upload came to nothing."""
        self._imports.delete_one({"_id": import_id, "state": "uploading"})

    def find(self, import_id: str) -> Document | None:
        """The import, if there is one."""
        return self._imports.find_one({"_id": import_id, "state": {"$ne": "uploading"}})

    def newest(
        self, state: str | None, before: str | None, limit: int, by: str | None = None
    ) -> list[Document]:
        """Imports, the newest first; with `by` those of this user alone."""
        wanted: Document = {"state": state or {"$ne": "uploading"}}
        if by is not None:
            wanted["by"] = by
        if before is not None:
            wanted["_id"] = {"$lt": before}
        return list(self._imports.find(wanted).sort("_id", DESCENDING).limit(limit))

    def unfinished(self, by: str) -> int:
        """How many imports of a user are not over, or failed and can be resumed."""
        kept = {"state": "failed", "upload_id": {"$type": "objectId"}}
        alive = {"state": {"$in": ["uploading", "queued", "running"]}}
        return self._imports.count_documents({"by": by, "$or": [alive, kept]})

    def count(self, state: str) -> int:
        """How many imports are in a state."""
        return self._imports.count_documents({"state": state})

    def cancel(self, import_id: str) -> None:
        """Stop the import if it is not over; one that failed cannot be resumed any more."""
        self._imports.update_one(
            {"_id": import_id, "state": {"$in": ["queued", "running", "failed"]}},
            [{"$set": {"state": "cancelled", "finished_at": _NOW, "lease": None}}],
        )

    def requeue(self, import_id: str) -> bool:
        """Queue a failed import again, if its file is still there; it goes on where it was."""
        wanted = {"_id": import_id, "state": "failed"}
        file_there = {"$or": [{"upload_id": {"$type": "objectId"}}, {"path": {"$type": "string"}}]}
        reset = {"state": "queued", "reason": None, "finished_at": None, "attempts": 0}
        return (
            self._imports.update_one({**wanted, **file_there}, {"$set": reset}).matched_count == 1
        )

    def claim(self, owner: str) -> Document | None:
        """Take the lease of the oldest import that waits for a worker, or whose worker is dead."""
        free: Document = {"$lt": [{"$ifNull": ["$lease.until", 0]}, _NOW]}
        taken = {
            "state": "running",
            "lease": {"owner": owner, "until": self._until()},
            "started_at": {"$ifNull": ["$started_at", _NOW]},
            "attempts": {"$add": [{"$ifNull": ["$attempts", 0]}, 1]},
        }
        return self._imports.find_one_and_update(
            {"state": {"$in": ["queued", "running"]}, "$expr": free},
            [{"$set": taken}],
            sort=[("_id", 1)],
            return_document=ReturnDocument.AFTER,
        )

    def renew(self, import_id: str, owner: str) -> None:
        """Keep the lease.

        Raises:
            LeaseLost: it is not the owner's any more.
        """
        self._guarded(import_id, owner, {"lease.until": self._until()})

    def commit(
        self,
        import_id: str,
        owner: str,
        *,
        position: int,
        offset: int,
        counts: Counts,
        rejected: Sequence[tuple[int, Rejected]],
    ) -> None:
        """Keep progress, and with it the counts, in one operation: no record is counted twice.

        Raises:
            LeaseLost: the lease is not the owner's any more.
        """
        if rejected:
            # Before the position: what is kept twice has the same key.
            self._rejected.bulk_write([_replacement(import_id, *one) for one in rejected])
        sums: Document = {
            # An import that an older version began may lack a count.
            f"counts.{name}": {"$add": [{"$ifNull": [f"$counts.{name}", 0]}, getattr(counts, name)]}
            for name in Counts.__dataclass_fields__
        }
        progress = {"position": position, "offset": offset, "attempts": 0}
        try:
            self._guarded(import_id, owner, {**sums, **progress, "lease.until": self._until()})
        except LeaseLost:
            self._forget_rejected_of_none(import_id)
            raise

    def release(self, import_id: str, owner: str, *, attempts: int) -> None:
        """Give the import back, for anybody to claim.

        Args:
            attempts: how many claims have come to nothing so far.

        Raises:
            LeaseLost: the lease is not the owner's any more.
        """
        self._guarded(import_id, owner, {"state": "queued", "lease": None, "attempts": attempts})

    def finish(self, import_id: str, owner: str, *, state: str, reason: str | None) -> None:
        """The import is over."""
        end = {"state": state, "finished_at": _NOW, "lease": None, "reason": _text(reason)}
        self._guarded(import_id, owner, end)

    def rejected(self, import_id: str, after: int, limit: int = 0) -> Iterable[Document]:
        """Rejected records behind the position `after`, in the order of the file."""
        keys = {**_keys(import_id), "$gt": _key(import_id, after)}
        return self._rejected.find({"_id": keys}).sort("_id", 1).limit(limit)

    def rejected_kept(self, import_id: str) -> int:
        """How many rejected records are kept."""
        return self._rejected.count_documents({"_id": _keys(import_id)})

    def spent_uploads(self, failed_days: int) -> list[tuple[str, ObjectId]]:
        """Uploads that no import needs: it is over, or the upload was broken off."""
        failed_since = {"$subtract": [_NOW, failed_days * 86_400_000]}
        over = [
            {"state": {"$in": ["done", "cancelled"]}},
            {"state": "uploading", "$expr": {"$lt": ["$lease.until", _NOW]}},
            {"state": "failed", "$expr": {"$lt": ["$finished_at", failed_since]}},
        ]
        found = self._imports.find(
            {"upload_id": {"$type": "objectId"}, "$or": over}, {"upload_id": 1}
        )
        return [(one["_id"], one["upload_id"]) for one in found]

    def upload_deleted(self, import_id: str) -> None:
        """Note that the file is gone; forget the import if that was all there was of it."""
        self._imports.update_one({"_id": import_id}, {"$unset": {"upload_id": True}})
        self.remove(import_id)

    def erase(self, order: Mapping[str, Any]) -> list[ObjectId]:
        """Forget the imports of the user of an order; gives the uploads that are to be deleted."""
        uploads = []
        for one in self._imports.find({"by": order["_id"]}, {"upload_id": 1}):
            self._imports.delete_one({"_id": one["_id"]})
            self._forget_rejected_of_none(one["_id"])
            uploads.append(one.get("upload_id"))
        return [upload for upload in uploads if isinstance(upload, ObjectId)]

    def _forget_rejected_of_none(self, import_id: str) -> None:
        """Whoever is later, the eraser or a worker, removes what no import has any more."""
        if self._imports.find_one({"_id": import_id}, {"_id": 1}) is None:
            self._rejected.delete_many({"_id": _keys(import_id)})

    def _guarded(self, import_id: str, owner: str, change: Document) -> None:
        mine = {"_id": import_id, "state": "running", "lease.owner": owner}
        if not self._imports.update_one(mine, [{"$set": change}]).matched_count:
            raise LeaseLost(import_id)

    def _until(self) -> Document:
        return {"$add": [_NOW, self._lease]}

    @property
    def _imports(self) -> Collection[Document]:
        return self._database()["imports"]

    @property
    def _rejected(self) -> Collection[Document]:
        return self._database()["rejected"]


def _replacement(import_id: str, position: int, rejected: Rejected) -> "ReplaceOne[Document]":
    entry = {
        "line": position,
        "reason": rejected.reason,
        "field": rejected.field,
        "excerpt": rejected.excerpt,
    }
    key = _key(import_id, position)
    return ReplaceOne({"_id": key}, {"_id": key, **entry}, upsert=True)


def _keys(import_id: str) -> Document:
    """Every key of an import: ";" follows ":"."""
    return {"$gt": f"{import_id}:", "$lt": f"{import_id};"}


def _key(import_id: str, position: int) -> str:
    return f"{import_id}:{position:015d}"


def _text(value: str | None) -> Document:
    """A value in an update pipeline, where text that starts with `$` would be a field's name."""
    return {"$literal": value}
