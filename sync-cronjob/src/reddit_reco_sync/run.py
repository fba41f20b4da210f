"""One run of one stream: position first, then copy, then tail, from where the last run ended."""

import logging
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bson.timestamp import Timestamp
from pymongo import MongoClient
from pymongo.client_session import ClientSession

from . import metrics
from .pieces import Piece, pieces
from .prefetch import prefetched
from .settings import Settings, Stream
from .source import ChangeCursor, Changes, PositionLost, Source
from .state import COPY, NEW, TAIL, Fence
from .target import Target, batches
from .tokens import datetime_of, timestamp_of

log = logging.getLogger(__name__)
Document = dict[str, Any]

AWAIT_MS = 500
SAVE_SECONDS = 5.0
CATCH_UP_SECONDS = 10.0
MOST_REMOVED = 1 / 5


class Blocked(Exception):
    """The copy would remove more than a fifth of the target, which a person must allow."""


@dataclass
class Counts:
    """What a run has done."""

    copied: int = 0
    changed: int = 0
    removed: int = 0
    progress: float = field(default_factory=time.monotonic)


class Run:
    """Moves one stream on.

    Args:
        deadline: `time.monotonic()` until which the tail goes on; None for one pass. It ends when
            everything is there that was written before the tail began, and not earlier.
        stopping: set to end after the batch at hand.

    Attributes:
        claimed: whether the stream has been this run's.
        fence: the stream's state.
        counts: what was done.
    """

    def __init__(
        self,
        client: "MongoClient[Document]",
        stream: Stream,
        settings: Settings,
        deadline: float | None,
        stopping: threading.Event,
    ) -> None:
        self._stream = stream
        self._force = settings.force
        self._deadline = deadline
        self._stopping = stopping
        self._source = Source(client, stream.source)
        self._target = Target(client, stream.target)
        self.claimed = False
        self.fence = Fence(client, stream)
        self.counts = Counts()

    def close(self) -> None:
        """End the sessions."""
        self._source.close()
        self.fence.close()

    def go(self) -> None:
        """Run to the end; may be called again after a failure, and goes on from what is committed.

        Raises:
            Fenced: another run has the stream now.
            Blocked: the copy would remove too much.
            PyMongoError: MongoDB is away, or refuses.
        """
        if self.claimed:
            self.fence.refresh()
        else:
            self._target.create()
            self.fence.claim()
            self.claimed = True
        self._reconsider_block()
        while not self._stopping.is_set():
            try:
                if self._phase():
                    return
            except PositionLost as lost:
                self._begin_again(lost)

    def _phase(self) -> bool:
        """Do the phase at hand; True when the run is over."""
        match self.fence.state["phase"]:
            case "new":
                self._begin()
            case "copy":
                self._copy()
            case _:
                self._follow(self._deadline)
                return True
        return False

    def _reconsider_block(self) -> None:
        """A blocked copy is made anew once it is allowed, or the source has changed."""
        blocked = self.fence.state.get("blocked")
        if not blocked:
            return
        if not self._force and blocked["source_size"] == self._source.size():
            raise Blocked(blocked["reason"])
        self.fence.commit(phase=NEW, blocked=None)

    def _begin_again(self, lost: PositionLost) -> None:
        log.error("%s: the position is lost, copying anew: %s", self._stream.name, lost)
        metrics.HISTORY_LOST.labels(self._stream.name).inc()
        self.fence.commit(phase=NEW, history_lost=self.fence.state["history_lost"] + 1)

    def _begin(self) -> None:
        """The position is taken before the first read, so that no change falls between the two."""
        token = self._source.position()
        state = self.fence.state
        self.fence.commit(
            phase=COPY,
            token=token,
            last=None,
            gen=state["gen"] + 1,
            had=self._target.size(),
            source_time=state["source_time"] or datetime_of(token),
        )
        log.info("%s: copy %d begins", self._stream.name, state["gen"] + 1)

    def _copy(self) -> None:
        """Copy piece by piece, and catch up with the changes after each.

        A copy that took longer than the oplog reaches back would lose its position, begin again,
        and never end. The scan begins anew after each catching up, so that nothing which it read
        ahead can overwrite a newer version.
        """
        generation = self.fence.state["gen"]
        while not self._copy_piece(generation):
            if self._stopping.is_set():
                return
            self._follow(None)
        self._remove_stale(generation)

    def _copy_piece(self, generation: int) -> bool:
        """Go on with the copy for some seconds; True when all has been read."""
        until = time.monotonic() + CATCH_UP_SECONDS
        with prefetched(batches(self._source.scan(self.fence.state["last"]))) as ahead:
            for batch in ahead:
                write = partial(self._target.put, batch, generation)
                self.fence.commit(write, last=batch[-1]["_id"])
                self._count("copied", len(batch))
                if self._stopping.is_set() or time.monotonic() > until:
                    return False
        return True

    def _remove_stale(self, generation: int) -> None:
        self._refuse_wipe(generation)
        for ids in self._target.stale_ids(generation):
            self.fence.commit(partial(self._target.remove, ids))
            self._count("removed", len(ids))
            if self._stopping.is_set():
                return
        self.fence.commit(phase=TAIL, last=None)
        log.info("%s: copy %d is complete", self._stream.name, generation)

    def _refuse_wipe(self, generation: int) -> None:
        had, stale = self.fence.state["had"], self._target.stale(generation)
        if self._force or stale <= had * MOST_REMOVED:
            return
        reason = (
            f"the copy would remove {stale} of {had} documents, as the source no longer has them; "
            "if that is right, run once with --force (SYNC_FORCE=true)"
        )
        self.fence.commit(blocked={"reason": reason, "source_size": self._source.size()})
        raise Blocked(reason)

    def _follow(self, deadline: float | None) -> None:
        """Bring over what changed after the position, and go on until the deadline.

        Args:
            deadline: `time.monotonic()`; None ends when all is there that was written before now.
        """
        goal = self._source.now()
        saved = time.monotonic()
        with (
            self._source.changes(self.fence.state["token"]) as cursor,
            prefetched(pieces(self._source, lambda: self._next(cursor, deadline))) as ahead,
        ):
            for piece in ahead:
                over = self._is_over(piece, goal, deadline)
                due = over or time.monotonic() - saved > SAVE_SECONDS
                # A quiet stream's old position dies when the oplog rolls on.
                if piece.documents or piece.gone or (due and self._has_moved(piece)):
                    self._apply(piece)
                    saved = time.monotonic()
                if over:
                    return

    def _next(self, cursor: ChangeCursor, deadline: float | None) -> Changes:
        left = AWAIT_MS
        if deadline is not None:
            left = min(left, int(1000 * (deadline - time.monotonic())))
        changes = cursor.next(max(50, left))
        self.counts.progress = time.monotonic()
        return changes

    def _is_over(self, piece: Piece, goal: Timestamp | None, deadline: float | None) -> bool:
        if piece.token is None:
            return False
        if self._stopping.is_set():
            return True
        if deadline is not None and time.monotonic() < deadline:
            return False
        reached = timestamp_of(piece.token)
        return not piece.documents if reached is None or goal is None else reached >= goal

    def _has_moved(self, piece: Piece) -> bool:
        return piece.token is not None and piece.token != self.fence.state["token"]

    def _apply(self, piece: Piece) -> None:
        """Write a piece; the position moves with the last one of its batch."""
        generation = self.fence.state["gen"]
        position: Document = {}
        if piece.token is not None:
            source_time = datetime_of(piece.token) or self.fence.state["source_time"]
            position = {"token": piece.token, "source_time": source_time}

        def write(session: ClientSession) -> None:
            self._target.put(piece.documents, generation, session)
            self._target.remove(piece.gone, session)

        self.fence.commit(write, **position)
        self._count("changed", len(piece.documents))
        self._count("removed", len(piece.gone))

    def _count(self, how: str, number: int) -> None:
        self.counts.progress = time.monotonic()
        setattr(self.counts, how, getattr(self.counts, how) + number)
        metrics.WRITTEN.labels(self._stream.name, how).inc(number)
