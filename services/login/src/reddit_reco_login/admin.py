"""The first admin, as the settings say."""

import logging
from pathlib import Path

from .domain import ADMIN_SCOPES, NameTaken, folded
from .hashing import Passwords
from .sessions import Sessions
from .store import LoginStore

log = logging.getLogger(__name__)


class FirstAdmin:
    """Keeps the admin's account like its folder: made if missing, its password like the file's.

    Whoever was the admin of the folder before, and is no longer, loses the scopes and the sessions.

    Args:
        store: where accounts are.
        sessions: theirs.
        passwords: hashes.
        folder: with the files `username` and `password`; None for no admin.
    """

    def __init__(
        self, store: LoginStore, sessions: Sessions, passwords: Passwords, folder: Path | None
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._passwords = passwords
        self._folder = folder
        self._name = ""
        self._done: tuple[str, str] | None = None

    def ensure(self) -> None:
        """Do what is missing; nothing if the folder says the same as last time.

        Raises:
            OSError, UnicodeError: the folder has no such files.
        """
        wanted = self._wanted()
        if wanted == self._done:
            return
        self._name, password = wanted
        self._demote_others()
        if self._name:
            self._set(password)
        self._done = wanted

    def _wanted(self) -> tuple[str, str]:
        if self._folder is None:
            return "", ""
        name, password = (
            (self._folder / file).read_text().strip("\r\n") for file in ("username", "password")
        )
        if not folded(name):
            raise UnicodeError("the admin's name must be 3 to 32 of letters a-z, digits, - and _")
        return folded(name), password

    def _set(self, password: str) -> None:
        found = self._store.find(self._name)
        if found is None:
            self._make(password)
            return
        user, kept = found
        right = self._passwords.fits(password, kept)
        if right and set(ADMIN_SCOPES) <= set(user.scopes):
            return
        change = {
            "hash": kept if right else self._passwords.hash(password),
            "by_settings": True,
        }
        # Nor may who made this account by a provider before come back as the admin.
        self._store.database["users"].update_one(
            {"_id": self._name},
            {
                "$set": change,
                "$addToSet": {"scopes": {"$each": list(ADMIN_SCOPES)}},
                "$unset": {"identity": ""},
            },
        )
        # Who signed in with the password before must not go on with it.
        self._sessions.close_all(user.subject)
        log.info("the admin %s has the password of the settings now", self._name)

    def _make(self, password: str) -> None:
        try:
            hashed = self._passwords.hash(password)
            self._store.add(self._name, hashed, ADMIN_SCOPES, by_settings=True)
        except NameTaken:  # Another pod was faster; it has the same settings.
            return
        log.info("made the admin %s", self._name)

    def _demote_others(self) -> None:
        users = self._store.database["users"]
        for other in users.find({"by_settings": True, "_id": {"$ne": self._name}}):
            users.update_one(
                {"_id": other["_id"]}, {"$set": {"scopes": []}, "$unset": {"by_settings": ""}}
            )
            self._sessions.close_all(other["subject"])
            log.info("%s is no longer the admin of the settings", other["_id"])
