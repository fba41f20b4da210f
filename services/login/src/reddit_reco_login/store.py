"""Users and erasures in MongoDB."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from .domain import (
    AccountUnknown,
    NameTaken,
    User,
    new_subject,
)

Document = dict[str, Any]
_MOST_PLACES = 20


def _user(kept: Document) -> User:
    return User(kept["subject"], kept["_id"], tuple(kept["scopes"]), kept["created_at"])


class LoginStore:
    """`users` by name, `erasures` by subject; and the indexes of all collections.

    The name is the `_id` of a user: two of one name cannot be, whether or not indexes are built.

    Args:
        database: gives the database; called at first use, in the process that uses it.
    """

    def __init__(self, database: Callable[[], Database[Document]]) -> None:
        self._database = database
        self._looked_for_restored = False

    @property
    def database(self) -> Database[Document]:
        """The database."""
        return self._database()

    def make_indexes(self) -> None:
        """Make the indexes that are missing; cheap when they are there."""
        gone = IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="expires_at")
        subject = IndexModel([("subject", ASCENDING)], unique=True, name="subject")
        user = IndexModel([("user", ASCENDING)], name="user")
        username = IndexModel([("username", ASCENDING)], name="username")
        identity = IndexModel([("identity", ASCENDING)], unique=True, sparse=True, name="identity")
        self.database["users"].create_indexes([subject, identity])
        self.database["sessions"].create_indexes([user, gone])
        for name in ("limits", "oidc_flows"):
            self.database[name].create_indexes([gone])
        self.database["erasures"].create_indexes([username])

    # --- users -----------------------------------------------------------------------------------

    def check_free(self, name: str, rest: timedelta) -> None:
        """Raise NameTaken if `name` is somebody's, or was until less than `rest` ago."""
        recent = {"username": name, "at": {"$gt": datetime.now(UTC) - rest}}
        if self.database["users"].find_one({"_id": name}, {"_id": 1}) or (
            self.database["erasures"].find_one(recent, {"_id": 1})
        ):
            raise NameTaken

    def add(
        self, name: str, kept_hash: str | None, scopes: tuple[str, ...] = (), **more: Any
    ) -> User:
        """Make a user; without a hash, no password opens the account.

        Raises:
            NameTaken: somebody has this name, or this `identity`.
        """
        kept: Document = {
            "_id": name,
            "subject": new_subject(),
            "hash": kept_hash,
            "scopes": list(scopes),
            "created_at": exact_now(),
            **more,
        }
        try:
            self.database["users"].insert_one(kept)
        except DuplicateKeyError:
            raise NameTaken from None
        return _user(kept)

    def find(self, name: str) -> tuple[User, str | None] | None:
        """The user of this name, and the hash of their password if there is one."""
        kept = self.database["users"].find_one({"_id": name})
        return (_user(kept), kept["hash"]) if kept else None

    def by_name(self, name: str) -> User:
        """The user of this name.

        Raises:
            AccountUnknown: there is none.
        """
        return self._one({"_id": name})

    def by_subject(self, subject: str) -> User:
        """The user with this subject.

        Raises:
            AccountUnknown: there is none.
        """
        return self._one({"subject": subject})

    def by_identity(self, identity: str) -> User | None:
        """The user who proves by this identity, `<issuer> <subject>`, who they are."""
        kept = self.database["users"].find_one({"identity": identity})
        return _user(kept) if kept else None

    def _one(self, wanted: Document) -> User:
        kept = self.database["users"].find_one(wanted)
        if kept is None:
            raise AccountUnknown
        return _user(kept)

    def rehash(self, name: str, old: str, new: str) -> None:
        """Put a hash of the same password in place of `old`, unless the password changed."""
        self.database["users"].update_one({"_id": name, "hash": old}, {"$set": {"hash": new}})

    def knows_place(self, name: str, place: str, lately: timedelta) -> bool:
        """Whether this account signed in there lately."""
        seen = {"place": place, "at": {"$gt": exact_now() - lately}}
        wanted = {"_id": name, "places": {"$elemMatch": seen}}
        return self.database["users"].find_one(wanted, {"_id": 1}) is not None

    def remember_place(self, name: str, place: str) -> None:
        """Remember, with the account and no longer than it, where it signed in."""
        users = self.database["users"]
        users.update_one({"_id": name}, {"$pull": {"places": {"place": place}}})
        newest = {"$each": [{"place": place, "at": exact_now()}], "$slice": -_MOST_PLACES}
        users.update_one({"_id": name}, {"$push": {"places": newest}})

    def erase(self, subject: str) -> datetime:
        """Erase a user here, and leave the order to erase them everywhere, all or nothing.

        Returns:
            When it was ordered; asked again, when it was first.

        Raises:
            AccountUnknown: there is no such user and never was.
        """
        if order := self.database["erasures"].find_one({"_id": subject}):
            return _at(order)
        with self.database.client.start_session() as session:
            return session.with_transaction(lambda in_it: self._erase(subject, in_it))

    def erase_restored(self) -> None:
        """Erase whose erasure was ordered and who is here all the same, from a backup.

        Looks once: whoever restores a backup ends the services first.
        """
        if self._looked_for_restored:
            return
        orders = self.database["erasures"].find({}, {"_id": 1})
        while subjects := [order["_id"] for order in islice(orders, 1_000)]:
            self.database["users"].delete_many({"subject": {"$in": subjects}})
            self.database["sessions"].delete_many({"user": {"$in": subjects}})
        self._looked_for_restored = True

    def _erase(self, subject: str, session: ClientSession) -> datetime:
        users, erasures = self.database["users"], self.database["erasures"]
        kept = users.find_one_and_delete({"subject": subject}, session=session)
        if kept is None:
            if order := erasures.find_one({"_id": subject}, session=session):
                return _at(order)
            raise AccountUnknown
        self.database["sessions"].delete_many({"user": subject}, session=session)
        # The name is for share, which keeps what was sent to a name.
        order = {"_id": subject, "at": exact_now(), "username": kept["_id"]}
        erasures.insert_one(order, session=session)
        return _at(order)


def _at(order: Document) -> datetime:
    at: datetime = order["at"]
    return at


def exact_now() -> datetime:
    """Now, as exact as MongoDB keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
