"""Where a stream stands, kept in its target, and the fence that lets one run alone move it."""

import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pymongo
from pymongo import MongoClient, ReturnDocument, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure, PyMongoError

from .settings import Stream

log = logging.getLogger(__name__)
Document = dict[str, Any]
Write = Callable[[ClientSession], None]

COLLECTION = "synced_state"
NEW, COPY, TAIL = "new", "copy", "tail"
MAJORITY = WriteConcern("majority", wtimeout=30_000)
# Longer than a batch takes.
_ORPHAN_SECONDS = 3.0


class Fenced(Exception):
    """Another run has moved this stream's state: this one must stop."""


class Fence:
    """The state of one stream. It moves only by compare-and-set on `rev`, together with a batch.

    That is what keeps two runs apart, and lets a newer one take over while the older still follows.
    """

    def __init__(self, client: "MongoClient[Document]", stream: Stream) -> None:
        self._client = client
        self._states = client[stream.target.db].get_collection(COLLECTION, write_concern=MAJORITY)
        self._stream = stream
        self._run = uuid.uuid4().hex
        self._session = client.start_session()
        self.state: Document = {}

    def close(self) -> None:
        """End the session."""
        self._session.end_session()

    def claim(self) -> None:
        """Make the stream this run's; the run that had it is fenced off at its next commit."""
        try:
            with pymongo.timeout(_ORPHAN_SECONDS):
                self.state = self._take()
        except PyMongoError as error:
            if not error.timeout:
                raise
            self._end_orphan()
            self.state = self._take()

    def _take(self) -> Document:
        """Waits for the transaction of an older run that is about to end, and takes its result."""
        fresh = {"phase": NEW, "token": None, "last": None, "gen": 0}
        fresh |= {"source_time": None, "history_lost": 0, "blocked": None}
        taken = self._states.find_one_and_update(
            {"_id": self._stream.name},
            {"$setOnInsert": fresh, "$set": self._mine(), "$inc": {"rev": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return taken or {}

    def _mine(self) -> Document:
        session = self._session.session_id["id"]
        return {"run": self._run, "updated_at": datetime.now(UTC), "session": session}

    def _end_orphan(self) -> None:
        """A run killed in a transaction would keep the state locked for a minute."""
        self._load()
        if session := self.state.get("session"):
            try:
                self._client.admin.command("killSessions", [{"id": session}])
            except OperationFailure as error:
                log.info("the session of the run before cannot be ended: %s", error)

    def refresh(self) -> None:
        """Read the state again after a failure.

        Raises:
            Fenced: another run has it now.
        """
        self._load()
        if self.state.get("run") != self._run:
            raise Fenced

    def commit(self, write: Write | None = None, **changes: Any) -> None:
        """Do `write` and change the state in one transaction.

        Raises:
            Fenced: another run has moved the state; nothing is written.
        """
        changes |= self._mine()

        def both(session: ClientSession) -> None:
            self._move(session, changes)
            if write:
                write(session)

        self._session.with_transaction(both, write_concern=MAJORITY)
        self.state = {**self.state, **changes, "rev": self.state["rev"] + 1}

    def _move(self, session: ClientSession, changes: Document) -> None:
        # First in the transaction, so that two runs collide here and not on a batch.
        moved = self._states.update_one(
            {"_id": self._stream.name, "rev": self.state["rev"]},
            {"$set": changes, "$inc": {"rev": 1}},
            session=session,
        )
        if not moved.matched_count:
            raise Fenced

    def _load(self) -> None:
        self.state = self._states.find_one({"_id": self._stream.name}) or {}
