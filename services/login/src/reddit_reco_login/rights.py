"""Who has which scope: given and taken by admins."""

import logging
from collections.abc import Callable
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from .domain import ADMIN_SCOPES, AccountUnknown
from .store import LoginStore

log = logging.getLogger(__name__)
Document = dict[str, Any]
_ADMIN = "admin"


class LastAdmin(Exception):
    """Nobody would be left to give scopes."""


class SetElsewhere(Exception):
    """The settings say that this user has the scope; the next start would give it back."""


class Rights:
    """Gives and takes scopes.

    Args:
        store: where accounts are.
    """

    def __init__(self, store: LoginStore) -> None:
        self._store = store

    @property
    def _users(self) -> Collection[Document]:
        return self._store.database["users"]

    def give(self, name: str, scope: str, by: str) -> bool:
        """Give a scope; whether the user did not have it.

        Raises:
            AccountUnknown: there is no user of this name.
        """
        before = self._users.find_one_and_update({"_id": name}, {"$addToSet": {"scopes": scope}})
        if before is None:
            raise AccountUnknown
        new = scope not in before["scopes"]
        if new:
            log.info("%s gave %s to %s", by, scope, before["subject"])
        return new

    def take(self, name: str, scope: str, by: str) -> None:
        """Take a scope away; nothing is done if the user does not have it.

        Raises:
            AccountUnknown: there is no user of this name.
            LastAdmin, SetElsewhere: it stays, for this reason.
        """
        with self._store.database.client.start_session() as session:
            subject = session.with_transaction(self._taking(name, scope))
        if subject:
            log.info("%s took %s from %s", by, scope, subject)

    def _taking(self, name: str, scope: str) -> Callable[[ClientSession], str]:
        def do(session: ClientSession) -> str:
            kept = self._users.find_one({"_id": name}, session=session)
            if kept is None:
                raise AccountUnknown
            if scope not in kept["scopes"]:
                return ""
            if kept.get("by_settings") and scope in ADMIN_SCOPES:
                raise SetElsewhere
            if scope == _ADMIN and self._count_admins(session) == 1:
                raise LastAdmin
            self._users.update_one({"_id": name}, {"$pull": {"scopes": scope}}, session=session)
            return str(kept["subject"])

        return do

    def _count_admins(self, session: ClientSession) -> int:
        """How many there are, written on each: two who take it from each other at once conflict."""
        counted = self._users.update_many(
            {"scopes": _ADMIN}, {"$inc": {"counted": 1}}, session=session
        )
        return counted.matched_count
