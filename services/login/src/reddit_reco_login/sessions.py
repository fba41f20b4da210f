"""Sessions in MongoDB: a family of refresh tokens each, of which one is good at a time."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo import ReturnDocument
from pymongo.collection import Collection

from .domain import (
    MOST_LATE_IN_A_ROW,
    AccountUnknown,
    RefreshRefused,
    RefreshToken,
    User,
    new_refresh_token,
)
from .store import Document, LoginStore, exact_now


@dataclass(frozen=True)
class Lasting:
    """How long things are good.

    Args:
        session: a session that nobody refreshes.
        grace: the token used last, freely: two tabs that meet.
        repeat: the token used last, while nobody used its successor: an answer that was lost.
    """

    session: timedelta
    grace: timedelta
    repeat: timedelta


class Sessions:
    """Opens, refreshes and closes sessions.

    Args:
        store: where accounts are.
        lasting: how long things are good.
    """

    def __init__(self, store: LoginStore, lasting: Lasting) -> None:
        self._store = store
        self._lasting = lasting

    @property
    def _kept(self) -> Collection[Document]:
        return self._store.database["sessions"]

    def open(self, user: User) -> RefreshToken:
        """Begin a session."""
        token, now = new_refresh_token(), exact_now()
        self._kept.insert_one(
            {
                "_id": token.family,
                "user": user.subject,
                "digest": token.digest,
                "salt": secrets.token_bytes(16),
                "created_at": now,
                "expires_at": now + self._lasting.session,
            }
        )
        return token

    def refresh(self, token: RefreshToken) -> tuple[User, RefreshToken]:
        """Put the next token in the place of this one.

        The token used last gets the same successor again, within limits (see `Lasting`). Any other
        token of a living family that is not the current one was copied: the family ends.

        Raises:
            RefreshRefused: the token is of no living session, or was used before.
        """
        now = exact_now()
        kept = self._kept.find_one({"_id": token.family, "expires_at": {"$gt": now}})
        if kept is None:
            raise RefreshRefused
        if kept["digest"] != token.digest:
            return self._again(kept, token, now)
        following = token.successor(kept["salt"])
        if not self._replace(kept, following, now):
            return self.refresh(token)
        return self._owner(kept), following

    def _replace(self, kept: Document, following: RefreshToken, now: datetime) -> bool:
        before = {
            "digest": kept["digest"],
            "salt": kept["salt"],
            "at": now,
            "late_in_a_row": _late_in_a_row(kept) if _came_late(kept) else 0,
        }
        done = self._kept.find_one_and_update(
            {"_id": kept["_id"], "digest": kept["digest"]},
            {
                "$set": {
                    "digest": following.digest,
                    "salt": secrets.token_bytes(16),
                    "before": before,
                    "expires_at": now + self._lasting.session,
                }
            },
            return_document=ReturnDocument.AFTER,
        )
        return done is not None

    def _again(
        self, kept: Document, token: RefreshToken, now: datetime
    ) -> tuple[User, RefreshToken]:
        """Answer a token that is not the current one."""
        before = kept.get("before")
        if before and before["digest"] == token.digest:
            soon = before["at"] >= now - self._lasting.grace
            if soon or self._may_be_late(kept, now):
                return self._owner(kept), token.successor(before["salt"])
        self.close(kept["_id"], kept["user"])
        raise RefreshRefused(kept["user"])

    def _may_be_late(self, kept: Document, now: datetime) -> bool:
        """Whether the answer may have been lost: not in one refresh after the other."""
        if kept["before"]["at"] < now - self._lasting.repeat:
            return False
        if _came_late(kept):
            return True
        if _late_in_a_row(kept) >= MOST_LATE_IN_A_ROW:
            return False
        self._kept.update_one(
            {"_id": kept["_id"], "digest": kept["digest"], "before.late": {"$exists": False}},
            {"$set": {"before.late": now}, "$inc": {"before.late_in_a_row": 1}},
        )
        return True

    def _owner(self, kept: Document) -> User:
        try:
            return self._store.by_subject(kept["user"])
        except AccountUnknown:
            # Opened while its user was being erased.
            self.close(kept["_id"], kept["user"])
            raise RefreshRefused from None

    def close(self, family: str, subject: str) -> None:
        """End one session of a user."""
        self._kept.delete_one({"_id": family, "user": subject})

    def close_all(self, subject: str) -> None:
        """End all sessions of a user."""
        self._kept.delete_many({"user": subject})


def _came_late(kept: Document) -> bool:
    """Whether the token before came again after its grace."""
    return "late" in kept.get("before", {})


def _late_in_a_row(kept: Document) -> int:
    return int(kept["before"].get("late_in_a_row", 0))
