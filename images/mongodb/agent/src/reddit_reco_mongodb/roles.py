"""What a user of MongoDB may do, from the words of USERS_FILE to MongoDB's own."""

from dataclasses import dataclass
from typing import Any

from .settings import Stop

Document = dict[str, Any]
PREFIX = "reddit-reco-"
_READ = ("changeStream", "collStats", "find", "listIndexes")
_WRITE = ("createCollection", "createIndex", "dropIndex", "insert", "remove", "update")
_ACTIONS = {"read": _READ, "readWrite": _READ + _WRITE}


@dataclass(frozen=True)
class Role:
    """A role of one user, in a form in which two can be compared."""

    name: str
    inherited: frozenset[tuple[str, str]]
    privileges: frozenset[tuple[str, str, frozenset[str]]]

    def document(self) -> Document:
        """The arguments of createRole and updateRole."""
        return {
            "roles": [{"role": role, "db": db} for role, db in sorted(self.inherited)],
            "privileges": [
                {"resource": {"db": db, "collection": collection}, "actions": sorted(actions)}
                for db, collection, actions in sorted(self.privileges, key=lambda it: it[:2])
            ],
        }


def role_for(username: str, privileges: list[Document]) -> Role:
    """The role that grants `privileges` and nothing else.

    Raises:
        Stop: a privilege lacks something, or asks for unknown actions.
    """
    inherited, named = set(), set()
    for privilege in privileges:
        try:
            db, collections, actions = (privilege[k] for k in ("db", "collections", "actions"))
            allowed = frozenset(_ACTIONS[actions])
        except KeyError as error:
            raise Stop(f"user {username}: {error} in the privilege {privilege}") from None
        if collections == "*":
            # MongoDB's own role covers more than collections, such as a stream on the database.
            inherited.add((actions, db))
        else:
            named |= {(db, collection, allowed) for collection in collections}
    return Role(PREFIX + username, frozenset(inherited), frozenset(named))


def role_from(found: Document) -> Role:
    """A role as rolesInfo tells it."""
    return Role(
        found["role"],
        frozenset((role["role"], role["db"]) for role in found["roles"]),
        frozenset(
            (it["resource"].get("db"), it["resource"].get("collection"), frozenset(it["actions"]))
            for it in found.get("privileges", ())
        ),
    )
